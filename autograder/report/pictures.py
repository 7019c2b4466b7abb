"""What a report draws: a student's numbers over the reference's, as far as report.json holds them.

::

    descent     given start [2], curvatures [2]; path [T + 1, 2]: over the ravine's contours, and how far apart, by step
    rates       rates [T + 1]: the schedule
    sweep       lrs, losses, suggestion: the range test, the suggested rates marked
    suggestion  given lrs, losses; suggestion: where on the curve
    smoothing   given losses; smoothed: the curve through the noise
    losses      losses: by epoch
    epochs      train_loss, val_loss, val_accuracy: by epoch

Losses of training runs come from the checks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import dist, isfinite, sqrt
from typing import Any

from markupsafe import Markup

from autograder.report.charts import Axis, Chart, Line, Mark, Point, covering

_CONTOURS = 9
_AVERAGED = 10  # steps over whose losses a curve of many runs is averaged
_CLOSEST = 1e-8  # of the way moved: nearer than that is rounding
_FACTOR = 2.0  # by which a suggested rate may be off
_SERIES = 8  # colours that there are

Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """A drawing that fits into a page; `text` says in a sentence or two what it shows, as does the svg's own label."""

    title: str
    svg: Markup
    text: str

    @classmethod
    def of(cls, title: str, chart: Chart, text: str) -> "Picture":
        return cls(title, chart.svg(f"{title}. {text}"), text)


@dataclass(frozen=True)
class _Sides:
    """An exhibit, as report.json has it."""

    title: str
    given: Numbers
    yours: Numbers
    reference: Numbers | None
    same: bool
    verdict: str  # how the two compare, in a sentence

    def both(self) -> list[tuple[str, str, Numbers]]:
        """(label, class, numbers) of each side that is there, the reference first, as it lies below."""
        sides = [("the reference", "reference", self.reference), ("yours", "yours", self.yours)]
        return [(label, kind, numbers) for label, kind, numbers in sides if numbers]

    def values(self, name: str) -> list[Any]:
        """All that the two sides have of one name; what decides an axis is the reference's, where it is there."""
        numbers = self.reference or self.yours
        return list(numbers.get(name) or [])


def of_question(question: Mapping[str, Any]) -> list[Picture]:
    """What there is to see of one question of a report."""
    drawn = [picture for exhibit in question.get("pictures", ()) for picture in _of_exhibit(exhibit, question)]
    return drawn + _of_training(question)


def of_report(report: Mapping[str, Any]) -> list[Picture]:
    """What there is to see of all questions together: the training runs of all optimizers."""
    runs = [(question["title"], run) for question in report["questions"] if (run := _first_run(question))]
    curves = [(title, _averaged(run["losses"]), run) for title, run in runs if run["losses"]][:_SERIES]
    if len(curves) < 2:
        return []
    lines = [Line(title, list(enumerate(losses)), f"s{i}") for i, (title, losses, _) in enumerate(curves)]
    steps = max(len(losses) for _, losses, _ in curves)
    y = covering("training loss", *(losses for _, losses, _ in curves), logarithmic=True)
    text = f"The loss of {len(curves)} networks over {steps} steps, each the mean of {_AVERAGED} steps."
    reached = [f"{title} {100 * run['accuracy']:.1f} %" for title, _, run in curves if run["accuracy"] is not None]
    text += f" Accuracy on images that were held out: {', '.join(reached)}." if reached else ""
    if any(run["source"] == "replayed" for *_, run in curves):
        text += " Whoever follows the reference's recorded run is shown by its curve."
    y = Axis(y.label, max(y.low, 1e-4), min(y.high, 50.0), True) if y.high > 1e-4 else y
    return [Picture.of("How the network trained", Chart(Axis("step", 0, max(1, steps - 1)), y, lines), text)]


def _of_exhibit(exhibit: Mapping[str, Any], question: Mapping[str, Any]) -> list[Picture]:
    sides = _Sides(
        exhibit["title"],
        exhibit["given"],
        exhibit["yours"],
        exhibit["reference"],
        exhibit["same"],
        _verdict(exhibit, question),
    )
    if sides.yours is None:  # the checks say why
        return []
    try:
        return _DRAWN[exhibit["kind"]](sides) if exhibit["kind"] in _DRAWN else []
    except (ArithmeticError, LookupError, TypeError, ValueError):  # numbers that no axis can hold: the rest can be seen
        return []


def _verdict(exhibit: Mapping[str, Any], question: Mapping[str, Any]) -> str:
    """How the two sides compare, as checks measure it, and what that says of the points."""
    right = question["score"] == question["max_score"]
    if exhibit["reference"] is None:
        return "This is what your code does."
    if exhibit["same"]:
        return "The two are the same." if right else "Here the two are the same; what went wrong shows elsewhere."
    if right:
        return "The two differ here, and this question is right all the same."
    return "The two differ."


