"""One student before the hidden suite: every check is run, and each ends in a verdict.

The judge is the trusted side: it holds the reference's traces, asks the student's worker for theirs, and counts only
what it computed itself.
"""

import hmac
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import zip_longest
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from autograder.errors import VIOLENT, InstructorError, StudentError, Verdict
from autograder.lab import Lab, Question, digest_files
from autograder.worker import wire

if TYPE_CHECKING:
    from autograder.bank import Bank
    from autograder.breaking import Losses
    from autograder.compare import Tolerance
    from autograder.diagnose import Call, Diagnosis, Diagnostician
    from autograder.exhibits import Exhibited, Exhibition
    from autograder.reference import Expected
    from autograder.student import TestRun
    from autograder.training.convergence import Convergence

Scenario = Callable[..., Any]
Comparison = Callable[[Any, Any], str | None]

DIAGNOSED = {Verdict.FAILED, Verdict.ERROR, Verdict.NOT_FINITE}
_FINGERPRINT_DIGITS = 16
BROKEN_CHECK = "This check itself did not work, which is no fault of yours; staff will look into it."


class Disagreement(AssertionError):
    """The student's trace is not the reference's."""


@dataclass(frozen=True)
class CheckResult:
    """How one check ended for one student; `points` is its weight within its question."""

    question: str
    name: str
    title: str
    points: float
    verdict: Verdict
    message: str
    seconds: float
    runs: tuple[Mapping[str, Any], ...] = ()  # training runs, as `training.convergence.Evidence` has them


@dataclass(frozen=True)
class Training:
    """How training runs are judged: `mode` "train" or "replay", `device` "cpu" or "cuda".

    The device `is_optional` where the caller did not ask for it by name.
    """

    mode: str = "train"
    device: str = "cpu"
    is_optional: bool = False


def training_of(lab: Lab, mode: str | None, device: str) -> Training:
    """As the caller wants it, and lab.toml where the caller does not say.

    Raises:
        UsageError: the device wanted is not there.
    """
    from autograder.training.device import choose

    settings = lab.manifest.convergence
    return Training(mode or (settings.mode if settings else "train"), choose(device), device == "auto")


@dataclass(frozen=True)
class Check:
    """One collected check."""

    question: Question
    name: str
    title: str
    points: float
    item: pytest.Item = field(repr=False)

    @property
    def trains(self) -> bool:
        """Whether it asks for a training run, which has a longer time limit."""
        return "trains" in getattr(self.item, "fixturenames", ())

    @property
    def compares(self) -> bool:
        """Whether it is settled by what the student's functions give: no training, and no tests of the student's."""
        return not self.trains and not self.question.breaks


class Runner(Protocol):
    """A side of a comparison as a check sees it: the student's, or in a rehearsal the reference's own."""

    def begin(self, question: Question, check: str, training: bool = False) -> None: ...

    def run(self, scenario: Scenario, inputs: Mapping[str, Any], expected_bytes: int = 0) -> Any: ...

    def end(self) -> None: ...

    def place(self, file: object, line: object) -> str: ...

    @property
    def time_is_up(self) -> bool: ...

    def test(self, question: Question, variant: str, packed: bytes) -> "TestRun": ...


