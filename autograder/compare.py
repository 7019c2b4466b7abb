"""Where two traces first differ, and by how much.

A trace is a tree of dict, list, tuple, None, bool, int, float, str and CPU tensors. Two dict keys mean
something, for everything below them:

`"steps"`         the leading axis of a tensor counts steps; entry 0 is the state before the first one
`"trajectories"`  the same, and a float tensor is a path: each element is judged by the distance that the
                  expected one has moved so far, so a missing update fails however small it is

Everything else is compared as it stands: floats within a relative and an absolute tolerance, the rest
exactly. Shapes, types and dtypes are judged first, anywhere in the tree; then the earliest step at which
something is not finite or is off; then what has no steps. Indices and parameters count from 0.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite, isnan
from typing import Any, Literal

import torch

Kind = Literal["structure", "shape", "dtype", "non-finite", "value"]
Path = tuple[str | int, ...]

STEPS = "steps"
TRAJECTORIES = "trajectories"


@dataclass(frozen=True)
class Tolerance:
    """How far apart two numbers may be and still count as the same.

    float32, float64      on a trajectory: share of the distance moved so far, by the dtype of the path
    ulps                  on a trajectory, besides: units in the last place of the largest magnitude so far
    relative, absolute    anywhere else: |got - expected| ≤ absolute + relative · |expected|

    Correct code written in fifteen ways (NumPy, foreach, float64 inside and `torch.optim` among them) uses a
    tenth of this at most: it drifts by up to 4 ulps, and in float32 by 2.0e-6 of the distance (1.2e-15 in
    float64) where moves do not nearly cancel. The nearest known mistakes are 1.8e-2 of the distance away, or
    2.0e-7 where float64 was computed in float32. `relative` lets a learning rate be computed in float32.
    """

    float32: float = 2e-5
    float64: float = 1e-11
    ulps: float = 16.0
    relative: float = 2e-6
    absolute: float = 1e-6


@dataclass(frozen=True)
class Difference:
    """The first place where a trace is not what it should be.

    `expected` and `got` are numbers, texts or, for a structure, a few words. `absolute` is |got - expected|
    and `relative` its share of the distance moved (on a trajectory) or of |expected|; None where that makes
    no sense. `step` is None where there are no steps, and 0 before the first.
    """

    kind: Kind
    path: Path
    step: int | None
    index: tuple[int, ...] | None
    expected: Any
    got: Any
    absolute: float | None = None
    relative: float | None = None
    shape: tuple[int, ...] | None = None

    def describe(self, show_values: bool = True) -> str:
        """One sentence for a student; without values it says where, and nothing of what was expected."""
        place = self._place()
        if self.kind == "structure":
            detail = f"expected {self.expected}, got {self.got}"
            return f"{place}: {detail}" if show_values else f"{place} is not of the expected form"
        if self.kind in ("shape", "dtype"):
            detail = f"expected {self.kind} {self.expected}, got {self.got}"
            return f"{place}: {detail}" if show_values else f"{place} has the wrong {self.kind}"
        if not show_values:
            return f"{place} is {'not finite' if self.kind == 'non-finite' else 'not as expected'}"
        expected, got = _tell_apart(self.expected, self.got)
        return f"{place}: expected {expected}, got {got}{self._size()}"

    def _place(self) -> str:
        name = _name(self.path)
        if self.shape:
            name += f" (shape {list(self.shape)})"
        if self.step is not None:
            when = "before the first step" if self.step == 0 else f"after step {self.step}"
            name = f"{when}, {name}"
        return f"{name}, element {list(self.index)}" if self.index else name

    def _size(self) -> str:
        if self.absolute is None:
            return ""
        size = f"off by {self.absolute:.1e}"
        if self.relative is not None:
            of = " of the distance moved so far" if TRAJECTORIES in self.path else ""
            size += f", {_percent(self.relative)}{of}"
        return f" ({size})"


def first_difference(expected: Any, got: Any, tolerance: Tolerance | None = None) -> Difference | None:
    """The first difference between two traces, or None.

    `expected` is trusted; ValueError if it holds a NaN or an infinity, or anything that no trace may hold.
    `got` may be any tree at all of the same types: whatever is wrong with it makes a Difference.
    """
    tolerance = tolerance or Tolerance()
    leaves: list[tuple[Path, Any, Any]] = []
    form = _pair(expected, got, (), leaves)
    if form:
        return form
    found = [difference for leaf in leaves for difference in _judge(*leaf, tolerance)]
    # min keeps the first of equals, so within a step the order of the tree decides.
    return min(found, key=lambda d: (d.step is None, d.step or 0), default=None)


def distance(
    expected: Any,
    got: Any,
    tolerance: Tolerance | None = None,
    ignore: Collection[str] = (),
    enough: float = inf,
) -> float:
    """How far apart two traces are, as a multiple of what may be off; inf where they are not of one form.

    At most 1 exactly where `first_difference` finds nothing. Other than there, `expected` may hold what is not
    finite, which agrees with its like alone; and what stands below a key of `ignore` is not looked at. Of a distance
    above `enough` nobody learns how large it is.
    """
    tolerance = tolerance or Tolerance()
    leaves: list[tuple[Path, Any, Any]] = []
    if _pair(expected, got, (), leaves):
        return inf
    furthest = 0.0
    for leaf in leaves:
        if not any(key in leaf[0] for key in ignore):
            furthest = max(furthest, _leaf_distance(*leaf, tolerance))
            if furthest > enough:
                break
    return furthest


def _leaf_distance(path: Path, expected: Any, got: Any, tolerance: Tolerance) -> float:
    if isinstance(expected, float):
        return _number_distance(expected, got, tolerance)
    if not isinstance(expected, torch.Tensor) or not expected.is_floating_point():
        same = torch.equal(expected, got) if isinstance(expected, torch.Tensor) else expected == got
        return 0.0 if same else inf
    if expected.numel() == 0:
        return 0.0
    exact, given = expected.detach().double(), got.detach().double()
    alike = (exact == given) | (exact.isnan() & given.isnan())
    ratio = (given - exact).abs() / _allowed(expected, TRAJECTORIES in path, tolerance)
    return float(torch.where(alike, 0.0, ratio).nan_to_num(nan=inf, posinf=inf).max())


def _number_distance(expected: float, got: float, tolerance: Tolerance) -> float:
    """Without torch: a trace may hold hundreds of numbers, and is held against dozens."""
    if expected == got or (isnan(expected) and isnan(got)):
        return 0.0
    ratio = abs(got - expected) / (tolerance.absolute + tolerance.relative * abs(expected))
    return inf if isnan(ratio) else ratio


def _pair(expected: Any, got: Any, path: Path, leaves: list[tuple[Path, Any, Any]]) -> Difference | None:
    """Collect the pairs of leaves, or say where the two trees are not of one form."""
    if isinstance(expected, dict):
        return _pair_items(expected, got, path, leaves)
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return _form(path, expected, got)
        pairs: Iterator[tuple[str | int, Any, Any]] = (
            (i, e, g) for i, (e, g) in enumerate(zip(expected, got, strict=True))
        )
        return next((d for i, e, g in pairs if (d := _pair(e, g, (*path, i), leaves))), None)
    if isinstance(expected, torch.Tensor):
        if not isinstance(got, torch.Tensor):
            return _form(path, expected, got)
        if got.shape != expected.shape:
            return Difference("shape", path, None, None, list(expected.shape), _shape(got))
        if got.dtype != expected.dtype:
            return Difference("dtype", path, None, None, _dtype(expected), _dtype(got))
    elif expected is not None and not isinstance(expected, bool | int | float | str):
        raise ValueError(f"a trace cannot hold a {type(expected).__name__} ({_name(path)})")
    elif type(got) is not type(expected):
        return _form(path, expected, got)
    leaves.append((path, expected, got))
    return None


def _pair_items(
    expected: dict[str, Any], got: Any, path: Path, leaves: list[tuple[Path, Any, Any]]
) -> Difference | None:
    if not isinstance(got, dict):
        return _form(path, expected, got)
    for key, value in expected.items():
        if key not in got:
            return Difference("structure", (*path, key), None, None, _form_of(value), "nothing")
        difference = _pair(value, got[key], (*path, key), leaves)
        if difference:
            return difference
    if len(got) > len(expected):
        # Not by name: the student's process chose it, and may have made it of what it was given.
        return Difference("structure", path, None, None, f"{len(expected)} entries", str(len(got)))
    return None


def _judge(path: Path, expected: Any, got: Any, tolerance: Tolerance) -> Iterator[Difference]:
    if isinstance(expected, torch.Tensor):
        difference = _judge_tensor(path, expected, got.detach(), tolerance)
    elif isinstance(expected, float):
        difference = _judge_float(path, expected, got, tolerance)
    else:
        difference = None if expected == got else Difference("value", path, None, None, expected, got)
    if difference:
        yield difference


def _judge_float(path: Path, expected: float, got: float, tolerance: Tolerance) -> Difference | None:
    if not isfinite(expected):
        raise ValueError(f"the expected trace is not finite ({_name(path)})")
    if not isfinite(got):
        return Difference("non-finite", path, None, None, expected, got)
    off = abs(got - expected)
    if off <= tolerance.absolute + tolerance.relative * abs(expected):
        return None
    return Difference("value", path, None, None, expected, got, off, _share(off, abs(expected)))


def _judge_tensor(path: Path, expected: torch.Tensor, got: torch.Tensor, tolerance: Tolerance) -> Difference | None:
    stepwise = STEPS in path or TRAJECTORIES in path
    if stepwise and expected.ndim == 0:
        raise ValueError(f"{_name(path)} has no leading axis to count steps")
    if expected.numel() == 0:
        return None
    if not expected.is_floating_point():
        wrong = expected != got
        scale = off = None
    else:
        yardstick = _yardstick(expected, TRAJECTORIES in path, tolerance)
        if not yardstick.is_finite:
            raise ValueError(f"the expected trace is not finite ({_name(path)})")
        given = got.double()
        off, scale = (given - yardstick.exact).abs(), yardstick.scale
        # Asked the other way round, off > allowed, a NaN would pass.
        wrong = ~((off <= yardstick.allowed) & given.isfinite())
    if not bool(wrong.any()):
        return None
    return _worst_of_first(path, expected, got, wrong, off, scale, stepwise)


@dataclass(frozen=True)
class _Yardstick:
    """What an expected tensor is compared by, all in float64: itself, what an error is a share of, what may be off."""

    exact: torch.Tensor
    scale: torch.Tensor
    allowed: torch.Tensor
    is_finite: bool


@lru_cache(maxsize=1 << 13)
def _yardstick(expected: torch.Tensor, on_trajectory: bool, tolerance: Tolerance) -> _Yardstick:
    """Made once of each tensor (they hash by identity): the same ones come again for every student of a batch."""
    exact = expected.detach().double()
    scale = _moved(exact) if on_trajectory else exact.abs()
    return _Yardstick(exact, scale, _allowed(expected, on_trajectory, tolerance), bool(exact.isfinite().all()))


def _allowed(expected: torch.Tensor, on_trajectory: bool, tolerance: Tolerance) -> torch.Tensor:
    exact = expected.detach().double()
    if not on_trajectory:
        return tolerance.absolute + tolerance.relative * exact.abs()
    share = tolerance.float64 if expected.dtype == torch.float64 else tolerance.float32
    rounding = tolerance.ulps * torch.finfo(expected.dtype).eps
    return share * _moved(exact) + rounding * exact.abs().cummax(0).values


def _worst_of_first(
    path: Path,
    expected: torch.Tensor,
    got: torch.Tensor,
    wrong: torch.Tensor,
    off: torch.Tensor | None,
    scale: torch.Tensor | None,
    stepwise: bool,
) -> Difference:
    """The element furthest off at the first step that is off; one that is not finite is furthest."""
    step = int(wrong.reshape(len(wrong), -1).any(1).nonzero()[0]) if stepwise else None
    at = (step,) if step is not None else ()
    size = wrong[at].double() if off is None else torch.where(wrong[at], off[at].nan_to_num(inf, inf), -1.0)
    inner = expected[at].shape
    index = tuple(int(i) for i in torch.unravel_index(size.flatten().argmax(), inner)) if inner else ()
    want, have = expected[at + index].item(), got[at + index].item()
    shape = tuple(inner) if TRAJECTORIES in path else None
    if off is None or scale is None:
        return Difference("value", path, step, index, want, have, shape=shape)
    if not isfinite(have):
        return Difference("non-finite", path, step, index, want, have, shape=shape)
    gap = off[at + index].item()
    relative = _share(gap, scale[at + index].item())
    return Difference("value", path, step, index, want, have, gap, relative, shape)


def _moved(path: torch.Tensor) -> torch.Tensor:
    """Distance that each element has covered up to each step."""
    return torch.cat([torch.zeros_like(path[:1]), path.diff(dim=0).abs().cumsum(0)])


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 and isfinite(part / whole) else None


def _form(path: Path, expected: Any, got: Any) -> Difference:
    return Difference("structure", path, None, None, _form_of(expected), _form_of(got))


def _form_of(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {list(value.shape)}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"a dict of {len(value)}"
    names = {bool: "a bool", int: "an int", float: "a float", str: "a str"}
    return names.get(type(value), "something else")


def _shape(tensor: torch.Tensor) -> list[int] | str:
    """The sizes, unless they are no tensor's that anybody would make: an empty one can have any."""
    return list(tensor.shape) if tensor.ndim <= 4 and max(tensor.shape, default=0) < 10_000 else "an odd one"