def _descent(sides: _Sides) -> list[Picture]:
    path = sides.values("path")
    start, curvatures = sides.given["start"], sides.given["curvatures"]
    if not sides.reference:  # nothing says where a right path stays
        path = [start, [-0.3 * value for value in start]]
    x = covering("first parameter", (p[0] for p in path), [-0.1 * start[0]], room=0.08)
    y = covering("second parameter", (p[1] for p in path), [-start[1], start[1]], room=0.08)
    heights = [curvatures[0] * start[0] ** 2 / 2 * (i / _CONTOURS) ** 2 * 1.6 for i in range(1, _CONTOURS + 1)]
    contours = [(0.0, 0.0, sqrt(2 * height / curvatures[0]), sqrt(2 * height / curvatures[1])) for height in heights]
    lines = [
        Line(label, [(_there(p[0]), p[1]) for p in numbers["path"]], kind, dots=True)
        for label, kind, numbers in sides.both()
    ]
    steps = len(sides.values("path")) - 1
    text = f"{steps} steps, from above, over the contours of the loss. {sides.verdict}"
    pictures = [Picture.of(sides.title, Chart(x, y, lines, behind=contours), text)]
    return pictures + _apart(sides)


def _apart(sides: _Sides) -> list[Picture]:
    """How far the two paths are from one another after each step, as a share of the way that the right one moved."""
    if not sides.reference:
        return []
    right, yours = sides.reference["path"], sides.yours["path"]
    moved = accumulate((dist(a, b) for a, b in pairwise(right)), initial=0.0)
    shares = [
        dist(a, b) / way if way and None not in b else None for a, b, way in zip(right, yours, moved, strict=True)
    ]
    known = [share for share in shares if share is not None and isfinite(share)]
    if not known or sides.same:
        return []
    first = next((step for step, share in enumerate(shares) if share is not None and share > 1e-4), None)
    points: list[Point] = [(step, share and max(share, _CLOSEST)) for step, share in enumerate(shares)]
    y = covering("distance / way moved", [_CLOSEST, 1.0], [min(share, 1e6) for share in known], logarithmic=True)
    when = f"They part at step {first}" if first is not None else "They part slowly"
    text = f"The distance between the two paths, over the way that the right one has moved. {when}."
    chart = Chart(Axis("step", 0, len(right) - 1), y, [Line("yours, off by", points, "yours", dots=True)])
    return [Picture.of(f"{sides.title}: how far off", chart, text)]


def _rates(sides: _Sides) -> list[Picture]:
    series = sides.values("rates")
    lines = [
        Line(label, _indexed(numbers["rates"]), kind, stepped=True, dots=len(series) <= 50)
        for label, kind, numbers in sides.both()
    ]
    y = covering("learning rate", series, [0.0])
    text = f"The rate after each of {len(series) - 1} steps. {sides.verdict}"
    return [Picture.of(sides.title, Chart(Axis("step", 0, max(1, len(series) - 1)), y, lines), text)]


def _sweep(sides: _Sides) -> list[Picture]:
    lines, marks = [], []
    for label, kind, numbers in sides.both():
        lines.append(Line(label, _curve(numbers["lrs"], numbers["losses"]), kind))
        if numbers["suggestion"]:
            marks.append(Mark("", f"{kind} broken", x=numbers["suggestion"]))
    losses = [loss for loss in sides.values("losses") if loss is not None]
    x = covering("learning rate", sides.values("lrs"), logarithmic=True, room=0.02)
    y = covering("training loss", losses[:1], [min(losses, default=0.0), 1.8 * max(losses[:1], default=1.0)])
    text = f"The loss at each rate; broken lines mark the suggested rates{_named(sides)}. {sides.verdict}"
    return [Picture.of(sides.title, Chart(x, y, lines, marks), text)]


def _suggestion(sides: _Sides) -> list[Picture]:
    lrs, losses = sides.given["lrs"], sides.given["losses"]
    marks = [
        Mark(label, kind, x=numbers["suggestion"]) for label, kind, numbers in sides.both() if numbers["suggestion"]
    ]
    if sides.reference and sides.reference["suggestion"]:
        for factor in (1 / _FACTOR, _FACTOR):
            marks.append(Mark("a factor of 2 away", "limit", x=sides.reference["suggestion"] * factor))
    chart = Chart(
        covering("learning rate", lrs, logarithmic=True, room=0.02),
        covering("training loss", losses),
        [Line("losses", _curve(lrs, losses), "given")],
        marks,
    )
    text = f"The rate to take from this curve{_named(sides)}. {sides.verdict}"
    return [Picture.of(sides.title, chart, text)]


