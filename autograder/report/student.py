"""A student's report as a page: what is in report.json and is meant for the student.

The log is left out: a student's code sees a hidden check's inputs and may print them.  So are flags and what a check
says that did not work, which are for staff, and the checks' and misconceptions' names in the code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import Verdict
from autograder.folder import PAGE
from autograder.points import total
from autograder.records import inert, write_atomically, write_record
from autograder.report import pictures
from autograder.report.advice import Data, hint_of, things_to_fix, words_of
from autograder.report.rendering import render
from autograder.report.verdicts import Mark, mark_of, mark_of_question
from autograder.text import plain

PAGE_LIMIT = 1_000_000  # bytes
_FIRST = 3  # of the things to fix
_TEXT_LIMITS = (None, 2000, 500, 100)  # characters of each text, tried until the page is short enough
_WITH_ROOM_FOR_EXTRAS = 500  # with shorter texts, code and pictures are left out
_NAME_LIMIT = 120
_FILES_LIMIT = 30
_WITHOUT = {"files": [], "written": [], "regraded": [], "receipt": {"status": "none"}}  # what not every record has
_UNGRADED = "This check did not work, which is no fault of yours. Staff look into it."


@dataclass(frozen=True)
class _Check:
    title: str
    mark: Mark
    score: float
    max_score: float
    message: str
    accuracies: tuple[str, ...]


@dataclass(frozen=True)
class _Question:
    """`message` is what all of its lost checks say, and each of them need not say again."""

    id: str
    title: str
    mark: Mark
    score: float
    max_score: float
    is_open: bool
    message: str
    hint: str
    checks: tuple[_Check, ...]
    code: tuple[Data, ...]
    pictures: tuple[pictures.Picture, ...]


def write_reports(folder: Path, report: dict[str, Any], log: str) -> str:
    """Write a student's record with its page, report.json last: where it is, everything is there.

    Returns:
        Why there is no page; "" if there is one.

    Raises:
        OSError: the record could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    problem = write_page(folder, report)
    try:
        write_record(folder, report, log)
    except OSError as error:
        _remove(folder / PAGE)  # which may have taken the last room
        write_record(folder, report, log)
        return _without_page(error)
    return problem


def write_page(folder: Path, report: dict[str, Any]) -> str:
    """Write the page beside a record. Returns why it could not be, or "": no grade hangs on it."""
    try:
        write_atomically(folder / PAGE, student_page(inert(report)))
    except Exception as error:  # whatever it is, the record counts
        _remove(folder / PAGE)
        return _without_page(error)
    return ""


def _without_page(error: Exception) -> str:
    why = (error.strerror if isinstance(error, OSError) else "") or f"{type(error).__name__}: {error}"
    return f"{PAGE} could not be made ({plain(why, _NAME_LIMIT)}). That costs no grade: it is in report.json."


def _remove(page: Path) -> None:
    """One that is there is an older record's."""
    try:
        page.unlink(missing_ok=True)
    except OSError:
        return


def student_page(report: Data) -> str:
    """The page for the content of a report.json, of PAGE_LIMIT bytes at most unless a lab has thousands of checks."""
    report = {**_WITHOUT, **report}
    for limit in _TEXT_LIMITS:
        page = _page(_shortened(report, limit), extras=limit is None or limit >= _WITH_ROOM_FOR_EXTRAS)
        if len(page.encode()) <= PAGE_LIMIT:
            break
    return page


def _page(report: Data, extras: bool) -> str:
    things = things_to_fix(report)
    ungraded = [c for q in report["questions"] for c in q["checks"] if c["verdict"] == Verdict.NEEDS_STAFF]
    files = report["files"]
    return render(
        "student.html.j2",
        report=report,
        student=plain(report["student"], _NAME_LIMIT),
        part=min(1.0, report["score"] / report["max_score"]) if report["max_score"] else 0,
        ungraded=len(ungraded),
        ungraded_points=total(check["max_score"] for check in ungraded),
        things=things[:_FIRST],
        more_things=len(things[_FIRST:]),
        checks=sum(len(question["checks"]) for question in report["questions"]),
        questions=[_question(question, extras) for question in report["questions"]],
        pictures=pictures.of_report(report) if extras else [],
        files=files[:_FILES_LIMIT],
        more_files=len(files[_FILES_LIMIT:]),
        titles={question["id"]: question["title"] for question in report["questions"]},
    )


def _question(question: Data, extras: bool) -> _Question:
    mark = mark_of_question(question)
    messages = {words_of(check, question) for check in question["checks"] if check["score"] < check["max_score"]}
    shared = messages.pop() if len(messages) == 1 and len(question["checks"]) > 1 and mark.tone != "fair" else ""
    return _Question(
        question["id"],
        question["title"],
        mark,
        question["score"],
        question["max_score"],
        mark.tone in ("bad", "fair"),
        shared,
        hint_of(question),
        tuple(_check(check, question, shared) for check in question["checks"]),
        tuple(question.get("code") or ()) if extras else (),
        tuple(pictures.of_question(question)) if extras else (),
    )


def _check(check: Data, question: Data, shared: str) -> _Check:
    message = _UNGRADED if check["verdict"] == Verdict.NEEDS_STAFF else words_of(check, question)
    return _Check(
        check["title"],
        mark_of(check["verdict"]),
        check["score"],
        check["max_score"],
        "" if message == shared else message,
        tuple(_accuracies(check)),
    )


def _accuracies(check: Data) -> Iterator[str]:
    for run in check["runs"]:
        if run["accuracy"] is not None:
            reached, asked = (f"{100 * run[share]:.1f} %" for share in ("accuracy", "threshold"))
            yield f"{reached} with seed {run['seed']}; at least {asked} is asked for"


def _shortened(data: Any, limit: int | None) -> Any:
    """`data` with the middle of its texts left out."""
    if limit is None:
        return data
    if isinstance(data, str):
        return plain(data, limit, lines=True)
    if isinstance(data, Mapping):
        return {key: _shortened(value, limit) for key, value in data.items()}
    return [_shortened(value, limit) for value in data] if isinstance(data, list) else data
