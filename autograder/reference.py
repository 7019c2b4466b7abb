"""The reference's side of a check: its modules, and every trace that was asked of it, computed once."""

import hashlib
import traceback
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autograder.compare import Tolerance
from autograder.errors import InstructorError
from autograder.lab import Lab, Question
from autograder.worker import modules, wire

Scenario = Callable[..., Any]


@dataclass(frozen=True)
class Expected:
    """A trace as it would come over the wire, the bytes that it takes there, and a name for the call that gave it."""

    trace: Any
    size: int
    key: str = ""


@dataclass(frozen=True, eq=False)
class Misconception:
    """A known wrong variant of a question: its name, the hint for a student, and the reference that makes it.

    `convention` names the publication or framework whose formula it is, where it is another fair rule.  Where a mistake
    can be made in ways that differ in detail, `ignores` names the parts of a trace in which they do, and `tolerance`
    says how far their numbers may be apart.
    """

    name: str
    hint: str
    convention: str | None
    reference: "Reference"
    ignores: tuple[str, ...] = ()
    tolerance: Tolerance | None = None


class Reference:
    """Runs scenarios on the instructor's solution, in this process; `modules` are its files and the given ones.

    Raises:
        InstructorError: it cannot be imported, or lab.toml accepts a convention that nobody has written down.
    """

    def __init__(self, lab: Lab):
        for name in lab.manifest.required_files:
            if not (lab.reference / name).is_file():
                raise InstructorError(f"The reference lacks {name}: {lab.reference / name} does not exist.")
        self.modules = _import(lab, [*lab.manifest.given, *lab.code_files])
        for question in lab.manifest.questions:
            if not question.breaks and not hasattr(getattr(self.modules, question.module, None), question.name):
                raise InstructorError(
                    f"lab.toml asks for {question.name} in {question.file} (question {question.id}), "
                    f"which the reference in {lab.reference} does not have."
                )
        self._traces: dict[str, Expected] = {}
        self._known = _misconceptions(lab)
        self._misconceptions: dict[str, tuple[Misconception, ...]] = {}
        self._accepted: dict[str, list[Reference]] = {}
        for entry in lab.manifest.conventions:
            question_id, colon, name = entry.partition(":")
            if not colon:
                raise InstructorError(f'conventions in lab.toml: write {entry!r} as "question:convention".')
            question = lab.question(question_id)
            self._accepted.setdefault(question.id, []).extend(self._named(question, name))

    def run(self, scenario: Scenario, **inputs: Any) -> Any:
        """The trace of `scenario` on the reference."""
        return self.expected(scenario, inputs).trace

    def expected(self, scenario: Scenario, inputs: Mapping[str, Any]) -> Expected:
        """As `run`, with the trace's size; the same scenario on the same inputs is computed once."""
        frame = wire.encode([scenario.__name__, dict(inputs)])
        key = hashlib.sha256(frame).hexdigest()
        if key not in self._traces:
            self._traces[key] = replace(run_afresh(self.modules, scenario, inputs), key=key)
        return self._traces[key]

    def accepted(self, question: Question) -> Sequence["Reference"]:
        """The other published formulas that lab.toml accepts for `question`."""
        return self._accepted.get(question.id, ())

    def misconceptions(self, question: Question) -> Sequence[Misconception]:
        """All known wrong variants of `question`, the other published formulas among them."""
        if question.id not in self._misconceptions:
            self._misconceptions[question.id] = tuple(self._making(question, kind) for kind in self._known(question.id))
        return self._misconceptions[question.id]

    def _named(self, question: Question, name: str) -> list["Reference"]:
        conventions = [m for m in self.misconceptions(question) if m.convention]
        found = [m.reference for m in conventions if m.convention == name]
        if not found:
            there = ", ".join(sorted({str(m.convention) for m in conventions})) or "none"
            raise InstructorError(
                f"lab.toml accepts the convention {name!r} for {question.id}, but the misconceptions beside the "
                f'reference know {there} for it. Write it as "{question.id}:NAME".'
            )
        return found

    def _making(self, question: Question, kind: Any) -> Misconception:
        hint = " ".join((kind.__doc__ or "").split())
        rough = Tolerance(**kind.tolerance) if hasattr(kind, "tolerance") else None
        return Misconception(
            kind.__name__,
            hint,
            getattr(kind, "convention", None),
            self._with(question, kind),
            tuple(getattr(kind, "ignores", ())),
            rough,
        )

    def _with(self, question: Question, kind: Any) -> "Reference":
        """This reference with one class or function in place of its own."""
        other = copy(self)
        own = getattr(self.modules, question.module)
        module = SimpleNamespace(**{**vars(own), question.name: kind})
        other.modules = SimpleNamespace(**{**vars(self.modules), question.module: module})
        other._traces = {}
        return other


