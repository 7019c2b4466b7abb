"""A lab: its questions, points, files and limits, read from `assignments/<lab>/lab.toml`."""

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from autograder.errors import InstructorError, UsageError
from autograder.worker import delegation

ROOT = Path(__file__).resolve().parent.parent

SCENARIOS = "scenarios"

FileName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.py$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Table):
    """One thing that is asked: a class or function `name` in `file`, worth `points`.

    Or, with `breaks`, tests in `file` that tell right code from broken: what these questions of the lab `bank` ask for
    (by default of the same lab), and their misconceptions.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    file: FileName
    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "tests"
    points: Annotated[float, Field(gt=0)]
    breaks: tuple[str, ...] = ()
    bank: str = ""

    @model_validator(mode="after")
    def _asks_for_code_or_for_tests(self) -> Self:
        if self.bank and not self.breaks:
            raise ValueError(f"{self.id} has a bank, but no `breaks`: say which of its questions are to be broken")
        if self.breaks and not self.file.startswith("test_"):
            raise ValueError(f"{self.id} asks for tests, so its file must be called test_….py, not {self.file}")
        if self.breaks and "name" in self.model_fields_set:
            raise ValueError(f"{self.id} asks for tests, which have no one name: leave `name` out")
        if not self.breaks and "name" not in self.model_fields_set:
            raise ValueError(f"{self.id} lacks `name`: the class or function that is asked for")
        return self

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py")


class Written(_Table):
    """A question that is answered in words in the lab's notebook, and graded by a person."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    points: Annotated[float, Field(gt=0)]


class Limits(_Table):
    """What a check may use: wall seconds (one that trains a network: training seconds), MB of memory beyond torch's
    own; and a submission: seconds, KB of output."""

    seconds: Annotated[float, Field(gt=0)] = 5.0
    training_seconds: Annotated[float, Field(gt=0)] = 30.0
    submission_seconds: Annotated[float, Field(gt=0)] = 60.0
    memory_mb: Annotated[int, Field(gt=0)] = 1024
    output_kb: Annotated[int, Field(gt=0)] = 64


Visibility = Literal["visible", "after_due_date", "after_published", "hidden"]


class Feedback(_Table):
    """What a student is told: the numbers that were expected and got, or only where they differ; and whether a known
    mistake that behaves exactly like their code is named.  Where a system shows results by itself (Gradescope): when
    those of the hidden checks are shown, and whether held-out accuracies go to its leaderboard."""

    show_values: bool = True
    name_mistakes: bool = True
    visibility: Visibility = "after_due_date"
    leaderboard: bool = False


Delegation = Literal["costs points", "flag", "allowed"]


Mode = Literal["train", "replay"]
DataSetName = Literal["digits", "fashion-mnist", "cifar10"]


class Rates(_Table):
    """The learning rates of an optimizer's run: a schedule of the reference's, with its settings."""

    schedule: str
    settings: dict[str, int | float] = {}


class Run(_Table):
    """How a question's optimizer or schedule trains the network: its first rate, and its other arguments."""

    lr: Annotated[float, Field(gt=0)]
    settings: dict[str, int | float | tuple[float, ...]] = {}


class Threshold(_Table):
    """The held-out accuracy that a run of so many steps must reach, and how that was found; `calibrate` writes it.

    `false_fail` is the fitted chance that right code misses it in two seeds of three; `false_fail_at_most` the upper
    end of a 95 % interval that trusts no fit; `catches` the known mistakes that fell below it, of `tried`.
    """

    accuracy: Annotated[float, Field(ge=0, le=1)]
    steps: int
    seeds: int = 0
    lowest: float = 0.0
    false_fail: float = 1.0
    false_fail_at_most: float = 1.0
    tried: int = 0
    catches: tuple[str, ...] = ()


class Convergence(_Table):
    """The training runs: data set, length, seeds, runs by question, thresholds by data set, device and question."""

    data_set: DataSetName
    steps: Annotated[int, Field(ge=20)] = 200
    batch_size: Annotated[int, Field(gt=0)] = 32
    seeds: tuple[int, int, int] = (1, 2, 3)
    mode: Mode = "train"
    rates: Rates
    runs: dict[str, Run]
    thresholds: dict[str, dict[str, dict[str, Threshold]]] = {}


class Audit(_Table):
    """What an audit holds the hidden suite against, besides the misconceptions: submissions that are right, in a folder
    given from the project's root."""

    right: str | None = None


class Likeness(_Table):
    """Whether submissions are compared with each other, and from which share of a file on, 0 to 1, they are alike."""

    enabled: bool = True
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.6


