"""Which known mistake behaves exactly like a student's code.

Every comparison of a question is a call: a scenario and its inputs.  A misconception is named when, run on each call
that the student's code has answered, it gives the same trace up to rounding (or raises the same exception), also where
the student is right; and when every other one is clearly apart.  Otherwise nothing is named: a wrong name sends a
student looking in the wrong place, which is worse than none.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import torch

from autograder.compare import distance
from autograder.errors import Raised
from autograder.lab import Lab, Question
from autograder.reference import Misconception, Reference, Scenario, over_the_wire
from autograder.shelf import Shelf
from autograder.text import in_words
from autograder.worker import wire

# Of a trace's own tolerance, as `compare.distance` gives it.
_SAME = 1.0
_APART = 10.0

_NAMES_LIMIT = 3

Kind = Literal["mistake", "convention", "unknown"]


@dataclass(frozen=True)
class Call:
    """One comparison that a check makes: what to run on which inputs, and how it compares where not as usual."""

    scenario: Scenario
    inputs: Mapping[str, Any]
    unlike: Callable[[Any, Any], str | None] | None = None


@dataclass(frozen=True)
class Diagnosis:
    """What a question's lost points come from, as far as it is known.

    `names` are those of the misconceptions that behave exactly so; several, if they cannot be told apart.  `kind` is
    "convention" where all of them are formulas that somebody has published.  `text` is for the student.
    """

    kind: Kind
    names: tuple[str, ...]
    text: str


class Diagnostician:
    """Knows what each misconception of a lab makes of each call; computed when first asked for, and kept on disk."""

    def __init__(self, lab: Lab, reference: Reference) -> None:
        ours = Path(__file__).parent
        code = [ours / "diagnose.py", ours / "reference.py", *(ours / "worker").glob("w*.py")]
        self._shelf = Shelf(lab, "misconceptions", code)
        self._reference = reference
        self._books: dict[str, _Book] = {}

    def candidates(
        self, question: Question, calls: Mapping[str, Call], answers: Mapping[str, Any], loosely: bool = False
    ) -> Sequence[Misconception]:
        """The misconceptions that give all of a student's answers, and those that are too near to be told apart.

        Args:
            calls: what the question's checks compare, by any names.
            answers: what the student's code made of some of them, by the same names: traces, or `Raised`.
            loosely: answers need to be the same only as far as the misconception, or the check, goes into detail.
        """
        expected = {key: self._reference.run(calls[key].scenario, **calls[key].inputs) for key in answers}
        if _furthest(answers, expected) <= _SAME:
            return []  # points were lost elsewhere
        book = self._book(question, calls)
        rough = calls if loosely else {}
        distances = {
            m: _furthest(answers, book.traces(m.name), m if loosely else None, rough)
            for m in self._reference.misconceptions(question)
        }
        near = sorted((m for m in distances if distances[m] <= _APART), key=distances.__getitem__)
        return near if near and distances[near[0]] <= _SAME else []

    def _book(self, question: Question, calls: Mapping[str, Call]) -> "_Book":
        """What every misconception makes of `calls`."""
        book = self._books.get(question.id) or _Book.from_shelf(self._shelf.get(question.id))
        if book is None or not book.has(calls):
            book = _Book.made_of(
                (m.name, key, _outcome(m.reference, call))
                for m in self._reference.misconceptions(question)
                for key, call in calls.items()
            )
            self._shelf.put(question.id, book.as_shelved())
        self._books[question.id] = book
        return book


class _Book:
    """Traces by misconception and call, each kept as a frame of the wire until somebody looks at it: few are.

    Args:
        names, keys: of the traces, in their order.
        ends: where the frame of each ends, int64.
        frames: one after the other, uint8.
    """

    def __init__(self, names: list[str], keys: list[str], ends: torch.Tensor, frames: torch.Tensor) -> None:
        self._shelved = {"names": names, "keys": keys, "ends": ends, "frames": frames}
        self._frames = frames.numpy()
        self._places: dict[str, dict[str, tuple[int, int]]] = {}
        start = 0
        for name, key, end in zip(names, keys, ends.tolist(), strict=True):
            self._places.setdefault(name, {})[key] = start, end
            start = end

    @classmethod
    def made_of(cls, traces: Iterable[tuple[str, str, Any]]) -> "_Book":
        """Of names, keys and traces."""
        entries = [(name, key, wire.encode(trace)) for name, key, trace in traces]
        ends = torch.tensor([len(frame) for *_, frame in entries], dtype=torch.int64).cumsum(0)
        frames = torch.frombuffer(bytearray(b"".join(frame for *_, frame in entries) or b"-"), dtype=torch.uint8)
        return cls([name for name, *_ in entries], [key for _, key, _ in entries], ends, frames)

    @classmethod
    def from_shelf(cls, shelved: dict[str, Any] | None) -> "_Book | None":
        return cls(**shelved) if shelved else None

    def as_shelved(self) -> dict[str, Any]:
        return self._shelved

    def has(self, calls: Collection[str]) -> bool:
        return all(set(calls) <= set(places) for places in self._places.values())

    def traces(self, name: str) -> "_Traces":
        return _Traces(self._frames, self._places.get(name, {}))


class _Traces(Mapping[str, Any]):
    """Those of one misconception, by call."""

    def __init__(self, frames: Any, places: Mapping[str, tuple[int, int]]) -> None:
        self._frames, self._places = frames, places

    def __getitem__(self, key: str) -> Any:
        start, end = self._places[key]
        return over_the_wire(self._frames[start:end].tobytes())

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _furthest(
    answers: Mapping[str, Any],
    known: Mapping[str, Any],
    rough: Misconception | None = None,
    calls: Mapping[str, Call] = MappingProxyType({}),
) -> float:
    """The largest distance of `answers` from `known` ones; no further than needed to see that it is too large."""
    furthest = 0.0
    any_error = rough is not None and not all(_is_raised(trace) for trace in known.values())
    for key, answer in answers.items():
        furthest = max(furthest, _distance(answer, known[key], rough, calls.get(key), any_error))
        if furthest > _APART:
            break
    return furthest


def _distance(answer: Any, trace: Any, rough: Misconception | None, call: Call | None, any_error: bool) -> float:
    if isinstance(answer, Raised) or _is_raised(trace):
        both = isinstance(answer, Raised) and _is_raised(trace)
        return 0.0 if both and (any_error or _as_raised(answer) == trace) else inf
    if call and call.unlike:
        return 0.0 if _is_alike(call.unlike, trace, answer) else inf
    tolerance, ignored = (rough.tolerance, rough.ignores) if rough else (None, ())
    return distance(trace, answer, tolerance, ignored, enough=_APART)


def _is_alike(unlike: Callable[[Any, Any], str | None], trace: Any, answer: Any) -> bool:
    """By a check's own measure, which was made for the reference's traces and need not cope with every mistake's."""
    try:
        return unlike(trace, answer) is None
    except Exception:
        return False


