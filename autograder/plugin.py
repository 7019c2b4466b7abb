"""The pytest plugin: what a hidden check may ask for, and what becomes of its outcome.

A check is a test function marked `@pytest.mark.question(id, points=…)`; its docstring is the title that students
see.  It takes fixtures:

`agree(scenario, **inputs)`          run a scenario on both sides and fail where the traces first differ
`student.run(scenario, **inputs)`    the student's trace alone, from a locked-down worker
`reference.run(scenario, **inputs)`  the reference's
`trains(scenarios)`                  train the lab's network with the question's optimizer or schedule, and judge that
`catches(broken)`                    run the student's own tests, which must fail on this variant and pass on right code

A check that takes `broken` is one check for each broken variant of its question's bank.

Two ways lead here.  `collect` serves the grader: it collects the suite once and hands it to a function that judges
any number of students.  Plain `pytest tests/hidden/<lab> --submission DIR` runs one submission and prints as
pytest does.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

from autograder.errors import AutograderError, InstructorError, UsageError, Verdict
from autograder.judge import Check, Judge, Scenario, Training, check_of, checks_of, outcome, training_of
from autograder.lab import ROOT, Lab

if TYPE_CHECKING:
    from autograder.sandbox import Sandbox

T = TypeVar("T")


class _Side:
    """What the fixture `student` gives to a check."""

    def __init__(self, judge: "Judge"):
        self._judge = judge

    def run(self, scenario: Scenario, **inputs: Any) -> Any:
        return self._judge.student_trace(scenario, inputs)


def collect(lab: Lab, body: Callable[[Judge, list[Check]], T], training: Training | None = None) -> T:
    """Collect the lab's hidden suite once and return what `body` makes of it, while pytest is up.

    Raises:
        InstructorError: the suite cannot be collected, or a check has no or a wrong question.
    """
    if not lab.hidden_suite.is_dir():
        raise InstructorError(f"The lab has no hidden suite: {lab.hidden_suite} does not exist.")
    session = _Collector(lab, body, training)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)  # meant for the user's own tests
    quiet = [
        f"-pno:{name}"
        for name in (
            "terminal",
            "cacheprovider",
            "faulthandler",
            "logging",
            "warnings",
            "debugging",
            "unraisableexception",
            "threadexception",
        )
    ]
    code = pytest.main(
        ["-c", os.devnull, "--rootdir", str(lab.hidden_suite), "-s", *quiet, str(lab.hidden_suite)],
        [sys.modules[__name__], session],
    )
    if session.error:
        raise session.error
    if code == pytest.ExitCode.INTERRUPTED and not session.results:
        raise KeyboardInterrupt
    if not session.results:
        raise InstructorError(
            f"pytest could not collect {lab.hidden_suite}: {'; '.join(session.faults) or 'why is unclear'}"
        )
    return session.results[0]


JUDGE = pytest.StashKey[Judge]()


@pytest.fixture(scope="session")
def agree(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`agree(scenario, tolerance=None, **inputs)`: the student's trace must be the reference's."""
    return _judge(request).agree


@pytest.fixture(scope="session")
def reference(request: pytest.FixtureRequest) -> Any:
    """`reference.run(scenario, **inputs)`: the reference's trace."""
    return _judge(request).reference


@pytest.fixture(scope="session")
def student(request: pytest.FixtureRequest) -> _Side:
    """`student.run(scenario, **inputs)`: the student's trace."""
    return _Side(_judge(request))


@pytest.fixture(scope="session")
def trains(request: pytest.FixtureRequest) -> Callable[[ModuleType], None]:
    """`trains(scenarios)`: training runs with the question's part of the student's code must be the reference's."""
    return _judge(request).trains