class Manifest(_Table):
    """lab.toml, validated."""

    title: str
    version: str
    given: tuple[FileName, ...] = ()
    required_files: tuple[FileName, ...]
    conventions: tuple[str, ...] = ()
    delegation: Delegation = "flag"
    limits: Limits = Limits()
    feedback: Feedback = Feedback()
    convergence: Convergence | None = None
    audit: Audit = Audit()
    likeness: Likeness = Likeness()
    questions: tuple[Question, ...]
    written: tuple[Written, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        if not self.questions:
            raise ValueError("no questions")
        ids = [question.id for question in self.questions] + [question.id for question in self.written]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"question ids must be unique: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _runs_are_of_questions(self) -> Self:
        ids = {question.id for question in self.questions}
        unknown = sorted(set(self.convergence.runs) - ids) if self.convergence else []
        if unknown:
            raise ValueError(f"convergence.runs has {', '.join(unknown)}, which is no question's id")
        return self


@dataclass(frozen=True)
class Lab:
    """A lab and where its parts lie."""

    name: str
    manifest: Manifest
    root: Path

    @staticmethod
    def names(root: Path = ROOT) -> list[str]:
        """What labs there are, in alphabetical order."""
        return sorted(path.parent.name for path in (root / "assignments").glob("*/lab.toml"))

    @classmethod
    def find(cls, name: str, root: Path = ROOT) -> "Lab":
        """Read the lab called `name`.

        Raises:
            UsageError: there is no such lab.
            InstructorError: its lab.toml is wrong; the message says where.
        """
        folder = root / "assignments"
        known = cls.names(root)
        if name not in known:
            raise UsageError(f"There is no lab {name!r} in {folder}; there is: {', '.join(known) or 'none'}.")
        path = folder / name / "lab.toml"
        try:
            return cls(name, Manifest.model_validate(tomllib.loads(path.read_text("utf-8"))), root)
        except tomllib.TOMLDecodeError as error:
            raise InstructorError(f"{path} is not valid TOML: {error}") from error
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise InstructorError(f"{path}: {faults}") from error

    @property
    def toml(self) -> Path:
        return self.root / "assignments" / self.name / "lab.toml"

    @property
    def handout(self) -> Path:
        return self.root / "assignments" / self.name / "handout"

    @property
    def reference(self) -> Path:
        return self.root / "reference" / self.name

    @property
    def hidden_suite(self) -> Path:
        return self.root / "tests" / "hidden" / self.name

    @property
    def right_submissions(self) -> Path | None:
        """The folder of submissions that are known to be right, if the lab has one."""
        return self.root / self.manifest.audit.right if self.manifest.audit.right else None

    @property
    def code_files(self) -> list[str]:
        """The required files but for students' own tests, which beside the reference have nothing to be tests of."""
        tests = {question.file for question in self.manifest.questions if question.breaks}
        return [name for name in self.manifest.required_files if name not in tests]

    @cached_property
    def banks(self) -> "tuple[Lab, ...]":
        """The labs whose code this one's students are to break; itself may be among them.

        Raises:
            InstructorError: there is no lab of a name that lab.toml gives.
        """
        names = {question.bank or self.name for question in self.manifest.questions if question.breaks}
        try:
            return tuple(self if name == self.name else Lab.find(name, self.root) for name in sorted(names))
        except UsageError as error:
            raise InstructorError(f"`bank` in lab.toml of {self.name}: {error}") from error

    @property
    def master(self) -> Path:
        """The notebook from which the students' one is made, solutions in it; not every lab has one."""
        return self.root / "assignments" / self.name / "master.ipynb"

    def notebooks(self) -> list[Path]:
        """The instructors' notebooks beside lab.toml, and its banks', which hold answers or name them.

        Students must not see them either, but no grade hangs on them.
        """
        folders = {self.master.parent, *(bank.master.parent for bank in self.banks)}
        return [path for folder in sorted(folders) for path in sorted(folder.glob("*.ipynb"))]

    def answers(self) -> list[Path]:
        """The files that students must not see: hidden suite, reference, and those of its banks."""
        references = {self.reference, *(bank.reference for bank in self.banks)}
        return [*self.hidden_suite.rglob("*.py"), *(path for folder in references for path in folder.rglob("*.py"))]

    @property
    def max_score(self) -> float:
        return sum(question.points for question in self.manifest.questions)

    def question(self, question_id: str) -> Question:
        """Raises InstructorError when lab.toml has no such question."""
        for question in self.manifest.questions:
            if question.id == question_id:
                return question
        ids = ", ".join(question.id for question in self.manifest.questions)
        raise InstructorError(f"lab.toml of {self.name} has no question {question_id!r}; there is: {ids}.")

    def given_files(self) -> dict[str, bytes]:
        """The grader's own copies of the files that students must not change."""
        return {name: (self.handout / name).read_bytes() for name in self.manifest.given}

    def scenario_files(self) -> dict[str, bytes]:
        """The part of the hidden suite that runs beside a student's code: `scenarios.py` and `*_scenarios.py`.

        Raises:
            InstructorError: there is none, and not all that is asked for are tests.
        """
        paths = sorted(path for path in self.hidden_suite.glob("*.py") if path.stem.endswith(SCENARIOS))
        if not paths and not all(question.breaks for question in self.manifest.questions):
            raise InstructorError(f"{self.hidden_suite / SCENARIOS}.py is missing: the lab's scenarios belong there.")
        return {path.name: path.read_bytes() for path in paths}

    @cached_property
    def refuses_delegation(self) -> bool:
        """Whether workers keep torch.optim and the like from running: not where the lab's own files there use them."""
        if self.manifest.delegation != "costs points":
            return False
        own = {**self.given_files(), **self.scenario_files()}
        return not delegation.find(own, [(name, "") for name in own])

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that decides a grade: lab.toml, given files, hidden suite, reference, banks."""
        given = [self.handout / name for name in self.manifest.given]
        return digest_files(self.root, [self.toml, *given, *self.answers()])


def digest_files(root: Path, paths: Iterable[Path]) -> str:
    """SHA-256 of the files' names below `root` and contents, whatever their order."""
    return digest_contents({path.relative_to(root).as_posix(): path.read_bytes() for path in paths})


def digest_contents(contents: dict[str, bytes]) -> str:
    """SHA-256 of names and contents, whatever their order."""
    total = hashlib.sha256()
    for name, content in sorted(contents.items()):
        for part in (name.encode("utf-8", "surrogateescape"), content):
            total.update(len(part).to_bytes(8, "little") + part)
    return total.hexdigest()
