"""nbgrader's own export of grades: for courses that keep their books there."""

from datetime import UTC, datetime
from decimal import Decimal

from autograder.course.points import rounded
from autograder.course.record import Record, Results
from autograder.exports.cells import Cell, table

HEADER = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
          "late_submission_penalty", "score", "max_score"]  # fmt: skip


def nbgrader_csv(results: Results) -> str:
    """A line a student, without those who are excused or not graded; as there, score is raw_score less the penalty."""
    return table(HEADER, (_line(record, results) for record in results.records if record.score))


def _line(record: Record, results: Results) -> list[Cell]:
    person, score = record.person, record.score
    final, lost = (rounded(score.final), rounded(score.lost)) if score else (Decimal(0), Decimal(0))
    names: list[Cell] = [person.student, person.last_name, person.first_name, person.email]
    return [results.lab, _utc(results.due), _utc(record.handed_in), *names, final + lost, lost, final, record.maximum]


def _utc(moment: datetime | None) -> str:
    """As nbgrader writes times: UTC, and nothing that says so."""
    return "" if moment is None else str(moment.astimezone(UTC).replace(tzinfo=None))
