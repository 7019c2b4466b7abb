"""Grade many submissions: a judge process each, a few at a time, every record written whole or not at all.

A record is `OUT/<student>/report.json`; its `key` is a hash over the submission, the lab, the harness and the
environment.  A run that was cut short therefore goes on where it was, and a later one regrades what changed.
"""

import contextlib
import gc
import hashlib
import json
import os
import selectors
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from autograder.errors import UsageError, Verdict
from autograder.grading import SCHEMA, Grader, describe_environment, rehearse
from autograder.judge import Check, CheckResult, Judge
from autograder.lab import ROOT, Lab, Limits, digest_files
from autograder.plugin import collect
from autograder.records import GRADES, Row, grades_csv, read_record, row_of, write_atomically, write_record
from autograder.sandbox import Sandbox, libraries_in
from autograder.submission import Source, Submission, read_submission
from autograder.worker import kernel

INPUTS = ".inputs"  # which submissions a folder's run was about
_GRACE_SECONDS = 60.0  # beyond the submission's own limit, before a judge is taken for stuck


@dataclass(frozen=True)
class Order:
    """What is to be graded, and how."""

    lab: Lab
    sources: Sequence[Source]
    out: Path
    jobs: int
    isolation: str
    limits: Limits
    earlier: Path | None = None  # an older run's folder, whose records serve where nothing changed


@dataclass(frozen=True)
class Events:
    """What the caller hears while a batch runs."""

    on_ready: Callable[[str], None]  # the isolation profile
    on_fault: Callable[[str], None]  # a check that does not work
    on_row: Callable[[Row], None]


def run(order: Order, events: Events) -> list[Row]:
    """Grade all sources and write reports, logs and grades.csv below `order.out`.

    Raises:
        IsolationError, InstructorError: before anything is graded.
        KeyboardInterrupt: what was finished is on disk, and the same call goes on from there.
    """
    try:
        order.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"Results cannot go to {order.out}: {error.strerror}.") from error
    write_atomically(order.out / INPUTS, inputs_of(order.sources))
    preload = libraries_in(read_submission(source, order.lab) for source in order.sources)
    with Sandbox.start(order.isolation, order.lab, order.limits, preload) as sandbox:
        rows = collect(order.lab, lambda judge, checks: _grade_all(order, events, sandbox, judge, checks))
    rows.sort(key=lambda row: row.student)
    write_atomically(order.out / GRADES, grades_csv(order.lab, rows))
    return rows


def _grade_all(order: Order, events: Events, sandbox: Sandbox, judge: Judge, checks: list[Check]) -> list[Row]:
    faults = rehearse(judge, checks)
    for fault in faults.values():
        events.on_fault(f"{fault.name}: {fault.message}")
    environment = describe_environment(sandbox)
    grader = Grader(order.lab, judge, checks, faults, sandbox, order.limits, environment)
    gc.collect()
    gc.freeze()  # or a judge's collector would copy all of this process's objects
    kernel.collapse_private_memory()
    events.on_ready(sandbox.profile)
    rows = []
    with _Judges(grader, order.jobs) as judges:
        for source in order.sources:
            submission = read_submission(source, order.lab)
            key = record_key(submission, order, sandbox.profile, environment)
            report = _earlier_record(order, submission.student, key)
            if report is not None:
                rows.append(row_of(report, reused=True))
                events.on_row(rows[-1])
                continue
            for finished in judges.make_room():
                rows.append(_finish(order, finished))
                events.on_row(rows[-1])
            judges.start(submission, key)
        for finished in judges.wait_for_all():
            rows.append(_finish(order, finished))
            events.on_row(rows[-1])
    return rows


@dataclass
class _Judgement:
    """A judge process at work; in the end `answer` holds what it wrote."""

    submission: Submission
    key: str
    pid: int
    pipe: int
    deadline: float
    answer: bytes = b""


@dataclass(frozen=True)
class _Finished:
    student: str
    report: dict[str, Any]
    log: str


