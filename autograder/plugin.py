"""The pytest plugin: what a hidden check may ask for, and what becomes of its outcome.

A check is a test function marked `@pytest.mark.question(id, points=…)`; its docstring is the title that students
see.  It takes fixtures:

`agree(scenario, **inputs)`          run a scenario on both sides and fail where the traces first differ
`student.run(scenario, **inputs)`    the student's trace alone, from a locked-down worker
`reference.run(scenario, **inputs)`  the reference's

Two ways lead here.  `collect` serves the grader: it collects the suite once and hands it to a function that judges
any number of students.  Plain `pytest tests/hidden/<lab> --submission DIR` runs one submission and prints as
pytest does.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import pytest

from autograder.errors import InstructorError, StudentError, UsageError, Verdict
from autograder.lab import Lab, Question

if TYPE_CHECKING:
    from autograder.compare import Tolerance
    from autograder.reference import Expected

T = TypeVar("T")
Scenario = Callable[..., Any]

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


@dataclass(frozen=True)
class Check:
    """One collected check."""

    question: Question
    name: str
    title: str
    points: float
    item: pytest.Item = field(repr=False)


class Runner(Protocol):
    """A side of a comparison as a check sees it: the student's, or in a rehearsal the reference's own."""

    def begin(self, question: Question, check: str) -> None: ...

    def run(self, scenario: Scenario, inputs: Mapping[str, Any], expected_bytes: int = 0) -> Any: ...

    def end(self) -> None: ...


class _Side:
    """What the fixture `student` gives to a check."""

    def __init__(self, judge: "Judge"):
        self._judge = judge

    def run(self, scenario: Scenario, **inputs: Any) -> Any:
        return self._judge.student_trace(scenario, inputs)


class Judge:
    """The plugin's state in one process: the lab, its reference, and the student who is being graded."""

    def __init__(self, lab: Lab):
        import torch

        from autograder.reference import Reference

        torch.set_num_threads(1)  # a process forked after a second OpenMP thread has run hangs in its first matmul
        self.lab = lab
        self.reference = Reference(lab)
        self.question = lab.manifest.questions[0]  # of the check that runs
        self.runner: Runner | None = None
        self._outcome: tuple[Verdict, str] = (Verdict.PASSED, "")

    def agree(self, scenario: Scenario, /, tolerance: "Tolerance | None" = None, **inputs: Any) -> None:
        """Fail the check unless the student's trace is the reference's, or that of an accepted convention."""
        from autograder.compare import Tolerance, first_difference

        expected = self.reference.expected(scenario, inputs)
        got = self._student_trace(scenario, inputs, expected)
        difference = first_difference(expected.trace, got, tolerance or Tolerance())
        for other in self.reference.accepted(self.question):
            if not first_difference(other.run(scenario, **inputs), got, tolerance or Tolerance()):
                return
        if difference:
            raise Disagreement(difference.describe(self.lab.manifest.feedback.show_values))

    def student_trace(self, scenario: Scenario, inputs: dict[str, Any]) -> Any:
        return self._student_trace(scenario, inputs, self.reference.expected(scenario, inputs))

    def _student_trace(self, scenario: Scenario, inputs: dict[str, Any], expected: "Expected") -> Any:
        if self.runner is None:  # a rehearsal
            return expected.trace
        return self.runner.run(scenario, inputs, expected.size)

    def judge(self, checks: Sequence[Check], runner: Runner | None) -> Iterator[CheckResult]:
        """Run every check against `runner`; against the reference itself when there is none."""
        self.runner = runner
        for check, following in zip(checks, [*checks[1:], None], strict=True):
            started = time.perf_counter()
            self.begin(check)
            hook = check.item.config.hook
            hook.pytest_runtest_protocol(item=check.item, nextitem=following and following.item)
            if runner:
                runner.end()
            verdict, message = self._outcome
            seconds = round(time.perf_counter() - started, 4)
            yield CheckResult(check.question.id, check.name, check.title, check.points, verdict, message, seconds)

    def begin(self, check: Check) -> None:
        """Forget the last check."""
        self.question = check.question
        self._outcome = (Verdict.PASSED, "")
        if self.runner:
            self.runner.begin(check.question, check.title)

    def note(self, error: BaseException) -> None:
        """The first exception of a check decides how it ended."""
        if self._outcome[0] == Verdict.PASSED:
            self._outcome = outcome(error)


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
    return Verdict.NEEDS_STAFF, f"{BROKEN_CHECK} ({type(error).__name__})"


def collect(lab: Lab, body: Callable[[Judge, list[Check]], T]) -> T:
    """Collect the lab's hidden suite once and return what `body` makes of it, while pytest is up.

    Raises:
        InstructorError: the suite cannot be collected, or a check has no or a wrong question.
    """
    if not lab.hidden_suite.is_dir():
        raise InstructorError(f"The lab has no hidden suite: {lab.hidden_suite} does not exist.")
    session = _Collector(lab, body)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)  # meant for the user's own tests
    quiet = [
        f"-pno:{name}" for name in ("terminal", "cacheprovider", "faulthandler", "logging", "warnings", "debugging")
    ]
    pytest.main(
        ["-c", os.devnull, "--rootdir", str(lab.hidden_suite), "-s", *quiet, str(lab.hidden_suite)],
        [sys.modules[__name__], session],
    )
    if session.error:
        raise session.error
    if not session.results:
        raise InstructorError(
            f"pytest could not collect {lab.hidden_suite}: {'; '.join(session.faults) or 'why is unclear'}"
        )
    return session.results[0]