def run_afresh(modules: SimpleNamespace, scenario: Scenario, inputs: Mapping[str, Any]) -> Expected:
    """What `modules` make of a scenario, both ways as over the wire."""
    fresh_inputs = over_the_wire(wire.encode(dict(inputs)))
    reply = wire.encode(scenario(modules, **fresh_inputs))
    return Expected(over_the_wire(reply), len(reply))


def _import(lab: Lab, files: Sequence[str]) -> SimpleNamespace:
    names = [name.removesuffix(".py").replace("/", ".") for name in files]
    try:
        return modules.load([str(lab.reference), str(lab.handout)], names)
    except Exception as error:
        what = f"{_place(error, lab)}{type(error).__name__}: {getattr(error, 'msg', None) or error}"
        raise InstructorError(f"The reference in {lab.reference} cannot be imported: {what}") from error


def _place(error: BaseException, lab: Lab) -> str:
    """ "misconceptions/layers.py, line 3: ", where the error arose in a file of the lab's."""
    if isinstance(error, SyntaxError) and error.filename:
        places = [(error.filename, error.lineno)]
    else:
        places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    for filename, line in reversed(places):
        for folder in (lab.reference, lab.handout):
            if Path(filename).is_relative_to(folder):
                return f"{Path(filename).relative_to(folder)}, line {line}: "
    return ""


def _misconceptions(lab: Lab) -> Callable[[str], list[Any]]:
    """The known wrong variants of a question, by its id (`misconceptions/__init__.py` says what they are)."""
    folder = lab.reference / "misconceptions"
    if not folder.is_dir():
        return lambda _: []
    parts = [f"misconceptions.{path.stem}" for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
    files = [*lab.manifest.given, *lab.code_files, "misconceptions", *parts]
    found = _import(lab, files)
    _refuse_unknown_questions(lab, [(part, getattr(found, part)) for part in parts])
    return known_in(found, "misconceptions")


def _refuse_unknown_questions(lab: Lab, parts: Sequence[tuple[str, Any]]) -> None:
    """A misconception of no question would be forgotten on the quiet."""
    ids = [question.id for question in lab.manifest.questions]
    for part, module in parts:
        for name, kind in vars(module).items():
            question = getattr(kind, "question", None) if callable(kind) else None
            if isinstance(question, str) and question not in ids:
                raise InstructorError(
                    f"{name} in {part.replace('.', '/')}.py beside the reference is for the question {question!r}, "
                    f"which lab.toml does not have. There is: {', '.join(ids)}."
                )


def known_in(modules: SimpleNamespace, package: str) -> Callable[[str], list[Any]]:
    """What a package beside the reference holds of a question, by its id.

    That is what its function `known` says, or everything in its modules that is marked with the question.
    """
    own = getattr(modules, package, None)
    if own is not None and hasattr(own, "known"):
        known: Callable[[str], list[Any]] = own.known
        return known
    parts = [part for name, part in vars(modules).items() if name.startswith(f"{package}.")]
    written = [kind for part in parts for kind in vars(part).values() if callable(kind)]
    return lambda question: [kind for kind in written if getattr(kind, "question", "") == question]


def over_the_wire(frame: bytes) -> Any:
    """What arrives when `frame` is sent: tuples as lists, and no tensor shared with the sender."""
    start = wire.PREFIX.size
    header, _ = wire.PREFIX.unpack(frame[:start])
    return wire.decode(frame[start : start + header], bytearray(frame[start + header :]))
