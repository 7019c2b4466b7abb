"""Charts as SVG that takes its colours from the page: lines over two axes, either of them logarithmic.

Matplotlib would draw them as well, in some 60 CPU ms each and in fixed colours; a report has some twenty, and is read
in light and dark.  What is drawn outside of the frame is cut off there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, isfinite, log10

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 420, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 12, 44
_FAR = 20_000.0  # pixels: beyond it renderers give up
_LABEL = 6.6  # pixels that a character of a key takes, at most

Point = tuple[float, float | None]


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`; a logarithmic one from above 0."""

    label: str
    low: float
    high: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where `value` lies: 0 at the low end, 1 at the high one."""
        if not self.logarithmic:
            return (value - self.low) / (self.high - self.low)
        return log10(max(value, 1e-300) / self.low) / log10(self.high / self.low)

    def ticks(self) -> list[float]:
        if not self.logarithmic:
            return _round_numbers(self.low, self.high)
        decades = range(floor(log10(self.low)), floor(log10(self.high)) + 1)
        factors = (1, 2, 5) if len(decades) <= 3 else (1,)
        apart = max(1, ceil(len(decades) / 6))
        return [
            value
            for decade in decades[::apart]
            for factor in factors
            if self.low <= (value := factor * 10.0**decade) <= self.high
        ]


@dataclass(frozen=True)
class Line:
    """Points joined by a line, with gaps where a value is None; `kind` is its class in charts.css."""

    label: str
    points: Sequence[Point]
    kind: str
    stepped: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Mark:
    """A straight line across the chart: at `x`, or else at `y`."""

    label: str
    kind: str
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class Chart:
    """`behind` is drawn first, in the coordinates of the axes: (cx, cy, rx, ry) of ellipses."""

    x: Axis
    y: Axis
    lines: Sequence[Line]
    marks: Sequence[Mark] = ()
    behind: Sequence[tuple[float, float, float, float]] = ()

    def svg(self, text: str) -> Markup:
        """The drawing; `text` says what it shows, to whom does not see it."""
        entries = [(line.label, line.kind) for line in self.lines] + [(mark.label, mark.kind) for mark in self.marks]
        keys = list(dict.fromkeys(key for key in entries if key[0]))
        head = _TOP + 18 * len(list(_rows(keys)))
        frame = _Frame(self.x, self.y, head)
        drawn = "".join(
            [
                *(frame.ellipse(*each) for each in self.behind),
                *(frame.mark(each) for each in self.marks),
                *(frame.line(each) for each in self.lines),
            ]
        )
        return Markup(
            f'<svg class="chart" role="img" aria-label="{escape(text)}" '
            f'viewBox="0 0 {_WIDTH} {frame.bottom + _BOTTOM}">{_keys(keys)}{frame.axes()}'
            f'<svg x="{_LEFT}" y="{head}" width="{frame.width}" height="{frame.height}">{drawn}</svg></svg>'
        )


@dataclass(frozen=True)
class _Frame:
    """Pixels, from the frame's own corner inside of it."""

    x: Axis
    y: Axis
    top: int

    width = _WIDTH - _LEFT - _RIGHT
    height = _HEIGHT - _TOP - _BOTTOM

    @property
    def bottom(self) -> int:
        return self.top + self.height

    def across(self, value: float) -> float:
        return _within(self.width * self.x.place(value))

    def down(self, value: float) -> float:
        return _within(self.height * (1 - self.y.place(value)))

    def axes(self) -> str:
        return "".join(
            [
                f'<rect class="frame" x="{_LEFT}" y="{self.top}" width="{self.width}" height="{self.height}"/>',
                *(self._upright(value) for value in self.x.ticks()),
                *(self._level(value) for value in self.y.ticks()),
                f'<text class="axis" x="{_LEFT + self.width / 2}" y="{self.bottom + 36}">{escape(self.x.label)}</text>',
                f'<text class="axis" transform="translate(13 {self.top + self.height / 2}) rotate(-90)">'
                f"{escape(self.y.label)}</text>",
            ]
        )

    def _upright(self, value: float) -> str:
        at = _LEFT + self.across(value)
        return (
            f'<path class="grid" d="M{at:.1f} {self.top}V{self.bottom}"/>'
            f'<text class="tick" x="{at:.1f}" y="{self.bottom + 16}">{_number(value)}</text>'
        )

    def _level(self, value: float) -> str:
        at = self.top + self.down(value)
        return (
            f'<path class="grid" d="M{_LEFT} {at:.1f}h{self.width}"/>'
            f'<text class="tick rise" x="{_LEFT - 6}" y="{at + 4:.1f}">{_number(value)}</text>'
        )

    def ellipse(self, cx: float, cy: float, rx: float, ry: float) -> str:
        x, y = self.across(cx), self.down(cy)
        wide, tall = abs(self.across(cx + rx) - x), abs(self.down(cy + ry) - y)
        return f'<ellipse class="contour" cx="{x:.1f}" cy="{y:.1f}" rx="{wide:.1f}" ry="{tall:.1f}"/>'

    def mark(self, mark: Mark) -> str:
        if mark.x is not None:
            return f'<path class="{mark.kind}" d="M{self.across(mark.x):.1f} 0V{self.height}"/>'
        return f'<path class="{mark.kind}" d="M0 {self.down(mark.y or 0.0):.1f}H{self.width}"/>'

    def line(self, line: Line) -> str:
        pieces = [[(self.across(x), self.down(y)) for x, y in piece] for piece in _pieces(line.points)]
        path = "".join(map(_stepped if line.stepped else _joined, pieces))
        dots = "".join(f"M{x:.1f} {y:.1f}h0" for piece in pieces for x, y in piece) if line.dots else ""
        return f'<path class="{line.kind}" d="{path}"/>' + (dots and f'<path class="{line.kind} dots" d="{dots}"/>')


