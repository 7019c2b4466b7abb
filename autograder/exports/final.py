"""Our own table: what each student has, and every step to it."""

from autograder.course.record import Record, Results
from autograder.exports.cells import Cell, table

HEADER = ["student", "name", "email", "group", "raw", "bonus", "written", "late_minutes", "late_days", "slip_days",
          "late_percent", "late_points", "adjustments", "final", "maximum", "status", "notes"]  # fmt: skip
_NUMBERS = HEADER.index("maximum") - HEADER.index("raw")


def final_csv(results: Results) -> str:
    """A line a student; the numbers are empty for whom there are none yet."""
    return table(HEADER, (_line(record) for record in results.records))


def _line(record: Record) -> list[Cell]:
    person, score, charge = record.person, record.score, record.charge
    late = int(record.late_by.total_seconds() // 60) if record.handed_in and record.due else None
    numbers: list[Cell] = [None] * _NUMBERS
    if score:
        percent = None if charge.too_late else charge.percent
        numbers = [score.raw, score.bonus, score.written, late, charge.days, charge.slip_days, percent, score.lost,
                   score.adjustments, score.final]  # fmt: skip
    notes = " ".join([*record.notes, *(f"To settle: {sentence}." for sentence in record.unsettled)])
    return [person.student, person.name, person.email, person.group, *numbers, record.maximum, record.status, notes]
