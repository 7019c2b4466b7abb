"""A submission that can be run: `Student.run(scenario, inputs)` gives a trace or raises `StudentError`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder import delegation
from autograder.channel import REPLY_SLACK, Worker
from autograder.errors import InstructorError, StudentError, Verdict
from autograder.lab import Lab, Limits, Question
from autograder.notebooks.reading import Notebook
from autograder.output import Output
from autograder.phrases import Explainer
from autograder.sandbox import Sandbox
from autograder.submission import Submission


@dataclass(frozen=True)
class TestRun:
    """How a student's own tests did: how many there are, and what failed first, if something did.

    `broke_off` where that was before the first of them: their file cannot be imported.
    """

    __test__ = False  # no class of tests, whatever pytest may think

    tests: int
    failure: StudentError | None = None
    broke_off: bool = False


class Student:
    """One submission, run in a fresh worker for each check.

    Args:
        sandbox: where workers are forked.
        submission: the student's files; the lab's given files are laid over them.
        limits: for one check, and for the submission as a whole.
    """

    def __init__(self, sandbox: Sandbox, submission: Submission, lab: Lab, limits: Limits):
        self._sandbox = sandbox
        self._submission = submission
        self._files = {**submission.files, **lab.given_files()}
        self._explainer = Explainer(self._files, lab, submission.notebook)
        self._lab = lab
        self._delegations: delegation.Delegations | None = None
        self._limits = self._check_limits = limits
        self._give_up = time.monotonic() + limits.submission_seconds
        self._broken: dict[str, StudentError] = {}  # modules whose import failed: it would fail again
        self._bytecode: dict[str, bytes] | None = None
        self._question: Question | None = None
        self._deadline = 0.0
        self._worker: Worker | None = None
        self.output = Output(limits.output_kb << 10)
        for reason in submission.refused.values():
            self.output.add(f"{reason}\n".encode())

    def begin(self, question: Question, check: str, training: bool = False) -> None:
        """Start a check: nothing is left of the last one, and the clock starts with the first `run`.

        One that is `training` a network has a longer limit.
        """
        self.end()
        self._question = question
        self._deadline = 0.0
        seconds = self._limits.training_seconds if training else self._limits.seconds
        self._check_limits = self._limits.model_copy(update={"seconds": seconds})
        self.output.heading = f"=== {check} ===\n".encode()

    def flags(self) -> tuple[delegation.Flag, ...]:
        """What the student's files hold that a person should look at, as far as it was met."""
        delegated = self._delegations.flags(self._explainer.place) if self._delegations else ()
        return (*delegated, *_written_twice(self._submission.notebook))

    def problems(self) -> dict[str, str]:
        """By file that the lab asks for, why it cannot be used, as far as it was tried: it cannot be read, or imported.

        No input of a check has any part in it: a worker gets them when the import is done.
        """
        found = {}
        for question in self._lab.manifest.questions:
            error = self._unreadable(question) or self._broken.get(question.module)
            if error:
                found[question.file] = str(error) if error.verdict != Verdict.TIMEOUT else f"Its import hung. {error}"
        return found

    def place(self, file: object, line: object) -> str:
        """A line of the student's files, quoted as it was handed in; "" if there is no such line."""
        return self._explainer.place(file, line)

    def end(self) -> None:
        """End the check's worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def run(self, scenario: Callable[..., Any], inputs: Mapping[str, Any], expected_bytes: int = 0) -> Any:
        """The trace of `scenario` on the student's modules.

        `expected_bytes` is the size of the reference's trace; a reply may be a few times as long.

        Raises:
            StudentError: the student's code raised, hung, died or broke the protocol.
        """
        if self._question is None:
            raise InstructorError("student.run was called outside a check; mark the check with its question.")
        if self._worker is None:
            self._start(self._question)
        request = {"do": "run", "scenario": scenario.__name__, "inputs": dict(inputs)}
        reply = self._ask(request, 4 * expected_bytes + REPLY_SLACK)
        return self._result(reply, self._question)

    @property
    def time_is_up(self) -> bool:
        """Whether all checks together took as long as they may."""
        return time.monotonic() >= self._give_up

    def test(self, question: Question, variant: str, packed: bytes) -> TestRun:
        """Run the student's own tests on one variant of what they are tests of, as `bank` packs it, in a worker that
        has met no other; `variant` heads what they print.

        Raises:
            StudentError: there are none, or they hung, died or broke the protocol.
        """
        self.begin(question, variant)
        self._refuse_unreadable(question)
        self._renew_worker()
        request = {"do": "test", "files": self._files, "file": question.file, "modules": packed}
        try:
            return self._test_run(self._ask(request, REPLY_SLACK), question)
        finally:
            self.end()

    def _test_run(self, reply: dict[str, Any], question: Question) -> TestRun:
        """A worker's account of a run, none of it taken for granted."""
        result = self._result(reply, question)
        match result:
            case {"tests": int(tests), "failed": bool(failed), "test": str(test), "error": None | dict() as error}:
                failure = self._explainer.explain_test(test, error or {}, question) if failed else None
                return TestRun(tests, failure, broke_off=not tests)
        raise StudentError(Verdict.MALFORMED, "The code sent the grader something that is no account of a test run.")

    def _start(self, question: Question) -> None:
        """Have a worker that has imported the student's module for this question."""
        if question.module in self._broken:
            raise self._broken[question.module]
        self._refuse_unreadable(question)
        if self.time_is_up:
            spent = f"All checks together ran for longer than {self._limits.submission_seconds:g} s before this one."
            raise StudentError(Verdict.TIMEOUT, spent)
        self._refuse_delegation(question)
        if self._worker is None:  # else it has but read the files, which leaves nothing behind
            self._renew_worker()
        if self._bytecode is None:
            self._bytecode = self._compile()
        request = {
            "do": "load",
            "files": {**self._files, **self._bytecode},
            "module": question.module,
            "names": [question.name],
        }
        try:
            reply = self._ask(request, REPLY_SLACK)
            if reply.get("error", {}).get("kind") != "missing":  # the other classes of the file may be there
                self._result(reply, question)
        except StudentError as error:
            self._broken[question.module] = error
            self.end()
            raise
        self._result(reply, question)

    def _renew_worker(self) -> None:
        self.end()
        self._worker = Worker(self._sandbox, self._check_limits, self.output.add)
        self._deadline = time.monotonic() + self._check_limits.seconds

    def _refuse_delegation(self, question: Question) -> None:
        """Fail a question that leaves its work to others, where that costs points."""
        manifest = self._lab.manifest
        if manifest.delegation == "allowed":
            return
        if self._delegations is None:
            given = self._lab.given_files()
            own = {name: content for name, content in self._submission.files.items() if name not in given}
            self._delegations = delegation.read(own, manifest.questions, self._ask_fresh_worker)
            if self._delegations.unread:
                self.end()
        found = self._delegations.of(manifest.questions.index(question))
        if found and manifest.delegation == "costs points":
            self.end()
            place = self._explainer.place(found.file, found.line)
            raise StudentError(Verdict.FAILED, delegation.sentence(question.name, found.reaches, place))

    def _ask_fresh_worker(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask a worker in which nothing of the student's has run."""
        if self.time_is_up:
            raise StudentError(Verdict.TIMEOUT, "No time is left for this submission.")
        self._renew_worker()
        return self._ask(request, REPLY_SLACK)

    def _compile(self) -> dict[str, bytes]:
        """The files' bytecode, which saves every later worker the parsing; made before any of them has run.

        A file that brings the compiler down costs its own question's checks alone, so they must find that out.
        """
        code = {name: content for name, content in self._submission.files.items() if name.endswith(".py")}
        try:
            compiled = self._ask({"do": "compile", "files": code}, REPLY_SLACK).get("result")
        except StudentError:
            compiled = None
            self._renew_worker()
        return compiled if isinstance(compiled, dict) else {}

    def _ask(self, request: dict[str, Any], payload_limit: int) -> dict[str, Any]:
        assert self._worker is not None
        try:
            return self._worker.ask(request, self._deadline, payload_limit)
        except StudentError:
            self._worker = None
            raise

    def _result(self, reply: dict[str, Any], question: Question) -> Any:
        if "error" in reply:
            if reply["error"].get("kind") == "delegation" and self._delegations:
                self._delegations = self._delegations.and_met(reply["error"], self._explainer.place)
            raise self._explainer.explain(reply["error"], question)
        return reply["result"]

    def _refuse_unreadable(self, question: Question) -> None:
        if error := self._unreadable(question):
            raise error

    def _unreadable(self, question: Question) -> StudentError | None:
        """What is wrong with the question's file where that needs no running of it."""
        if self._submission.problem:
            return StudentError(Verdict.NOT_ATTEMPTED, self._submission.problem)
        content = self._submission.files.get(question.file)
        if question.file in self._submission.refused:
            return StudentError(Verdict.NOT_ATTEMPTED, self._submission.refused[question.file])
        if content is None:
            found = ", ".join(sorted(self._submission.files)[:8])
            return StudentError(
                Verdict.NOT_ATTEMPTED,
                f"{question.file} is missing: hand it in under exactly this name. Found: {found}.",
            )
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content:
            return StudentError(
                Verdict.ERROR, f"{question.file} is not UTF-8 text (it looks like UTF-16). Save it as UTF-8."
            )
        return None


def _written_twice(notebook: Notebook | None) -> tuple[delegation.Flag, ...]:
    if notebook is None:
        return ()
    sentences = zip(notebook.twice, notebook.overridden, strict=True)
    return tuple(delegation.Flag("twice", file, 0, sentence) for (file, _), sentence in sentences)