def covering(label: str, *series: Iterable[float | None], logarithmic: bool = False, room: float = 0.05) -> Axis:
    """An axis that all finite values of `series` are on, with some room at both ends."""
    values = [value for one in series for value in one if value is not None and isfinite(value)]
    if logarithmic:
        values = [value for value in values if value > 0] or [1.0]
        span = max(values) / min(values)
        factor = span**room if span > 1 else 2.0
        return Axis(label, min(values) / factor, max(values) * factor, True)
    low, high = min(values, default=0.0), max(values, default=1.0)
    extra = room * (high - low) or max(abs(high), 1.0) * room
    return Axis(label, low - extra, high + extra)


def _keys(keys: Sequence[tuple[str, str]]) -> str:
    parts = []
    for row, entries in enumerate(_rows(keys)):
        x, y = float(_LEFT), 14 + 18 * row
        for label, kind in entries:
            parts.append(f'<path class="{kind}" d="M{x:.0f} {y - 4}h18"/>')
            parts.append(f'<text class="key" x="{x + 24:.0f}" y="{y}">{escape(label)}</text>')
            x += _wide(label)
    return "".join(parts)


def _rows(keys: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """The keys in as many lines as they need."""
    row: list[tuple[str, str]] = []
    for key in keys:
        if row and sum(_wide(label) for label, _ in (*row, key)) > _WIDTH - _LEFT:
            yield row
            row = []
        row.append(key)
    if row:
        yield row


def _wide(label: str) -> float:
    return 24 + _LABEL * len(label) + 14


def _pieces(points: Sequence[Point]) -> list[list[tuple[float, float]]]:
    """Runs of points that are there."""
    known = [[(x, y) for x, y in run if y is not None] for there, run in groupby(points, _is_there) if there]
    return [piece for piece in known if piece]


def _is_there(point: Point) -> bool:
    return point[1] is not None and isfinite(point[1])


def _joined(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _stepped(points: list[tuple[float, float]]) -> str:
    (x, y), *rest = points
    return f"M{x:.1f} {y:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in rest)


def _within(pixels: float) -> float:
    return min(max(pixels, -_FAR), _FAR)


def _round_numbers(low: float, high: float, about: int = 5) -> list[float]:
    """Some `about` multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [step * i for i in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _number(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e4:
        digits, _, power = f"{value:.0e}".partition("e")
        sign = "−" if int(power) < 0 else ""
        raised = "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(abs(int(power))))
        base = "10" if digits == "1" else f"{digits}·10"
        return f"{base}{'⁻' if sign else ''}{raised}"
    return f"{round(value, 10):g}".replace("-", "−")