@pytest.fixture(scope="session")
def catches(request: pytest.FixtureRequest) -> Callable[[int], None]:
    """`catches(broken)`: the student's tests must fail on the broken variant of this number, and pass on right code."""
    return _judge(request).catches


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One check for each broken variant, by numbers that say nothing."""
    if {"catches", "broken"} <= set(metafunc.fixturenames):
        metafunc.parametrize("broken", _numbers(metafunc), ids=str)


def _numbers(metafunc: pytest.Metafunc) -> list[int]:
    judge = metafunc.config.stash.get(JUDGE, None)
    if judge is None:
        return [1]  # which then says that it lacks a submission
    marker = metafunc.definition.get_closest_marker("question")
    bank = judge.banks.get(marker.args[0]) if marker and marker.args else None
    if bank is None:
        name = metafunc.definition.nodeid
        raise InstructorError(f"{name} takes `broken`, but its question has no `breaks` in lab.toml.")
    return [variant.number for variant in bank.broken]


def _judge(request: pytest.FixtureRequest) -> Judge:
    judge = request.config.stash.get(JUDGE, None)
    if judge is None:
        pytest.fail("Say whose code to check: pass --submission DIR.", pytrace=False)
    return judge


class _Collector(Generic[T]):
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, lab: Lab, body: Callable[[Judge, list[Check]], T], training: Training | None):
        self._body = body
        self.judge = Judge(lab, training)
        self.faults: list[str] = []
        self.results: list[T] = []  # one, once the body has run
        self.error: BaseException | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[JUDGE] = self.judge

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.faults.append(" ".join(str(report.longrepr).split()[-40:]))

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


# What follows serves plain pytest: `-p autograder.plugin`, as pyproject.toml has it.

_ISOLATION = ["auto", "strict", "namespaces", "slots", "landlock", "local", "none"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder")
    group.addoption("--submission", metavar="DIR", help="run the hidden checks on this folder or archive")
    group.addoption("--lab", metavar="NAME", help="its lab; by default the name of the suite's folder")
    group.addoption("--isolation", default="auto", choices=_ISOLATION, help="none: in this "
                    "very process, so that breakpoints work; only for code that you trust")  # fmt: skip
    group.addoption("--convergence", choices=["train", "replay"], help="as of `grade.py run`; by default lab.toml's")
    group.addoption("--device", default="auto", choices=["auto", "cpu", "cuda"], help="where networks are trained")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "question(id, points=1): the question of lab.toml that a check belongs to")
    if config.getoption("submission"):
        config.pluginmanager.register(_PlainRun(config), "autograder-plain-run")


def _lab_around(path: Path) -> str:
    """The name of the lab whose hidden suite `path` is, or is in."""
    around = (path.resolve(), *path.resolve().parents)
    return next((folder.name for folder in around if folder.parent == ROOT / "tests" / "hidden"), path.resolve().name)


class _PlainRun:
    """One submission under pytest's own loop and output."""

    def __init__(self, config: pytest.Config):
        from autograder.roster import student_name
        from autograder.submission import Source, read_submission

        path = Path(config.getoption("submission")).absolute()
        try:
            lab = Lab.find(config.getoption("lab") or _lab_around(Path(config.args[0].partition("::")[0])))
            if not path.exists():
                raise UsageError(f"{path} does not exist.")
            if lab.banks and config.getoption("isolation") == "none":
                raise UsageError("Students' own tests are run in workers only: leave --isolation none out.")
            self.judge = Judge(lab, training_of(lab, config.getoption("convergence"), config.getoption("device")))
        except AutograderError as error:
            raise pytest.UsageError(str(error)) from error
        config.stash[JUDGE] = self.judge
        self._submission = read_submission(Source(student_name(path), path), lab)
        self._isolation = config.getoption("isolation")
        self._verdicts: dict[str, list[Verdict]] = {}  # by question, how checks ended that did not pass
        self._diagnoses: list[str] = []
        self._sandbox: Sandbox | None = None

    def pytest_sessionstart(self) -> None:
        if self._isolation == "none":
            from autograder.inprocess import InProcess

            self.judge.runner = InProcess(self._submission, self.judge.lab)
            return
        from autograder.sandbox import Sandbox, libraries_in
        from autograder.student import Student

        limits = self.judge.lab.manifest.limits
        try:
            self._sandbox = Sandbox.start(
                self._isolation, self.judge.lab, limits, libraries_in([self._submission]), self.judge.training.device
            )
        except AutograderError as error:
            raise pytest.UsageError(str(error)) from error
        self.judge.runner = Student(self._sandbox, self._submission, self.judge.lab, limits)

    def pytest_sessionfinish(self) -> None:
        if self.judge.runner:
            self._diagnose()
            self.judge.runner.end()
        if self._sandbox:
            self._sandbox.close()

    def _diagnose(self) -> None:
        for question_id, verdicts in self._verdicts.items():
            diagnosis = self.judge.diagnose(self.judge.lab.question(question_id), verdicts)
            if diagnosis:
                self._diagnoses.append(f"{question_id}: {diagnosis.text}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        if call.when == "call" and call.excinfo is not None:
            self._verdicts.setdefault(self.judge.question.id, []).append(outcome(call.excinfo.value)[0])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._diagnoses:
            terminalreporter.section("known mistakes")
            for line in self._diagnoses:
                terminalreporter.write_line(line)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.judge.begin(check_of(item, self.judge.lab))
        return (yield)
