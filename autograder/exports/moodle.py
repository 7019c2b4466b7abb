"""Moodle's grading worksheet: the instructor's own, with this lab's grades and what they are made of.

Moodle reads a line back by `Identifier` ("Participant 12"), takes the grade where it differs, and passes over lines
that were graded after the worksheet was made: so `Last modified (grade)` stays as it is.  It also passes over grades
above the maximum, in silence.
"""

import html
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from autograder.course.people import PARTICIPANT
from autograder.course.points import brief, exact, rounded
from autograder.course.record import EXCUSED, Record, Results
from autograder.errors import UsageError
from autograder.exports.pairing import Merged, Pairs, Ways, pair
from autograder.exports.sheet import Sheet, number_in, uses_decimal_comma

_NEEDED = ("Identifier", "Grade", "Last modified (grade)")
_OURS = "Graded automatically. "  # how a comment of ours begins, and by which it is known again


def merge(sheet: Sheet, results: Results, scaled: bool = False) -> Merged:
    """Write each record's score into `Grade`, and its notes into `Feedback comments` where there is no other comment.

    Args:
        scaled: multiply scores so that our maximum becomes Moodle's maximum grade.

    Raises:
        UsageError: the file is no grading worksheet.
    """
    missing = [name for name in _NEEDED if sheet.column(name) is None]
    if missing:
        raise UsageError(
            f"{sheet.name} is no grading worksheet of Moodle in English: {', '.join(missing)} is not in its first row. "
            "Set Moodle's language to English, download the worksheet again, and upload it in that language too."
        )
    rows = [row for row in range(1, len(sheet)) if any(cell.strip() for cell in sheet.row(row))]
    pairs = pair({row: _ways(sheet, row) for row in rows}, results.records)
    numbers = [_cell(sheet, row, name) for row in rows for name in ("Grade", "Maximum grade")]
    comma = uses_decimal_comma(numbers)
    remarks = [*_about_maximum(sheet, rows, results, scaled), *_about_pairs(sheet, pairs)]
    written = 0
    for row, record in pairs.records.items():
        if record.entry is None or _is_closed(sheet, row):
            continue
        most = _maximum(sheet, row)
        grade = record.entry * (most / results.maximum if scaled and most and results.maximum else 1)
        text = f"{rounded(grade):f}"
        _write(sheet, row, "Grade", text.replace(".", ",") if comma else text)
        _comment(sheet, row, record)
        written += 1
        if most is not None and rounded(grade) > rounded(most):
            remarks.append(f"{record.student} has {text}, and Moodle passes over grades above {brief(most)}.")
    return Merged(sheet.text(), written, pairs.absent, tuple(remarks))


def _cell(sheet: Sheet, row: int, name: str) -> str:
    column = sheet.column(name)
    return "" if column is None else sheet.cell(row, column).strip()


def _write(sheet: Sheet, row: int, name: str, value: str) -> None:
    column = sheet.column(name)
    if column is not None and sheet.cell(row, column) != value:
        sheet.write(row, column, value)


def _comment(sheet: Sheet, row: int, record: Record) -> None:
    """A comment that a person wrote stays."""
    old = _cell(sheet, row, "Feedback comments")
    if not old or old.startswith(_OURS):
        _write(sheet, row, "Feedback comments", _OURS + html.escape(" ".join(record.notes), quote=False))


def _ways(sheet: Sheet, row: int) -> Ways:
    identifier = re.search(r"\d+$", _cell(sheet, row, "Identifier"))
    email, login = _cell(sheet, row, "Email address"), _cell(sheet, row, "Username")
    sis, name = _cell(sheet, row, "ID number"), _cell(sheet, row, "Full name")
    number = identifier[0] if identifier else ""
    return [(PARTICIPANT, number), ("email", email), ("sis", sis), ("login", login), ("login", email),
            ("student", login), ("student", email), ("student", sis), ("student", name), ("name", name),
            ("moodle", number)]  # fmt: skip


def _is_closed(sheet: Sheet, row: int) -> bool:
    return _cell(sheet, row, "Grade can be changed").casefold() == "no"


def _maximum(sheet: Sheet, row: int) -> Fraction | None:
    text = number_in(_cell(sheet, row, "Maximum grade"))
    return exact(Decimal(text)) if text else None


def _about_maximum(sheet: Sheet, rows: list[int], results: Results, scaled: bool) -> Iterator[str]:
    for most in sorted({most for row in rows if (most := _maximum(sheet, row)) is not None} - {results.maximum}):
        if not scaled:
            yield (
                f"Moodle's maximum grade is {brief(most)}, and the lab's {brief(results.maximum)}: scores were written "
                "as they are. Pass --scale to scale them, or change the maximum in Moodle."
            )


def _about_pairs(sheet: Sheet, pairs: Pairs) -> Iterator[str]:
    if pairs.ambiguous:
        yield f"Left as they were, as they may be several students': {'; '.join(pairs.ambiguous)}."
    counting = {row: record for row, record in pairs.records.items() if record.entry is not None}
    closed = [record.student for row, record in counting.items() if _is_closed(sheet, row)]
    if closed:
        yield f"Left as they were, as Moodle lets nobody change their grade: {', '.join(closed)}."
    excused = [record.student for record in pairs.records.values() if record.status == EXCUSED]
    if excused:
        yield f"Moodle's worksheet knows no excuse, so their lines are as they were: {', '.join(excused)}."
