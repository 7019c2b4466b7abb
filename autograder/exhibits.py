"""What a report draws of a student's code beside the reference's: runs that cost no points, and judge nobody.

A lab has them in `pictures.py` of its hidden suite, whose function `exhibits` gives a list; without that file nothing
is drawn.  Their problems are no check's, so that a picture shows nothing of a hidden one; and where lab.toml keeps
expected values from students, the reference's side is left out.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal, Protocol

import torch

from autograder.compare import first_difference
from autograder.errors import VIOLENT, InstructorError, StudentError, Verdict
from autograder.lab import Lab, Question
from autograder.reference import Expected, Reference

PICTURES = "pictures.py"
_NUMBERS_LIMIT = 2000  # in what is drawn of one side
_DIGITS = 5
_NOTHING_THERE = {Verdict.NOT_ATTEMPTED, Verdict.NEEDS_STAFF, Verdict.SKIPPED}

Kind = Literal["descent", "rates", "sweep", "suggestion", "smoothing", "losses", "epochs"]
Numbers = dict[str, Any]  # lists of numbers and single ones, None where one is not finite


@dataclass(frozen=True)
class Exhibit:
    """Something to draw: a scenario, its inputs, and how its trace is drawn (`report/pictures.py` says what each kind
    needs).  Inputs that are plain numbers, or lists of them, go into the report beside it."""

    question: str
    kind: Kind
    title: str
    scenario: Callable[..., Any]
    inputs: Mapping[str, Any]
    unlike: Callable[[Any, Any], object] = first_difference  # of two traces of one form; None where they agree


@dataclass(frozen=True)
class Exhibited:
    """One exhibit of one student; `yours` and `reference` are None where there is nothing to be drawn, `same` says that
    they agree as checks measure it, and `problem` why there is nothing of the student's."""

    kind: Kind
    title: str
    given: Numbers
    yours: Numbers | None
    reference: Numbers | None
    same: bool
    problem: str = ""


class Runner(Protocol):
    """A student, as `student.Student` is one."""

    def begin(self, question: Question, check: str) -> None: ...

    def run(self, scenario: Callable[..., Any], inputs: Mapping[str, Any], expected_bytes: int = 0) -> Any: ...

    def end(self) -> None: ...

    @property
    def time_is_up(self) -> bool: ...


