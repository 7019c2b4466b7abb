"""What people entered about one lab, each entry with the person whom it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import partial

from autograder.course.lateness import days_after
from autograder.course.manifest import Extension
from autograder.course.people import WAYS, Directory, Person
from autograder.course.points import brief, count, exact
from autograder.course.rules import Course
from autograder.course.scoring import Change, Scale
from autograder.course.tables import Line, read_table
from autograder.errors import InstructorError


@dataclass(frozen=True)
class Due:
    """When somebody's work is due, and why later than others'."""

    moment: datetime
    why: str = ""


@dataclass(frozen=True)
class Mark:
    """What a person gave for a written answer, and their comment."""

    points: Fraction
    comment: str = ""


@dataclass(frozen=True)
class Entered:
    """All of it for one lab, by the person's `student`."""

    due: Callable[[Person], Due | None]
    times: Mapping[str, datetime]
    marks: Mapping[str, Mapping[str, Mark]]  # and then by question
    changes: Mapping[str, tuple[Change, ...]]
    excused: Mapping[str, str]  # the reason


def entered(course: Course, lab: str, people: Directory, scale: Scale | None = None) -> Entered:
    """Read what people entered about the lab; of a lab in which only times matter there is no `scale`.

    Raises:
        InstructorError: a table cannot be read, or names somebody or something that there is not.
    """
    rules = course.lab(lab)
    return Entered(
        partial(_due, course, lab, _extensions(course, lab, people)),
        _times(course, rules.hand_ins, people) if rules.hand_ins is not None else {},
        _marks(course, rules.written, people, scale) if scale is not None and rules.written is not None else {},
        _changes(course, lab, people, scale) if scale is not None else {},
        _excused(course, lab, people),
    )


def _extensions(course: Course, lab: str, people: Directory) -> list[tuple[Extension, str | None]]:
    """Each with the one student whom it is for, if it is no group's."""
    return [
        (extension, _absent_or(course, people, extension.student, where) if extension.student else None)
        for where, extension in course.extensions(lab)
    ]


def _absent_or(course: Course, people: Directory, text: str, where: str) -> str | None:
    """The student who is meant; None for one who may be anybody, as there is no roster, and handed in nothing."""
    if not course.has_roster and not people.first((kind, text) for kind in WAYS):
        return None
    return people.the(text, where).student


def _due(course: Course, lab: str, extensions: list[tuple[Extension, str | None]], person: Person) -> Due | None:
    """The latest of the due dates that somebody has; a day more ends at the same time of day."""
    due = course.due(lab)
    if due is None:
        return None
    found = [Due(due)]
    for extension, student in extensions:
        if student == person.student or (extension.group is not None and extension.group == person.group):
            if extension.due is not None:
                found.append(Due(course.moment(extension.due), extension.reason))
            elif extension.days is not None:
                why = f"{count(extension.days, 'day')} more: {extension.reason}"
                found.append(Due(days_after(due, extension.days, course.zone), why))
    return max(found, key=lambda each: each.moment.astimezone(UTC))


def _times(course: Course, name: str, people: Directory) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for line in read_table(course.file(name), ("student", "handed_in")).lines:
        person = people.the(line.cells.get("student", ""), line.where)
        text = line.cells.get("handed_in", "")
        if not text:
            continue
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise InstructorError(f"{line.where}: {text!r} is no time; write it as 2026-02-03 10:15.") from error
        if moment.tzinfo is None and course.manifest.timezone is None:
            raise InstructorError(
                f'{line.where}: in which time zone? Write timezone = "Europe/Zurich" in {course.path}.'
            )
        if person.student in found:
            raise InstructorError(f"{line.where}: {person.student} has a time already. Leave the one that counts.")
        found[person.student] = course.moment(moment)
    return found


def _marks(course: Course, name: str, people: Directory, scale: Scale | None) -> dict[str, dict[str, Mark]]:
    assert scale is not None
    found: dict[str, dict[str, Mark]] = {}
    if not course.file(name).exists():
        return found  # nobody has begun to grade; `results` says so
    for line in read_table(course.file(name), ("student", "question", "score"), ("comment",)).lines:
        person = people.the(line.cells.get("student", ""), line.where)
        question = line.cells.get("question", "")
        if question not in scale.written:
            known = ", ".join(scale.written) or "none"
            raise InstructorError(f"{line.where}: no written question is called {question!r}; lab.toml has {known}.")
        if line.cells.get("score", "") == "":
            continue  # a line that waits for its score
        marks = found.setdefault(person.student, {})
        if question in marks:
            raise InstructorError(f"{line.where}: {person.student} has a score for {question} already. Leave one.")
        marks[question] = Mark(_points(line, scale.written[question]), line.cells.get("comment", ""))
    return found


def _points(line: Line, most: Fraction) -> Fraction:
    text = line.cells["score"]
    try:
        points = exact(Decimal(text.replace(",", ".")))
    except (InvalidOperation, ValueError) as error:
        raise InstructorError(f"{line.where}: {text!r} is no number of points.") from error
    if not 0 <= points <= most:
        raise InstructorError(f"{line.where}: {text} is not between 0 and {brief(most)}, what the question is worth.")
    return points


def _changes(course: Course, lab: str, people: Directory, scale: Scale | None) -> dict[str, tuple[Change, ...]]:
    assert scale is not None
    found: dict[str, tuple[Change, ...]] = {}
    for number, adjustment in enumerate(course.manifest.adjustments, 1):
        if adjustment.lab != lab:
            continue
        where = course.where("adjustments", number)
        known = [*scale.questions, *scale.written]
        if adjustment.question is not None and adjustment.question not in known:
            raise InstructorError(
                f"{where}: no question is called {adjustment.question!r}; there is {', '.join(known)}."
            )
        student = people.the(adjustment.student, where).student
        change = Change(exact(adjustment.points), adjustment.reason, adjustment.question)
        found[student] = (*found.get(student, ()), change)
    return found


def _excused(course: Course, lab: str, people: Directory) -> dict[str, str]:
    found = {}
    for number, excuse in enumerate(course.manifest.excused, 1):
        if excuse.lab in (lab, None):
            student = _absent_or(course, people, excuse.student, course.where("excused", number))
            if student is not None:
                found[student] = excuse.reason
    return found
