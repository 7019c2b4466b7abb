"""Judge processes, a few at a time, each forked from the batch after collection and rehearsal.

A judge whose end was no doing of the student's is not the last word.  One that was killed, or that lost the zygote
under its feet, is set aside until the others are done, and its student is then graded afresh, alone: so a student
whose code brings either down meets nobody else a second time.
"""

import contextlib
import gc
import json
import os
import selectors
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from autograder import processes
from autograder.errors import HarnessError, Verdict
from autograder.grading import Grader
from autograder.judge import CheckResult
from autograder.submission import Submission
from autograder.worker import kernel

_GRACE_SECONDS = 60.0  # beyond the submission's own limit, before a judge is taken for stuck
_ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_DEAD_SECONDS = 5.0  # for a killed judge to be gone
_TRIES_PER_JUDGE, _TRIES_PER_ZYGOTE = 2, 3
_ZYGOTES_IN_A_ROW = 3  # lost with no student finished between: something is wrong with the machine


@dataclass(frozen=True)
class Finished:
    """What a judge made of a student: report.json and worker.log."""

    student: str
    report: dict[str, Any]
    log: str


@dataclass(frozen=True)
class _Case:
    """A submission to be judged, and what befell its judges so far."""

    submission: Submission
    key: str
    mishaps: tuple[str, ...] = ()


@dataclass
class _Judgement:
    """A judge process at work; in the end `answer` holds what it wrote."""

    case: _Case
    pid: int
    pipe: int
    zygote: int
    deadline: float
    answer: bytes = b""