def _outcome(reference: Reference, call: Call) -> Any:
    """A trace, or what was raised in a form that a book can hold."""
    try:
        with torch.enable_grad():  # some mistakes switch it off for good
            return reference.run(call.scenario, **call.inputs)
    except Exception as error:
        return _as_raised(Raised(type(error).__name__, str(error)))


def _as_raised(answer: Any) -> Any:
    return {"raised": [answer.type, answer.text]} if isinstance(answer, Raised) else answer


def _is_raised(trace: Any) -> bool:
    return isinstance(trace, dict) and set(trace) == {"raised"}


def name(candidates: Sequence[Misconception], exactly: bool = True) -> Diagnosis:
    """What a student is told; of too many, nothing."""
    if not 0 < len(candidates) <= _NAMES_LIMIT:
        return Diagnosis("unknown", (), "No known mistake matches.")
    names = tuple(misconception.name for misconception in candidates)
    if all(m.convention for m in candidates):
        words = [f"({m.convention}): {m.hint}" for m in candidates]
        return Diagnosis("convention", names, f"This is another published form {' Or '.join(words)}")
    words = [f"“{in_words(m.name)}”: {m.hint}" for m in candidates]
    like = "exactly like" if exactly else "like"
    return Diagnosis("mistake", names, f"This behaves {like} {' Or like '.join(words)}")
