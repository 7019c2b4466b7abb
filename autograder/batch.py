"""Grade many submissions: every record written whole or not at all, and nothing lost that was graded.

A record is `OUT/<student>/report.json`; its `key` is a hash over the submission, the lab, the harness and the
environment.  A run that was cut short therefore goes on where it was, and a later one regrades what changed.
"""

import hashlib
import json
import os
import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError, HarnessError, InstructorError, IsolationError
from autograder.folder import GRADES, HAND_INS, INDEX, INPUTS, LIKENESS, PAGE, REPORT, SCHEMA, claimed, refusal
from autograder.grading import Grader, rehearse
from autograder.hand_ins import write_hand_ins
from autograder.judge import BROKEN_CHECK, Check, Judge, Training
from autograder.judges import Finished, Judges
from autograder.lab import Lab, Limits
from autograder.likeness.clearing import clear
from autograder.plugin import collect
from autograder.provenance import describe_environment, harness_digest, provenance
from autograder.records import Row, is_current, read_record, write_atomically, write_record
from autograder.report.board import Board
from autograder.report.student import write_page, write_reports
from autograder.sandbox import Sandbox, libraries_in
from autograder.student import Student
from autograder.submission import Source, Submission, read_submission
from autograder.text import plain, some_of

_PATH_LIMIT = 1 << 16
_TEXT_LIMIT = 2000
_DESCRIPTORS_WANTED = 1 << 14
_DESCRIPTORS_OF_WORKER = 256  # the limit that it sets itself, and cannot above ours
_DESCRIPTORS_FOR_BATCH = 32  # imports, a record being written, a submission being read, a judge's own
_DESCRIPTORS_PER_JUDGE = 4  # one here; in the zygote, whose limit is the same, two for a worker and two for its last


@dataclass(frozen=True)
class Order:
    """What is to be graded, and how."""

    lab: Lab
    sources: Sequence[Source]
    out: Path
    jobs: int
    isolation: str
    limits: Limits
    training: Training = field(default_factory=Training)
    earlier: Path | None = None  # an older run's folder, whose records serve where nothing changed
    only: tuple[str, ...] = ()  # questions, if not all: the records have these alone, and serve no other call
    live: bool = False  # whether the page of the class is there from the start, and follows
    bare: bool = False  # no pages, and nobody compared: only records count


@dataclass(frozen=True)
class Events:
    """What the caller hears while a batch runs."""

    on_ready: Callable[[str], None]  # the isolation profile
    on_fault: Callable[[str], None]  # a check that does not work
    on_row: Callable[[Row], None]
    on_notice: Callable[[str], None]  # a mishap that was mended, or that costs no grade
    on_unwritten: Callable[[str, str], None]  # a student or a file that could not be written, and why
    on_page: Callable[[], None] = lambda: None  # the page that follows is there


def run(order: Order, events: Events) -> list[Row]:
    """Grade all sources and write reports, logs, grades.csv, and pages and likeness if wanted, below `order.out`.

    Raises:
        UsageError, IsolationError, InstructorError: before anything is graded.
        HarnessError: grading cannot go on; what was finished is on disk.
        KeyboardInterrupt: likewise, and the same call goes on from there.
    """
    order = affordable(order, events)
    with prepared(order, events):
        return run_prepared(order, events)


@contextmanager
def prepared(order: Order, events: Events) -> Iterator[None]:
    """Hold the folder of an order, in which it is written down what it is about; raises as `run` does."""
    students = (source.student for source in order.sources)
    with claimed(order.out, (GRADES, INDEX, HAND_INS, INPUTS, LIKENESS), students):
        _write_inputs(order, events)
        yield


def run_prepared(order: Order, events: Events) -> list[Row]:
    """As `run`, for an order that is `affordable`, in a folder that is `prepared`, be it by another process."""
    board = Board(order.out, order.lab, events.on_unwritten, len(order.sources))
    try:
        if order.live:
            board.open()
            events.on_page()
        rows = _grade(order, events, board)
        _add_others(order, events, board)
        board.write_table()
        _find_likeness(order, events)
    except BaseException:
        with suppress(OSError):  # what ended the batch is what counts
            if len(board):
                _add_others(order, replace(events, on_notice=lambda _: None), board)
        raise
    finally:
        if not order.bare:
            board.close()
    return rows