@dataclass
class Exhibition:
    """All exhibits of a lab; there are none before `prepare`."""

    lab: Lab
    reference: Reference
    _exhibits: list[tuple[Exhibit, Expected]] = field(default_factory=list)

    def prepare(self) -> None:
        """Read them, and compute the reference's side of each.

        Raises:
            InstructorError: `pictures.py` cannot be used, or the reference cannot be drawn.
        """
        self._exhibits = [(exhibit, self._expected(exhibit)) for exhibit in _read(self.lab)]

    def _expected(self, exhibit: Exhibit) -> Expected:
        place = f"{self.lab.hidden_suite / PICTURES}, {exhibit.title!r}"
        self.lab.question(exhibit.question)
        try:
            expected = self.reference.expected(exhibit.scenario, exhibit.inputs)
            self._accepted(exhibit)  # before judges are forked
        except Exception as error:
            raise InstructorError(f"{place}: the reference raises {type(error).__name__}: {error}") from error
        if as_numbers(expected.trace) is None:
            raise InstructorError(f"{place}: the trace is no dict of numbers, or of more than {_NUMBERS_LIMIT}.")
        return expected

    def _accepted(self, exhibit: Exhibit) -> list[Any]:
        """The traces of formulas that the lab accepts in the reference's place; computed once, like the reference's."""
        others = self.reference.accepted(self.lab.question(exhibit.question))
        return [other.run(exhibit.scenario, **exhibit.inputs) for other in others]

    def of(self, verdicts: Mapping[str, Sequence[Verdict]], runner: Runner) -> dict[str, list[Exhibited]]:
        """By question, what is to be drawn of the student behind `runner`, whose checks ended in `verdicts`.

        A question that lost points gets a worker of its own; those that lost none share one for each of their files.
        """
        shown: dict[str, list[Exhibited]] = {}
        for group in self._groups(verdicts):
            runner.begin(self.lab.question(group[0][0].question), "pictures for the report")
            for exhibit, expected in group:
                if not runner.time_is_up:
                    shown.setdefault(exhibit.question, []).append(self._shown(exhibit, expected, runner))
            runner.end()
        return {question: [e for e in exhibited if e.yours or e.reference] for question, exhibited in shown.items()}

    def _groups(self, verdicts: Mapping[str, Sequence[Verdict]]) -> Iterator[list[tuple[Exhibit, Expected]]]:
        flawless: dict[str, list[tuple[Exhibit, Expected]]] = {}
        for exhibit, expected in self._exhibits:
            ends = set(verdicts.get(exhibit.question, ()))
            if not ends or ends & VIOLENT or ends <= _NOTHING_THERE:
                continue
            if ends == {Verdict.PASSED}:
                flawless.setdefault(self.lab.question(exhibit.question).file, []).append((exhibit, expected))
            else:
                yield [(exhibit, expected)]
        yield from flawless.values()

    def _shown(self, exhibit: Exhibit, expected: Expected, runner: Runner) -> Exhibited:
        given = {key: value for key, value in exhibit.inputs.items() if _is_plain(value)}
        told = as_numbers(expected.trace) if self.lab.manifest.feedback.show_values else None
        try:
            trace = runner.run(exhibit.scenario, exhibit.inputs, expected.size)
        except StudentError as error:
            return Exhibited(exhibit.kind, exhibit.title, given, None, told, False, str(error))
        yours = as_numbers(trace) if _is_of_form(trace, expected.trace) else None
        same = yours is not None and self._agrees(exhibit, trace, expected)
        return Exhibited(exhibit.kind, exhibit.title, given, yours, told, same)

    def _agrees(self, exhibit: Exhibit, trace: Any, expected: Expected) -> bool:
        """With the reference, or with a formula that the lab accepts in its place."""
        try:
            return any(exhibit.unlike(each, trace) is None for each in (expected.trace, *self._accepted(exhibit)))
        except Exception:  # one that was not made for whatever a student's code may give
            return False


def _read(lab: Lab) -> Iterable[Exhibit]:
    path = lab.hidden_suite / PICTURES
    if not path.is_file():
        return []
    spec = importlib.util.spec_from_file_location("pictures", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    usual = sys.path.copy()
    sys.path[:0] = [str(path.parent), str(lab.handout)]  # for its scenarios, and the given files that they import
    try:
        spec.loader.exec_module(module)
        exhibits = list(module.exhibits())
    except Exception as error:
        raise InstructorError(f"{path} cannot be used: {type(error).__name__}: {error}") from error
    finally:
        sys.path[:] = usual
    if not all(isinstance(exhibit, Exhibit) for exhibit in exhibits):
        raise InstructorError(f"{path}: `exhibits` gives a list of autograder.exhibits.Exhibit.")
    return exhibits


def as_numbers(trace: Any) -> Numbers | None:
    """A trace as lists of rounded numbers, by name; None if it is anything else, or too long to be drawn."""
    if not isinstance(trace, dict):
        return None
    flat = {name: value.tolist() if isinstance(value, torch.Tensor) else value for name, value in trace.items()}
    total = 0

    def rounded(value: Any) -> Any:
        nonlocal total
        if isinstance(value, list):
            return [rounded(each) for each in value]
        total += 1
        if value is None or (isinstance(value, float | int) and not isfinite(value)):
            return None
        return float(f"{float(value):.{_DIGITS}g}")

    try:
        numbers = {name: rounded(value) for name, value in flat.items()}
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if 0 < total <= _NUMBERS_LIMIT else None


def _is_of_form(trace: Any, expected: Mapping[str, Any]) -> bool:
    """The same names, tensors of the same shape, lists of numbers, of any length."""
    if not isinstance(trace, dict) or trace.keys() != expected.keys():
        return False
    return all(_is_like(trace[name], value) for name, value in expected.items())


def _is_like(got: Any, expected: Any) -> bool:
    if isinstance(expected, torch.Tensor):
        return isinstance(got, torch.Tensor) and got.shape == expected.shape
    if isinstance(expected, list):
        return isinstance(got, list) and all(isinstance(value, float) for value in got)
    return got is None or isinstance(got, float)


def _is_plain(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(each, int | float) for each in values)