class _Judges:
    """At most `jobs` judges at a time, forked from this process after collection and rehearsal."""

    def __init__(self, grader: Grader, jobs: int):
        self._grader = grader
        self._jobs = max(1, jobs)
        self._selector = selectors.DefaultSelector()
        self._running: dict[int, _Judgement] = {}

    def __enter__(self) -> "_Judges":
        return self

    def __exit__(self, *_: object) -> None:
        for judgement in self._running.values():
            os.kill(judgement.pid, signal.SIGKILL)
            os.waitpid(judgement.pid, 0)
            os.close(judgement.pipe)
        self._selector.close()

    def start(self, submission: Submission, key: str) -> None:
        read_end, write_end = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _judge_and_exit(self._grader, submission, key, write_end, parent)
        os.close(write_end)
        deadline = time.monotonic() + self._grader.limits.submission_seconds + _GRACE_SECONDS
        self._running[read_end] = _Judgement(submission, key, pid, read_end, deadline)
        self._selector.register(read_end, selectors.EVENT_READ)

    def make_room(self) -> Iterator[_Finished]:
        """Wait until another judge may start; what ends meanwhile comes out."""
        while len(self._running) >= self._jobs:
            yield from self._wait()

    def wait_for_all(self) -> Iterator[_Finished]:
        while self._running:
            yield from self._wait()

    def _wait(self) -> Iterator[_Finished]:
        for key, _ in self._selector.select(timeout=1.0):
            judgement = self._running[key.fd]
            data = os.read(key.fd, 1 << 20)
            judgement.answer += data
            if not data:
                yield self._end(judgement)
        for judgement in [j for j in self._running.values() if time.monotonic() > j.deadline]:
            os.kill(judgement.pid, signal.SIGKILL)
            judgement.answer = b""
            yield self._end(judgement)

    def _end(self, judgement: _Judgement) -> _Finished:
        self._selector.unregister(judgement.pipe)
        os.close(judgement.pipe)
        del self._running[judgement.pipe]
        _, status = os.waitpid(judgement.pid, 0)
        try:
            answer = json.loads(judgement.answer)
            return _Finished(judgement.submission.student, answer["report"], answer["log"])
        except (ValueError, KeyError):
            return self._failed(judgement, f"The judge ended with status {status} and no report.")

    def _failed(self, judgement: _Judgement, why: str) -> _Finished:
        message = f"{why} This is no fault of yours; staff will look into it."
        results = [
            CheckResult(c.question.id, c.name, c.title, c.points, Verdict.NEEDS_STAFF, message, 0.0)
            for c in self._grader.checks
        ]
        report = self._grader.report(judgement.submission, judgement.key, results)
        log = judgement.answer.decode("utf-8", "replace")
        return _Finished(judgement.submission.student, report.as_json(), f"{why}\n{log}")


def _judge_and_exit(grader: Grader, submission: Submission, key: str, pipe: int, parent: int) -> None:
    """The whole life of a judge: grade one submission, write the answer to `pipe`."""
    status = 1
    try:
        kernel.die_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is the batch's to handle; it ends us
        report, log = grader.grade(submission, key)
        answer = json.dumps({"report": report.as_json(), "log": log}).encode()
        status = 0
    except BaseException:
        answer = traceback.format_exc().encode("utf-8", "backslashreplace")
    with contextlib.suppress(OSError):
        while answer:
            answer = answer[os.write(pipe, answer) :]
    os._exit(status)


def record_key(submission: Submission, order: Order, profile: str, environment: dict[str, Any]) -> str:
    """What must be the same for a record to serve again."""
    parts = {
        "schema": SCHEMA,
        "submission": submission.digest,
        "lab": order.lab.digest,
        "harness": _harness_digest(),
        "isolation": profile,
        "environment": environment,
        "limits": order.limits.model_dump(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _harness_digest() -> str:
    return digest_files(ROOT, (ROOT / "autograder").rglob("*.py"))


def _earlier_record(order: Order, student: str, key: str) -> dict[str, Any] | None:
    """The record that is in place already, or the older run's, copied into place."""
    here = order.out / student
    report = read_record(here)
    if report and report["key"] == key and report["status"] != "needs staff":
        return report
    if order.earlier is None:
        return None
    report = read_record(order.earlier / student)
    if not report or report["key"] != key or report["status"] == "needs staff":
        return None
    log = order.earlier / student / "worker.log"
    write_record(here, report, log.read_text("utf-8") if log.exists() else "")
    return report


def _finish(order: Order, finished: _Finished) -> Row:
    write_record(order.out / finished.student, finished.report, finished.log)
    return row_of(finished.report)


def inputs_of(sources: Sequence[Source]) -> str:
    """The submissions' paths, a line each: the same text means the same call."""
    return "".join(f"{source.path}\n" for source in sources)
