"""The record of one student in one lab, and those of all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from autograder.course.entered import Due, Mark
from autograder.course.lateness import Charge
from autograder.course.people import Person
from autograder.course.runs import HandIn
from autograder.course.scoring import Change, Scale, Score

GRADED, UNREADABLE, MISSING, EXCUSED = "graded", "unreadable", "missing", "excused"
NEEDS_STAFF, NOT_GRADED = "needs staff", "not graded"  # ours to mend: never a zero on the quiet


@dataclass(frozen=True)
class Record:
    """What one student has in one lab, and why.

    `score` is None for who is excused, and where grading failed or is yet to come.  `unsettled` is what staff have to
    decide, `notes` what the student may be told, a sentence a step.
    """

    person: Person
    status: str
    maximum: Fraction
    hand_in: HandIn | None = None
    handed_in: datetime | None = None
    due: Due | None = None
    charge: Charge = field(default_factory=Charge)
    slip_days_left: int = 0  # after this lab
    marks: Mapping[str, Mark] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    score: Score | None = None
    excused: str = ""  # why
    unsettled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def student(self) -> str:
        return self.person.student

    @property
    def final(self) -> Fraction | None:
        return self.score.final if self.score else None

    @property
    def entry(self) -> Fraction | None:
        """The number for a course's gradebook: none where nothing was handed in and nobody entered anything."""
        idle = self.status == MISSING and not self.changes and not self.marks
        return None if idle else self.final

    @property
    def late_by(self) -> timedelta:
        """From due date to hand-in, whatever it costs; nothing if in time or unknown."""
        if self.due is None or self.handed_in is None:
            return timedelta(0)
        return max(timedelta(0), self.handed_in.astimezone(UTC) - self.due.moment.astimezone(UTC))


@dataclass(frozen=True)
class Results:
    """The records of all, by name; who could not be placed; and remarks for staff."""

    lab: str
    title: str
    scale: Scale
    due: datetime | None
    records: tuple[Record, ...]
    unknown: tuple[str, ...] = ()
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def maximum(self) -> Fraction:
        return self.scale.maximum

    def with_status(self, *statuses: str) -> list[str]:
        return [record.student for record in self.records if record.status in statuses]