def _dtype(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _name(path: Path) -> str:
    """`("second optimizer", "trajectories", "parameter", 2)` is "second optimizer, parameter 2"."""
    words: list[str] = []
    for part in path:
        if part in (STEPS, TRAJECTORIES):
            continue
        if isinstance(part, int) and words:
            words[-1] += f" {part}"
        else:
            words.append(f"entry {part}" if isinstance(part, int) else str(part))
    return ", ".join(words) or "the result"


def _short(value: Any) -> str:
    """A value in a few characters, the same on every machine."""
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, bool) or not isinstance(value, int | str):
        return str(value)
    if isinstance(value, int):
        # Python refuses to print an int of more than 4,300 digits.
        return str(value) if abs(value) < 10**18 else "an int of more than 18 digits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _tell_apart(expected: Any, got: Any) -> tuple[str, str]:
    """Both in as few characters as show that they differ."""
    if isinstance(expected, float) and isinstance(got, float):
        for digits in range(5, 18):
            texts = f"{expected:.{digits}g}", f"{got:.{digits}g}"
            if texts[0] != texts[1]:
                return texts
    if isinstance(got, str):
        return _short(expected), "another text"  # it could say anything
    return _short(expected), _short(got)


def _percent(share: float) -> str:
    percent = 100 * share
    if percent >= 1000:
        return "over 1000 %"
    if percent < 0.01:
        return f"{percent:.0e} %"
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"