def _named(sides: _Sides) -> str:
    rates = [f"{label} {numbers['suggestion']:.2g}" for label, _, numbers in sides.both() if numbers["suggestion"]]
    return f" ({', '.join(rates)})" if rates else ""


def _smoothing(sides: _Sides) -> list[Picture]:
    losses = sides.given["losses"]
    lines = [Line("losses", _indexed(losses), "given")]
    lines += [Line(label, _indexed(numbers["smoothed"]), kind) for label, kind, numbers in sides.both()]
    chart = Chart(Axis("step", 0, len(losses) - 1), covering("loss", losses), lines)
    text = f"What becomes of {len(losses)} noisy losses. {sides.verdict}"
    return [Picture.of(sides.title, chart, text)]


def _losses(sides: _Sides) -> list[Picture]:
    count = len(sides.values("losses"))
    lines = [Line(label, _indexed(numbers["losses"], 1), kind, dots=True) for label, kind, numbers in sides.both()]
    y = covering("mean loss", sides.values("losses"), room=0.3)
    text = f"The loss that it returns in each of {count} epochs. {sides.verdict}"
    return [Picture.of(sides.title, Chart(Axis("epoch", 1, max(2, count)), y, lines), text)]


def _epochs(sides: _Sides) -> list[Picture]:
    count = len(sides.values("train_loss"))
    x = Axis("epoch", 1, max(2, count))
    lines = []
    for label, kind, numbers in sides.both():
        lines.append(Line(f"{label}, training", _indexed(numbers["train_loss"], 1), kind))
        lines.append(Line(f"{label}, validation", _indexed(numbers["val_loss"], 1), f"{kind} broken"))
    y = covering("mean loss", sides.values("train_loss"), sides.values("val_loss"))
    text = f"Training and validation loss over {count} epochs. {sides.verdict}"
    accuracy = [Line(label, _indexed(n["val_accuracy"], 1), kind, dots=True) for label, kind, n in sides.both()]
    also = f"The share of the validation points that are told right, over {count} epochs. {sides.verdict}"
    return [
        Picture.of(sides.title, Chart(x, y, lines), text),
        Picture.of(f"{sides.title}: accuracy", Chart(x, Axis("accuracy", 0, 1.02), accuracy), also),
    ]


_DRAWN: dict[str, Callable[[_Sides], list[Picture]]] = {
    "descent": _descent,
    "rates": _rates,
    "sweep": _sweep,
    "suggestion": _suggestion,
    "smoothing": _smoothing,
    "losses": _losses,
    "epochs": _epochs,
}


def _of_training(question: Mapping[str, Any]) -> list[Picture]:
    """A run that was trained, over the reference's; of one that was replayed there is nothing to compare."""
    run = _first_run(question)
    if run is None or run["source"] != "trained" or not run["losses"]:
        return []
    lines = [Line("the reference", _indexed(run["expected_losses"]), "reference")] if run["expected_losses"] else []
    lines.append(Line("yours", _indexed(run["losses"]), "yours"))
    steps = max(len(line.points) for line in lines)
    y = covering("training loss", run["expected_losses"] or run["losses"], logarithmic=True)
    reached = run["accuracy"]
    text = f"Training loss over {len(run['losses'])} steps on {run['data_set']}."
    if None in run["losses"]:
        text += f" Yours is no finite number from step {run['losses'].index(None)} on."
    if reached is not None:
        text += (
            f" Accuracy on images that were held out: {100 * reached:.1f} %, asked for {100 * run['threshold']:g} %."
        )
    title = f"Training the network with {question['title']}"
    return [Picture.of(title, Chart(Axis("step", 0, max(1, steps - 1)), y, lines), text)]


def _first_run(question: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((run for check in question["checks"] for run in check.get("runs", ())), None)


def _averaged(losses: Sequence[float | None]) -> list[float | None]:
    means: list[float | None] = []
    for i in range(len(losses)):
        window = [loss for loss in losses[max(0, i + 1 - _AVERAGED) : i + 1] if loss is not None]
        means.append(sum(window) / len(window) if window and losses[i] is not None else None)
    return means


def _indexed(values: Sequence[float | None], start: int = 0) -> list[Point]:
    return list(enumerate(values, start))


def _curve(xs: Sequence[float | None], ys: Sequence[float | None]) -> list[Point]:
    return [(x, y) for x, y in zip(xs, ys, strict=False) if x is not None and x > 0]


def _there(value: float | None) -> float:
    return value if value is not None else float("inf")