def _grade(order: Order, events: Events, board: Board) -> list[Row]:
    """All sources, the rows in the order of their names."""
    preload = libraries_in(read_submission(source, order.lab) for source in order.sources)
    sandbox, training = _start_sandbox(order, events, preload)
    order = replace(order, training=training)
    with sandbox:
        rows = collect(
            order.lab, lambda judge, checks: _grade_all(order, events, sandbox, judge, checks, board), order.training
        )
    if sandbox.left_behind:
        numbers = ", ".join(map(str, sorted(sandbox.left_behind)))
        events.on_notice(f"Left behind, as not even SIGKILL ends them: processes {numbers}, frozen or stuck in the "
                         "kernel. No grade depends on them.")  # fmt: skip
    return sorted(rows, key=lambda row: row.student)


def _start_sandbox(order: Order, events: Events, preload: set[str]) -> tuple[Sandbox, Training]:
    """With the device that is asked for; where the caller leaves the choice, with the CPU if a GPU cannot be used."""
    training = order.training
    if training.device != "cpu":
        try:
            return Sandbox.start(order.isolation, order.lab, order.limits, preload, training.device), training
        except IsolationError as error:
            if not training.is_optional:
                raise
            events.on_notice(f"Networks are trained on the CPU, since no sandbox holds with the GPU. {error}")
    training = replace(training, device="cpu")
    return Sandbox.start(order.isolation, order.lab, order.limits, preload), training


def affordable(order: Order, events: Events) -> Order:
    """The order with no more judges than there are descriptors for, once this process has allowed itself all it may.

    Raises:
        HarnessError: there are too few for any.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _DESCRIPTORS_WANTED:
        soft = min(_DESCRIPTORS_WANTED, hard) if hard != resource.RLIM_INFINITY else _DESCRIPTORS_WANTED
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    used = len(os.listdir("/proc/self/fd"))
    jobs = (soft - used - _DESCRIPTORS_FOR_BATCH) // _DESCRIPTORS_PER_JUDGE
    needed = max(_DESCRIPTORS_OF_WORKER, used + _DESCRIPTORS_FOR_BATCH + _DESCRIPTORS_PER_JUDGE)
    if soft < needed:
        raise HarnessError(
            f"No judge can be started: this process may open {soft} files, and grading needs {needed}. Raise the "
            "limit (ulimit -n). Nothing was graded."
        )
    if jobs < min(order.jobs, len(order.sources)):
        events.on_notice(f"Only {jobs} at a time: this process may open no more files (ulimit -n).")
    return replace(order, jobs=min(order.jobs, jobs))


def _write_inputs(order: Order, events: Events) -> None:
    try:
        write_atomically(order.out / INPUTS, inputs_of(order.sources))
        moved = write_hand_ins(order.out, order.lab, order.sources)
    except OSError as error:
        raise refusal(order.out, error) from error
    if moved:
        events.on_notice(f"Results in {order.out} were of submissions that lay elsewhere, and are now of these: "
                         f"{some_of(moved)}.")  # fmt: skip


def _grade_all(
    order: Order, events: Events, sandbox: Sandbox, judge: Judge, checks: list[Check], board: Board
) -> list[Row]:
    lab, checks = _narrowed(order, checks)
    if order.training.device != "cpu" or judge.banks:
        files = {name: (order.lab.reference / name).read_bytes() for name in order.lab.manifest.required_files}
        judge.reference_student = Student(sandbox, Submission("reference", files), order.lab, order.limits)
    if any(check.trains for check in checks):
        judge.convergence.prepare()
    try:
        judge.exhibition.prepare()
    except InstructorError as error:
        events.on_notice(f"No pictures are drawn. {error}")
    faults = rehearse(judge, checks)
    for fault in faults.values():
        events.on_fault(f"{fault.name}: {fault.message.removeprefix(BROKEN_CHECK).strip()}")
    environment = describe_environment(sandbox)
    noted = provenance(order.lab, order.limits, order.training)
    grader = Grader(lab, judge, checks, faults, sandbox, order.limits, environment, noted)
    rows = []
    with Judges(grader, order.jobs, events.on_notice, board.tick) as judges:
        events.on_ready(sandbox.profile)
        for source in order.sources:
            submission = read_submission(source, order.lab)
            key = record_key(submission, order, sandbox.profile, environment)
            report = _earlier_record(order, events, submission.student, key)
            if report is not None:
                rows.append(board.add(submission.student, report, reused=True))
                events.on_row(rows[-1])
                continue
            for finished in judges.submit(submission, key):
                rows.append(_finish(order, events, finished, board))
        for finished in judges.drain():
            rows.append(_finish(order, events, finished, board))
    return rows


def _narrowed(order: Order, checks: list[Check]) -> tuple[Lab, list[Check]]:
    """The lab and its checks, without the questions that are not asked for."""
    if not order.only:
        return order.lab, checks
    questions = tuple(question for question in order.lab.manifest.questions if question.id in order.only)
    lab = replace(order.lab, manifest=order.lab.manifest.model_copy(update={"questions": questions}))
    return lab, [check for check in checks if check.question.id in order.only]


def _finish(order: Order, events: Events, finished: Finished, board: Board) -> Row:
    _write_record(order, events, finished.student, finished.report, finished.log)
    row = board.add(finished.student, finished.report)
    events.on_row(row)
    return row


def _write_record(order: Order, events: Events, student: str, report: dict[str, Any], log: str) -> None:
    """What cannot be written is said; the others may fare better, and the next run grades this student again."""
    try:
        if order.bare:
            write_record(order.out / student, report, log)
            return
        problem = write_reports(order.out / student, report, log)
    except OSError as error:
        events.on_unwritten(student, error.strerror or str(error))
        return
    _note_page(events, student, problem)


def _note_page(events: Events, student: str, problem: str) -> None:
    if problem:
        events.on_notice(f"{student}: {problem}")


def record_key(submission: Submission, order: Order, profile: str, environment: dict[str, Any]) -> str:
    """What must be the same for a record to serve again."""
    parts = {
        "schema": SCHEMA,
        "submission": submission.digest,
        "lab": order.lab.digest,
        "harness": harness_digest(),
        "isolation": profile,
        "environment": environment,
        "limits": order.limits.model_dump(),
        "training": asdict(order.training),
        **({"only": order.only} if order.only else {}),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _earlier_record(order: Order, events: Events, student: str, key: str) -> dict[str, Any] | None:
    """The record that is in place already, or the older run's, copied into place."""
    report = _reusable(order.out / student, key)
    if report and not order.bare and not (order.out / student / PAGE).exists():
        _note_page(events, student, write_page(order.out / student, report))
    if report or order.earlier is None:
        return report
    report = _reusable(order.earlier / student, key)
    if report is None:
        return None
    log = order.earlier / student / "worker.log"
    _write_record(order, events, student, report, log.read_text("utf-8") if log.exists() else "")
    return report


