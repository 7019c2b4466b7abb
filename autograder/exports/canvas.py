"""Canvas's gradebook: the instructor's own export, with this lab's scores in its assignment's column.

Below the header come a row that says "Manual Posting" where grades are not posted by themselves, and one with the
points possible; then the students, and last a test student of Canvas's own.  `EX` is excused, `N/A` is whoever need not
do the assignment.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from autograder.course.people import key_of
from autograder.course.points import brief, exact, rounded
from autograder.course.record import EXCUSED, Record, Results
from autograder.errors import UsageError
from autograder.exports.pairing import Merged, Pairs, Ways, pair
from autograder.exports.sheet import Sheet, number_in, uses_decimal_comma

_ASSIGNMENT = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)")
_RESERVED = ("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account",
             "Section")  # fmt: skip
_TEST_STUDENT = key_of("name", "Student, Test")


def merge(sheet: Sheet, results: Results, column: str | None = None, scaled: bool = False) -> Merged:
    """Write each record's score into the assignment's column of the instructor's file.

    Args:
        column: the assignment's heading, with its id or without, or the id; by default the lab's title.
        scaled: multiply scores so that our maximum becomes Canvas's points possible.

    Raises:
        UsageError: the file is no gradebook, or has no such column, or several.
    """
    if not {"ID", "Section"} <= set(sheet.header) or not {"Student", "LastName"} & set(sheet.header):
        raise UsageError(f"{sheet.name} is no gradebook of Canvas: its first row lacks Student, ID or Section.")
    at = _column(sheet, results, column)
    rows = [row for row in range(1, len(sheet)) if not _is_heading(sheet, row)]
    possible = _points_possible(sheet, at)
    factor = possible / results.maximum if scaled and possible and results.maximum else Fraction(1)
    pairs = pair({row: _ways(sheet, row) for row in rows if not _is_test_student(sheet, row)}, results.records)
    comma = uses_decimal_comma([sheet.cell(row, at) for row in range(1, len(sheet))])
    remarks = [*_about_points(sheet.header[at], possible, results, scaled), *_about_cells(sheet, at, pairs)]
    written = 0
    for row, record in pairs.records.items():
        value = _value(record, factor)
        if value is not None and not _is_settled(sheet.cell(row, at)):
            sheet.write(row, at, value.replace(".", ",") if comma else value)
            written += 1
    return Merged(sheet.text(), written, pairs.absent, tuple(remarks))


def _value(record: Record, factor: Fraction) -> str | None:
    if record.status == EXCUSED:
        return "EX"
    return None if record.entry is None else f"{rounded(record.entry * factor):f}"


def _is_settled(cell: str) -> bool:
    """Whether Canvas wants no score here."""
    return cell.strip().upper() in ("EX", "N/A")


def _column(sheet: Sheet, results: Results, wanted: str | None) -> int:
    choices = {i: heading.strip() for i, heading in enumerate(sheet.header) if heading.strip() not in _RESERVED}
    assignments = {i: match for i, heading in choices.items() if (match := _ASSIGNMENT.fullmatch(heading))}
    if wanted is None:
        names = {results.title.casefold(), results.lab.casefold()}
        found = [i for i, match in assignments.items() if match["title"].casefold() in names]
    else:
        found = [i for i, heading in choices.items() if heading == wanted.strip()]
        found = found or [i for i, match in assignments.items() if wanted.strip() in (match["title"], match["id"])]
    if len(found) == 1:
        return found[0]
    there = "; ".join(match[0] for match in assignments.values()) or "none"
    what = "has several columns" if found else "has no column"
    raise UsageError(
        f"{sheet.name} {what} called {wanted or results.title!r}. Pass --canvas-column with one of: {there}."
    )


def _is_heading(sheet: Sheet, row: int) -> bool:
    """The rows between the header and the students, and empty ones."""
    cells = [cell.strip() for cell in sheet.row(row)]
    return "Points Possible" in sheet.cell(row, 0) or all(
        not cell or cell.lower().startswith(("manual posting", "muted")) for cell in cells
    )


def _points_possible(sheet: Sheet, at: int) -> Fraction | None:
    for row in range(1, len(sheet)):
        if "Points Possible" in sheet.cell(row, 0):
            cell = sheet.cell(row, at)
            if "read only" in cell:
                raise UsageError(f"{sheet.name}: Canvas computes {sheet.header[at]} itself. Choose an assignment.")
            return exact(Decimal(number_in(cell))) if number_in(cell) else None
    return None


def _is_test_student(sheet: Sheet, row: int) -> bool:
    return key_of("name", _name(sheet, row)) == _TEST_STUDENT


def _name(sheet: Sheet, row: int) -> str:
    last, first = sheet.column("LastName"), sheet.column("FirstName")
    if last is not None and first is not None:
        return f"{sheet.cell(row, first)} {sheet.cell(row, last)}"
    return sheet.cell(row, 0)


def _ways(sheet: Sheet, row: int) -> Ways:
    def cell(name: str) -> str:
        column = sheet.column(name)
        return "" if column is None else sheet.cell(row, column).strip()

    sis, login, name = cell("SIS User ID"), cell("SIS Login ID"), _name(sheet, row)
    return [("canvas", cell("ID")), ("sis", sis), ("login", login), ("email", login), ("student", login),
            ("student", sis), ("student", cell("ID")), ("student", name), ("name", name)]  # fmt: skip


def _about_points(heading: str, possible: Fraction | None, results: Results, scaled: bool) -> Iterator[str]:
    if possible is None:
        yield f"Canvas gives no points possible for {heading}; scores are of {brief(results.maximum)}."
    elif possible != results.maximum and not scaled:
        yield (
            f"Canvas has {brief(possible)} points possible for {heading}, and the lab {brief(results.maximum)}: scores "
            "were written as they are. Pass --scale to scale them, or change the assignment in Canvas."
        )


def _about_cells(sheet: Sheet, at: int, pairs: Pairs) -> Iterator[str]:
    if pairs.ambiguous:
        yield f"Left as they were, as they may be several students': {'; '.join(pairs.ambiguous)}."
    for row, record in pairs.records.items():
        cell = sheet.cell(row, at).strip().upper()
        if cell == "EX" and record.entry is not None:
            yield f"{record.student} stays excused (EX in Canvas) and would have {brief(record.entry)}."
        elif cell == "N/A" and record.entry is not None:
            yield f"{record.student} is not assigned {sheet.header[at]} in Canvas and would have {brief(record.entry)}."
