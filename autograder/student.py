"""A submission that can be run: `Student.run(scenario, inputs)` gives a trace or raises `StudentError`."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from autograder.channel import REPLY_SLACK, Worker
from autograder.errors import InstructorError, StudentError, Verdict
from autograder.lab import Lab, Limits, Question
from autograder.phrases import student_exception
from autograder.sandbox import Sandbox
from autograder.submission import Submission


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
        self._limits = limits
        self._give_up = time.monotonic() + limits.submission_seconds
        self._broken: dict[str, StudentError] = {}  # modules whose import failed: it would fail again
        self._bytecode: dict[str, bytes] | None = None
        self._question: Question | None = None
        self._deadline = 0.0
        self._worker: Worker | None = None
        self.output = Output(limits.output_kb << 10)

    def begin(self, question: Question, check: str) -> None:
        """Start a check: nothing is left of the last one, and the clock starts with the first `run`."""
        self.end()
        self._question = question
        self._deadline = 0.0
        self.output.heading = f"=== {check} ===\n".encode()

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

    def _start(self, question: Question) -> None:
        """Have a worker that has imported the student's module for this question."""
        if question.module in self._broken:
            raise self._broken[question.module]
        self._refuse_unreadable(question)
        if time.monotonic() >= self._give_up:
            spent = f"All checks together ran for longer than {self._limits.submission_seconds:g} s before this one."
            raise StudentError(Verdict.TIMEOUT, spent)
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
        self._worker = Worker(self._sandbox, self._limits, self.output.add)
        self._deadline = time.monotonic() + self._limits.seconds

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
            raise student_exception(reply["error"], self._submission.files, question)
        return reply["result"]

    def _refuse_unreadable(self, question: Question) -> None:
        """Say what is wrong with the question's file where that needs no running of it."""
        if self._submission.problem:
            raise StudentError(Verdict.NOT_ATTEMPTED, self._submission.problem)
        content = self._submission.files.get(question.file)
        if content is None:
            found = ", ".join(sorted(self._submission.files)[:8])
            raise StudentError(
                Verdict.NOT_ATTEMPTED,
                f"{question.file} is missing: hand it in under exactly this name. Found: {found}.",
            )
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content:
            raise StudentError(
                Verdict.ERROR, f"{question.file} is not UTF-8 text (it looks like UTF-16). Save it as UTF-8."
            )


class Output:
    """What a student's processes printed: the first and the last of it, and how much lay between."""

    def __init__(self, limit: int):
        self.heading = b""  # goes before the next piece
        self._half = max(1, limit // 2)
        self._head = b""
        self._tail = b""
        self._dropped = 0

    def add(self, data: bytes) -> None:
        data, self.heading = self.heading + data, b""
        room = self._half - len(self._head)
        self._head += data[:room]
        tail = self._tail + data[room:]
        self._dropped += max(0, len(tail) - self._half)
        self._tail = tail[-self._half :]

    def text(self) -> str:
        """The output with control characters made visible, so that a log cannot command a terminal."""
        cut = f"\n[… {self._dropped} bytes left out …]\n".encode() if self._dropped else b""
        raw = (self._head + cut + self._tail).decode("utf-8", "backslashreplace")
        return "".join(c if c in "\n\t" or c.isprintable() else c.encode("unicode_escape").decode() for c in raw)