def _reusable(folder: Path, key: str) -> dict[str, Any] | None:
    report = read_record(folder)
    return report if report and report["key"] == key and report["status"] != "needs staff" else None


def _find_likeness(order: Order, events: Events) -> None:
    """Who is alike, of all who are in the folder; if that fails, for whatever reason, it costs nobody a grade."""
    if order.bare:
        return
    try:
        if not order.lab.manifest.likeness.enabled or not _is_class(order.out):
            clear(order.out)
            return
        from autograder.likeness.record import find_likeness  # brings SciPy, which grading can do without

        alike = find_likeness(order.out, order.lab, order.sources)["alike"]
    except OSError as error:
        events.on_unwritten(LIKENESS, error.strerror or str(error))
        return
    except Exception as error:
        why = str(error) if isinstance(error, AutograderError) else f"{type(error).__name__}: {error}"
        events.on_notice(f"Nobody was compared with anybody. {plain(why, _TEXT_LIMIT)}")
        return
    if alike:
        some = f"{alike} pairs of submissions are" if alike > 1 else "Two submissions are"
        events.on_notice(f"{some} alike, as {order.out / LIKENESS} says. No grade depends on it.")


def _is_class(folder: Path) -> bool:
    return len([*islice(folder.glob(f"*/{REPORT}"), 2)]) > 1


def _add_others(order: Order, events: Events, board: Board) -> None:
    """Whoever has a record in the folder, though this call did not come to them: a table that is written anew for one
    late submission must not lose the class."""
    kept, outdated = 0, []
    for folder in sorted(path for path in order.out.iterdir() if path.is_dir() and path.name not in board):
        report = read_record(folder)
        if report is None:
            continue
        try:
            if is_current(report, order.lab.digest):
                board.add(folder.name, report, reused=True)
                kept += 1
            else:
                outdated.append(folder.name)
        except (AttributeError, KeyError, IndexError, TypeError):  # somebody else's report.json
            continue
    if kept:
        events.on_notice(f"{GRADES} keeps {kept} more from earlier calls with this folder.")
    if outdated:
        events.on_notice(f"{GRADES} leaves out whom another version of the lab graded: {', '.join(outdated)}. Grade "
                         "them again to have them in it.")  # fmt: skip


def inputs_of(sources: Sequence[Source]) -> str:
    """The submissions' paths, a line each: the same text means the same call."""
    return "".join(f"{plain(str(source.path), _PATH_LIMIT)}\n" for source in sources)
