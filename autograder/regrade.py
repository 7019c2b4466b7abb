"""Grade a run again after a check was mended: who moves and by how much first, and only then a word of it is written.

Everything is graded in a folder beside the run.  What people entered lies elsewhere, in course.toml and its tables, and
is none of this.

After a regrade of some questions only, `key` in a report is empty: no later call takes the report for one of its own,
so a `run` grades in full.  `lab.hash` stays that of the lab that graded the rest, and `stands_beside` names the lab
beside whose grades this one may stand in grades.csv.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.batch import Events, Order, run
from autograder.errors import UsageError
from autograder.folder import refusal
from autograder.lab import Lab
from autograder.moves import Move, Report, merged, question_moves
from autograder.records import is_current, read_record, records_in, row_of
from autograder.report.board import Board
from autograder.report.student import write_reports

_LOG = "worker.log"
_STANDS_BESIDE = "stands_beside"


@dataclass(frozen=True)
class Regrade:
    """What grading again found; `left` are those whose old grade stays, each with the reason."""

    lab: Lab
    run: Path
    questions: tuple[str, ...]
    moves: tuple[Move, ...]
    unchanged: tuple[str, ...]
    left: tuple[tuple[str, str], ...]
    records: Mapping[str, tuple[Report, str]]  # report.json and worker.log to be written, by student

    @property
    def seen(self) -> list[Move]:
        """Those who moved, or of whom a verdict changed."""
        return [move for move in self.moves if move.is_seen]

    def as_json(self, written: bool) -> dict[str, Any]:
        return {
            "schema": 1,
            "lab": self.lab.name,
            "run": str(self.run),
            "questions": list(self.questions),
            "moves": [move.as_json() for move in self.moves],
            "unchanged": list(self.unchanged),
            "left": dict(self.left),
            "written": written,
        }


def regrade(order: Order, gone: Mapping[str, str], events: Events) -> Regrade:
    """Grade `order.sources` again, as far as `order.only` says, and compare with what lies in `order.out`.

    Raises:
        As `batch.run`; nothing of the run was changed.
    """
    folder = order.out
    try:
        beside = tempfile.TemporaryDirectory(
            dir=folder.parent, prefix=f".{folder.name}-regrade-", ignore_cleanup_errors=True
        )
    except OSError as error:
        raise refusal(folder.parent, error) from error
    with beside as temporary:
        fresh = Path(temporary, "run")
        run(replace(order, out=fresh, earlier=None if order.only else folder, bare=True), events)
        return _compared(order, fresh, gone)


def write(found: Regrade, on_notice: Callable[[str], None]) -> None:
    """Put the new reports into the run, and after them grades.csv and the page of the class.

    `on_notice` hears whose own page could not be made.

    Raises:
        UsageError: a file cannot be written; what was written before it stays, and the same call writes the rest.
    """
    try:
        for student, (new, log) in found.records.items():
            if problem := write_reports(found.run / student, dict(new), log):
                on_notice(f"{student}: {problem}")
    except OSError as error:
        raise _unwritten(error.filename or found.run, error.strerror) from error
    unwritten: list[tuple[str, str]] = []
    board = Board(found.run, found.lab, lambda name, why: unwritten.append((name, why)))
    for folder, report in records_in(found.run):
        board.add(folder.name, report)
    board.write_table()
    board.close()
    for name, why in unwritten:
        raise _unwritten(found.run / name, why)


def _unwritten(path: object, why: str | None) -> UsageError:
    return UsageError(f"{path} cannot be written: {why}. Make room, and call this again.")


def _compared(order: Order, fresh: Path, gone: Mapping[str, str]) -> Regrade:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    moves, unchanged, left = [], [], dict(gone)
    records = {}
    for source in order.sources:
        folder = order.out / source.student
        old, new = _report(folder), read_record(fresh / source.student)
        why = _why_left(old, new, bool(order.only))
        if new is None or why:
            left[source.student] = why
            continue
        report: dict[str, Any] = {**merged(old, new, order.lab), "key": ""} if order.only else {**old, **new}
        questions = tuple(question_moves(old, new))
        log = _text(fresh / source.student / _LOG)
        if questions:
            moves.append(Move(source.student, old["score"], report["score"], questions))
            report = _noted(report, moves[-1], now)
            heading = f"=== Graded again, {now}: {', '.join(order.only)} ==="
            log = f"{_text(folder / _LOG)}\n{heading}\n{log}" if order.only else log
        else:
            unchanged.append(source.student)
            report, log = (old, _text(folder / _LOG)) if order.only else (report, log)
        records[source.student] = (_standing(report, order.lab), log)
    for student in left:
        records[student] = (_standing(_report(order.out / student), order.lab), _text(order.out / student / _LOG))
    return Regrade(
        order.lab,
        order.out,
        order.only or tuple(question.id for question in order.lab.manifest.questions),
        tuple(sorted(moves, key=lambda move: (-abs(move.by), move.student))),
        tuple(unchanged),
        tuple(sorted(left.items())),
        {student: record for student, record in records.items() if record[0] != _report(order.out / student)},
    )


def _why_left(old: Report, new: Report | None, partly: bool) -> str:
    """Why the old grade stays; "" if it need not."""
    if new is None:
        return "the new report could not be kept until now"
    if new["status"] == "needs staff":
        return "grading again did not work and needs staff"
    was_unreadable, is_unreadable = (report["status"] == "unreadable" for report in (old, new))
    if is_unreadable and not was_unreadable:
        return f"it cannot be read any more: {row_of(dict(new)).problem}"
    if partly and was_unreadable and not is_unreadable:
        return "it could not be read before and can be now: grade it again without --only"
    return ""


def _noted(report: Report, move: Move, now: str) -> dict[str, Any]:
    """With a note on what was done, after those of earlier times."""
    note = {"time": now, "questions": [q.id for q in move.questions], "from": move.before, "to": move.after}
    return {**report, "regraded": [*report.get("regraded", ()), note]}


def _standing(report: Report, lab: Lab) -> dict[str, Any]:
    """Marked as one that may stand in grades.csv beside those that the lab graded, as it is now."""
    bare = {key: value for key, value in report.items() if key != _STANDS_BESIDE}
    return bare if is_current(bare, lab.digest) else {**bare, _STANDS_BESIDE: lab.digest}


def _report(folder: Path) -> dict[str, Any]:
    report = read_record(folder)
    assert report is not None  # or it were no student of this run
    return report


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