class Judge:
    """The plugin's state in one process: the lab, its reference, and the student who is being graded."""

    def __init__(self, lab: Lab, training: Training | None = None):
        import torch

        from autograder.reference import Reference

        torch.set_num_threads(1)  # a process forked after a second OpenMP thread has run hangs in its first matmul
        self.lab = lab
        self.reference = Reference(lab)
        self.banks = _banks_of(lab)  # by question, the code that students' tests are to tell apart
        self.training = training or Training()
        self.question = lab.manifest.questions[0]  # of the check that runs
        self.runner: Runner | None = None
        self.reference_student: Runner | None = None  # the reference as if it were handed in
        self.faults: list[str] = []  # tracebacks of checks that did not work, for staff
        self._outcome: tuple[Verdict, str] = (Verdict.PASSED, "")
        self._runs: tuple[Mapping[str, Any], ...] = ()
        self._calls: dict[str, dict[str, Call]] = {}  # by question, every comparison that was made so far
        self._answers: dict[str, dict[str, Any]] = {}  # by question, what this student's code made of them
        self._wrong: dict[str, dict[str, bytes]] = {}  # by question, the answers that failed this student a check
        self._losses: dict[str, Losses] = {}  # by question, the broken variants that this student's tests let pass
        self._violent: dict[str, Verdict] = {}  # by question of this student, how a check of it ended
        self._remarks = ""  # what a student who passes is told all the same

    def agree(
        self,
        scenario: Scenario,
        /,
        tolerance: "Tolerance | None" = None,
        unlike: Comparison | None = None,
        **inputs: Any,
    ) -> None:
        """Fail the check unless the student's trace is the reference's, or that of an accepted convention.

        `unlike(expected, got)` takes the place of the usual comparison: what a student is told, or None.
        """
        expected = self.reference.expected(scenario, inputs)
        got = self._student_trace(scenario, inputs, expected, unlike)
        compare = unlike or partial(self._difference, tolerance)
        difference = compare(expected.trace, got)
        # In a rehearsal as well, so that their traces too are computed before judges fork.
        accepted = [other.run(scenario, **inputs) for other in self.reference.accepted(self.question)]
        if difference is None or any(compare(trace, got) is None for trace in accepted):
            return
        self._wrong.setdefault(self.question.id, {})[expected.key] = wire.encode(got)
        raise Disagreement(difference)

    def _difference(self, tolerance: "Tolerance | None", expected: Any, got: Any) -> str | None:
        from autograder.compare import first_difference

        difference = first_difference(expected, got, tolerance)
        return difference.describe(self.lab.manifest.feedback.show_values) if difference else None

    @cached_property
    def convergence(self) -> "Convergence":
        from autograder.training.convergence import Convergence

        elsewhere = self._reference_elsewhere if self.reference_student and self.training.device != "cpu" else None
        return Convergence(self.lab, self.reference, self.training.mode, self.training.device, elsewhere)

    def _reference_elsewhere(self, question: Question) -> Callable[..., Any]:
        """A GPU is for workers only, so the reference trains in one as well: its files are all that is in there."""
        assert self.reference_student
        self.reference_student.begin(question, "the reference", training=True)
        return self.reference_student.run

    def trains(self, scenarios: ModuleType) -> None:
        """Fail the check unless the student's part trains the lab's network as the reference's does."""
        from autograder.training.evidence import JudgedError

        if self.runner is None:
            self.convergence.rehearse(self.question, scenarios)
            return
        if verdict := self._violent.get(self.question.id):
            raise StudentError(verdict, f"It was not made to train: another check of this ended in {verdict} already.")
        try:
            judgement = self.convergence.judge(self.question, scenarios, self.runner)
        except JudgedError as error:
            self._runs = error.judgement.as_data(self.lab.manifest.feedback.show_values)
            raise error.error from error
        self._runs = judgement.as_data(self.lab.manifest.feedback.show_values)
        self._remarks = " ".join(judgement.remarks)

    def catches(self, number: int) -> None:
        """Fail the check unless the student's tests pass on right code and fail on the broken variant `number`.

        A rehearsal runs the reference's tests, where it has a worker to run them in.
        """
        from autograder.breaking import losses

        tester = self.runner or self.reference_student
        if tester is None:
            return
        if self.question.id not in self._losses:
            self._losses[self.question.id] = losses(self.question, self.banks[self.question.id], tester)
        if loss := self._losses[self.question.id].get(number):
            raise loss

    def student_trace(self, scenario: Scenario, inputs: dict[str, Any]) -> Any:
        return self._student_trace(scenario, inputs, self.reference.expected(scenario, inputs))

    def _student_trace(
        self, scenario: Scenario, inputs: Mapping[str, Any], expected: "Expected", unlike: Comparison | None = None
    ) -> Any:
        from autograder.diagnose import Call

        self._calls.setdefault(self.question.id, {})[expected.key] = Call(scenario, inputs, unlike)
        if self.runner is None:  # a rehearsal
            return expected.trace
        answers = self._answers.setdefault(self.question.id, {})
        try:
            got = answers[expected.key] = self.runner.run(scenario, inputs, expected.size)
        except StudentError as error:
            if error.raised:
                answers[expected.key] = error.raised
            raise
        return got

    def judge(self, checks: Sequence[Check], runner: Runner | None) -> Iterator[CheckResult]:
        """Run every check against `runner`; against the reference itself when there is none."""
        self.runner = runner
        self._violent.clear()
        self._answers.clear()
        self._wrong.clear()
        self._losses.clear()
        for check, following in zip_longest(checks, checks[1:]):
            started = time.perf_counter()
            self.begin(check)
            hook = check.item.config.hook
            hook.pytest_runtest_protocol(item=check.item, nextitem=following and following.item)
            if runner:
                runner.end()
            verdict, message = self._outcome
            if verdict in VIOLENT:
                self._violent[check.question.id] = verdict
            yield CheckResult(
                check.question.id,
                check.name,
                check.title,
                check.points,
                verdict,
                message or self._remarks,
                round(time.perf_counter() - started, 4),
                self._runs,
            )

    def diagnose(self, question: Question, verdicts: Iterable[Verdict]) -> "Diagnosis | None":
        """Why the student lost points of `question`, whose checks ended in `verdicts`.

        None if none were lost, nothing was there to be compared, or the student's time is up.
        """
        from autograder.diagnose import name

        calls, answers = self._calls.get(question.id, {}), self._answers.get(question.id, {})
        if not answers or not DIAGNOSED.intersection(verdicts) or (self.runner and self.runner.time_is_up):
            return None
        find = partial(self.diagnostician.candidates, question, calls)
        if find(answers):
            # What comes after a check's first difference may tell one mistake from another.
            rest = {key: call for key, call in calls.items() if key not in answers}
            if found := find({**answers, **self._ask(question, rest)}):
                return name(found)
        # What one call leaves behind, on a class say, may have changed the next.
        alone = {key: answer for key, call in calls.items() for answer in self._ask(question, {key: call}).values()}
        exact = find(alone)
        return name(exact or find(alone, loosely=True), exactly=bool(exact))

    def _ask(self, question: Question, calls: "Mapping[str, Call]") -> dict[str, Any]:
        """What the student's code makes of `calls`, one after the other in a fresh worker."""
        assert self.runner
        self.runner.begin(question, f"to name the mistake in {question.name}")
        answers = {}
        for key, call in calls.items():
            size = self.reference.expected(call.scenario, call.inputs).size
            try:
                answers[key] = self.runner.run(call.scenario, call.inputs, size)
            except StudentError as error:
                if error.raised:
                    answers[key] = error.raised
        self.runner.end()
        return answers

    @cached_property
    def diagnostician(self) -> "Diagnostician":
        from autograder.diagnose import Diagnostician

        return Diagnostician(self.lab, self.reference)

    @cached_property
    def exhibition(self) -> "Exhibition":
        from autograder.exhibits import Exhibition

        return Exhibition(self.lab, self.reference)

    def exhibited(self, verdicts: Mapping[str, Sequence[Verdict]]) -> "dict[str, list[Exhibited]]":
        """By question, what the report draws of this student, whose checks ended in `verdicts`."""
        return self.exhibition.of(verdicts, self.runner) if self.runner else {}

    def fingerprint(self, question: Question) -> str:
        """A hash over this student's wrong answers in `question`, to the last bit; "" where there are none.

        Its key is made of what students do not have, or it would confirm a guess at hidden inputs.
        """
        wrong = self._wrong.get(question.id)
        if not wrong:
            return ""
        digest = hmac.new(self._secret, digestmod="sha256")
        for key, frame in sorted(wrong.items()):
            digest.update(key.encode() + frame)
        return digest.hexdigest()[:_FINGERPRINT_DIGITS]

    @cached_property
    def _secret(self) -> bytes:
        return f"fingerprints {digest_files(self.lab.root, self.lab.answers())}".encode()

    def begin(self, check: Check) -> None:
        """Forget the last check."""
        self.question = check.question
        self._outcome = (Verdict.PASSED, "")
        self._runs, self._remarks = (), ""
        if self.runner:
            self.runner.begin(check.question, check.title, check.trains)

    def note(self, error: BaseException) -> None:
        """The first exception of a check decides how it ended."""
        if self._outcome[0] == Verdict.PASSED:
            self._outcome = outcome(error)
            if self._outcome[0] == Verdict.NEEDS_STAFF:
                self.faults.append("".join(traceback.format_exception(error)))