class Judges:
    """At most `jobs` judges at a time.

    Args:
        grader: what every judge inherits; its sandbox is renewed when the zygote is lost.
        on_notice: called with a sentence when something went wrong that was mended.
        on_tick: called every second or more often while judges are waited for.
    """

    def __init__(
        self,
        grader: Grader,
        jobs: int,
        on_notice: Callable[[str], None],
        on_tick: Callable[[], None] = lambda: None,
    ):
        self._grader = grader
        self._jobs = max(1, jobs)
        self._on_notice = on_notice
        self._on_tick = on_tick
        self._selector = selectors.DefaultSelector()
        self._running: dict[int, _Judgement] = {}
        self._set_aside: deque[_Case] = deque()
        self._zygotes_lost = 0  # since a student was last finished

    def __enter__(self) -> "Judges":
        gc.collect()
        gc.freeze()  # or a judge's collector would copy all of this process's objects
        kernel.collapse_private_memory()
        return self

    def __exit__(self, *_: object) -> None:
        for judgement in self._running.values():
            os.kill(judgement.pid, signal.SIGKILL)
        for judgement in self._running.values():
            self._reap(judgement)
            os.close(judgement.pipe)
        self._selector.close()

    def submit(self, submission: Submission, key: str) -> Iterator[Finished]:
        """Have a submission judged as soon as there is room; what ends meanwhile comes out.

        Raises:
            HarnessError: not even one judge can be started, or one zygote after the other is lost.
        """
        while len(self._running) >= self._jobs:
            yield from self._wait()
        yield from self._start(_Case(submission, key))

    def drain(self) -> Iterator[Finished]:
        """Wait for all; then judge again, one by one, those who were set aside."""
        while self._running or self._set_aside:
            if not self._running:
                yield from self._start(self._set_aside.popleft())
            yield from self._wait()

    def _start(self, case: _Case) -> Iterator[Finished]:
        """Fork a judge; what is short for one (descriptors, processes, memory), another's end may give back."""
        while True:
            try:
                self._have_zygote()
                self._fork(case)
                return
            except OSError as error:
                if not self._running:
                    raise HarnessError(
                        f"No judge can be started: {error.strerror}. What was graded is kept. See what uses the "
                        "machine up (ulimit -a shows its limits); the same command then goes on from there."
                    ) from error
                yield from self._wait()

    def _have_zygote(self) -> None:
        while why := self._grader.sandbox.lost():
            self._zygotes_lost += 1
            if self._zygotes_lost >= _ZYGOTES_IN_A_ROW:
                raise HarnessError(
                    f"The process that workers are forked from was lost {self._zygotes_lost} times in a row ({why}), "
                    "with no student graded between. What was graded is kept. See what kills it (the kernel's log, "
                    "the memory limit); the same command then goes on from there."
                )
            self._on_notice(f"The process that workers are forked from was lost ({why}). A new one takes its place, "
                            "and whom it was grading is graded again.")  # fmt: skip
            self._grader.sandbox.renew()

    def _fork(self, case: _Case) -> None:
        read_end, write_end = os.pipe()
        parent = os.getpid()
        # A signal would raise in one of Python's fork hooks, which only prints it, or before the judge is known here.
        usual = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            pid = os.fork()
            if pid == 0:
                self._be_judge(case, write_end, parent)
            deadline = time.monotonic() + self._grader.limits.submission_seconds + _GRACE_SECONDS
            generation = self._grader.sandbox.generation
            self._running[read_end] = _Judgement(case, pid, read_end, generation, deadline)
            self._selector.register(read_end, selectors.EVENT_READ)
        except OSError:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
            signal.pthread_sigmask(signal.SIG_SETMASK, usual)

    def _be_judge(self, case: _Case, pipe: int, parent: int) -> None:
        """The whole life of a judge: grade one submission, write the answer to `pipe`."""
        status = 1
        try:
            kernel.die_with_parent(signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            for number in (signal.SIGINT, signal.SIGHUP):  # a terminal's, and the batch's to handle; it ends us
                signal.signal(number, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
            for other in self._running:
                os.close(other)
            sandbox = self._grader.sandbox
            report, log = self._grader.grade(case.submission, case.key)
            mishaps = {"lost": sandbox.lost(), "refused": sandbox.mishap} if report.status == "needs staff" else {}
            answer = json.dumps({"report": report.as_json(), "log": log, **mishaps}).encode()
            status = 0
        except BaseException:
            answer = traceback.format_exc().encode("utf-8", "backslashreplace")
        with contextlib.suppress(OSError):
            while answer:
                answer = answer[os.write(pipe, answer) :]
        os._exit(status)

    def _wait(self) -> Iterator[Finished]:
        self._on_tick()
        for key, _ in self._selector.select(timeout=1.0):
            judgement = self._running[key.fd]
            data = os.read(key.fd, 1 << 20)
            judgement.answer += data
            if not data:
                yield from self._end(judgement, stuck=False)
        for judgement in [j for j in self._running.values() if time.monotonic() > j.deadline]:
            os.kill(judgement.pid, signal.SIGKILL)
            yield from self._end(judgement, stuck=True)

    def _end(self, judgement: _Judgement, stuck: bool) -> Iterator[Finished]:
        self._selector.unregister(judgement.pipe)
        os.close(judgement.pipe)
        del self._running[judgement.pipe]
        status = self._reap(judgement)
        if stuck:
            yield self._failed(judgement.case, "The judge was stuck, and killed.")
        elif status is not None and os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            yield from self._again(judgement.case, f"The judge was killed by {name}.", _TRIES_PER_JUDGE)
        else:
            yield from self._read(judgement, status)

    def _read(self, judgement: _Judgement, status: int | None) -> Iterator[Finished]:
        case = judgement.case
        try:
            answer = json.loads(judgement.answer)
            report, log = answer["report"], answer["log"]
            lost, refused = answer.get("lost"), answer.get("refused")
        except (ValueError, KeyError):
            log = judgement.answer.decode("utf-8", "replace")
            yield self._failed(case, f"The judge ended with status {status} and no report.", log)
            return
        if lost:
            if judgement.zygote == self._grader.sandbox.generation:
                self._grader.sandbox.give_up(lost)
            why = f"The process that workers are forked from was lost ({lost})."
            yield from self._again(case, why, _TRIES_PER_ZYGOTE)
        elif refused and not case.mishaps:
            yield from self._again(case, f"There was no worker to be had: {refused}.", _TRIES_PER_JUDGE)
        else:
            self._zygotes_lost = 0
            yield Finished(case.submission.student, report, _log(case.mishaps, log))

    def _again(self, case: _Case, why: str, tries: int) -> Iterator[Finished]:
        """Set the case aside for another try, unless it has had its share."""
        if len(case.mishaps) + 1 >= tries:
            yield self._failed(case, why)
        else:
            self._set_aside.append(replace(case, mishaps=(*case.mishaps, f"{why} Graded again from the start.")))

    def _failed(self, case: _Case, why: str, log: str = "") -> Finished:
        message = f"{why} This is no fault of yours; staff will look into it."
        results = [
            CheckResult(c.question.id, c.name, c.title, c.points, Verdict.NEEDS_STAFF, message, 0.0)
            for c in self._grader.checks
        ]
        report = self._grader.report(case.submission, case.key, results)
        return Finished(case.submission.student, report.as_json(), _log((*case.mishaps, why), log))

    def _reap(self, judgement: _Judgement) -> int | None:
        status = processes.reap(judgement.pid, _DEAD_SECONDS)
        if status is None:
            student = judgement.case.submission.student
            self._on_notice(f"The judge of {student} (process {judgement.pid}) would not die and is left behind.")
        return status


def _log(mishaps: tuple[str, ...], log: str) -> str:
    return "\n".join((*mishaps, log))