JUDGE = pytest.StashKey[Judge]()


@pytest.fixture(scope="session")
def agree(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`agree(scenario, tolerance=None, **inputs)`: the student's trace must be the reference's."""
    return request.config.stash[JUDGE].agree


@pytest.fixture(scope="session")
def reference(request: pytest.FixtureRequest) -> Any:
    """`reference.run(scenario, **inputs)`: the reference's trace."""
    return request.config.stash[JUDGE].reference


@pytest.fixture(scope="session")
def student(request: pytest.FixtureRequest) -> _Side:
    """`student.run(scenario, **inputs)`: the student's trace."""
    return _Side(request.config.stash[JUDGE])


class _Collector(Generic[T]):
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, lab: Lab, body: Callable[[Judge, list[Check]], T]):
        self._body = body
        self.judge = Judge(lab)
        self.faults: list[str] = []
        self.results: list[T] = []  # one, once the body has run
        self.error: BaseException | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[JUDGE] = self.judge

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.faults.append(str(report.longrepr).strip().splitlines()[-1])

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        try:
            if self.faults:
                raise InstructorError("The hidden suite cannot be collected: " + "; ".join(self.faults))
            self.results.append(self._body(self.judge, checks_of(session.items, self.judge.lab)))
        except BaseException as error:
            self.error = error  # pytest would print it and go on
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport | None:
        """A report without the traceback that pytest would format for nobody."""
        if call.excinfo is not None:
            self.judge.note(call.excinfo.value)
        assert call.when != "collect"
        passed = call.excinfo is None
        return pytest.TestReport(
            item.nodeid,
            item.location,
            {},
            "passed" if passed else "failed",
            None,
            call.when,
            duration=call.duration,
        )


def checks_of(items: Sequence[pytest.Item], lab: Lab) -> list[Check]:
    """The checks behind pytest's items.

    Raises:
        InstructorError: a check names no question, or a question has no check.
    """
    checks = [_check(item, lab) for item in items]
    unasked = [question.id for question in lab.manifest.questions if question.id not in {c.question.id for c in checks}]
    if unasked:
        raise InstructorError(
            f"No check belongs to {', '.join(unasked)}: add one, or take the question out of lab.toml."
        )
    return checks


def _check(item: pytest.Item, lab: Lab) -> Check:
    marker = item.get_closest_marker("question")
    if marker is None or len(marker.args) != 1 or not set(marker.kwargs) <= {"points"}:
        raise InstructorError(f"{item.nodeid} must be marked @pytest.mark.question(id, points=…).")
    points = marker.kwargs.get("points", 1)
    if not isinstance(points, int | float) or points <= 0:
        raise InstructorError(f"{item.nodeid}: points must be a number above zero, not {points!r}.")
    function = getattr(item, "function", None)
    title = " ".join((getattr(function, "__doc__", None) or item.name).split())
    variant = getattr(getattr(item, "callspec", None), "id", None)
    return Check(
        lab.question(marker.args[0]),
        item.nodeid,
        f"{title} [{variant}]" if variant else title,
        float(points),
        item,
    )


# What follows serves plain pytest: `-p autograder.plugin`, as pyproject.toml has it.


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder")
    group.addoption("--submission", metavar="DIR", help="run the hidden checks on this folder or archive")
    group.addoption("--lab", metavar="NAME", help="its lab; by default the name of the suite's folder")
    group.addoption("--isolation", default="auto", choices=["auto", "strict", "local", "none"], help="none: in this "
                    "very process, so that breakpoints work; only for code that you trust")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "question(id, points=1): the question of lab.toml that a check belongs to")
    if config.getoption("submission"):
        config.pluginmanager.register(_PlainRun(config), "autograder-plain-run")


class _PlainRun:
    """One submission under pytest's own loop and output."""

    def __init__(self, config: pytest.Config):
        from autograder.submission import Source, read_submission, student_name

        path = Path(config.getoption("submission")).absolute()
        try:
            lab = Lab.find(config.getoption("lab") or Path(config.args[0].partition("::")[0]).resolve().name)
            if not path.exists():
                raise UsageError(f"{path} does not exist.")
        except (UsageError, InstructorError) as error:
            raise pytest.UsageError(str(error)) from error
        self.judge = Judge(lab)
        config.stash[JUDGE] = self.judge
        self._submission = read_submission(Source(student_name(path), path), lab)
        self._isolation = config.getoption("isolation")

    def pytest_sessionstart(self) -> None:
        if self._isolation == "none":
            from autograder.inprocess import InProcess

            self.judge.runner = InProcess(self._submission, self.judge.lab)
            return
        from autograder.sandbox import Sandbox, libraries_in
        from autograder.student import Student

        limits = self.judge.lab.manifest.limits
        self._sandbox = Sandbox.start(self._isolation, self.judge.lab, limits, libraries_in([self._submission]))
        self.judge.runner = Student(self._sandbox, self._submission, self.judge.lab, limits)

    def pytest_sessionfinish(self) -> None:
        if self.judge.runner:
            self.judge.runner.end()
        if self._isolation != "none":
            self._sandbox.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.judge.begin(_check(item, self.judge.lab))
        return (yield)