def _banks_of(lab: Lab) -> "Mapping[str, Bank]":
    if not lab.banks:
        return {}
    from autograder.bank import banks_of

    return banks_of(lab)


def outcome(error: BaseException) -> tuple[Verdict, str]:
    """The verdict and the message for whatever a check raised."""
    if isinstance(error, StudentError):
        return error.verdict, str(error)
    if isinstance(error, Disagreement):
        return Verdict.FAILED, str(error)
    if isinstance(error, pytest.skip.Exception):
        return Verdict.SKIPPED, str(error)
    if isinstance(error, AssertionError | pytest.fail.Exception):
        first_line = str(error).partition("\n")[0]
        own_words = bool(first_line) and not first_line.startswith("assert ")  # else pytest's: it shows values
        return Verdict.FAILED, first_line if own_words else "What this check asserts does not hold."
    what = str(error) if isinstance(error, InstructorError) else type(error).__name__
    return Verdict.NEEDS_STAFF, f"{BROKEN_CHECK} ({what})"


def checks_of(items: Sequence[pytest.Item], lab: Lab) -> list[Check]:
    """The checks behind pytest's items.

    Raises:
        InstructorError: a check names no question, or a question has no check.
    """
    checks = [check_of(item, lab) for item in items]
    unasked = [question.id for question in lab.manifest.questions if question.id not in {c.question.id for c in checks}]
    if unasked:
        raise InstructorError(
            f"No check belongs to {', '.join(unasked)}: add one, or take the question out of lab.toml."
        )
    return checks


def check_of(item: pytest.Item, lab: Lab) -> Check:
    marker = item.get_closest_marker("question")
    if marker is None or len(marker.args) != 1 or not set(marker.kwargs) <= {"points"}:
        raise InstructorError(f"{item.nodeid} must be marked @pytest.mark.question(id, points=…).")
    points = marker.kwargs.get("points", 1)
    if not isinstance(points, int | float) or points <= 0:
        raise InstructorError(f"{item.nodeid}: points must be a number above zero, not {points!r}.")
    try:
        question = lab.question(marker.args[0])
    except InstructorError as error:
        raise InstructorError(f"{item.nodeid}: {error}") from error
    function = getattr(item, "function", None)
    title = " ".join((getattr(function, "__doc__", None) or item.name).split())
    variant = getattr(getattr(item, "callspec", None), "id", None)
    return Check(
        question,
        item.nodeid,
        f"{title} [{variant}]" if variant else title,
        float(points),
        item,
    )
