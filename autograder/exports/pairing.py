"""Which line of an instructor's file is whose record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.course.matching import words_in
from autograder.course.people import SYSTEMS, Directory, Person, key_of
from autograder.course.record import Record

Ways = Sequence[tuple[str, str]]  # (kind, value), the surest first


@dataclass(frozen=True)
class Pairs:
    """Records by the number of their row; students who are in no row; and rows that may be several students'."""

    records: Mapping[int, Record]
    absent: tuple[str, ...]
    ambiguous: tuple[str, ...]


@dataclass(frozen=True)
class Merged:
    """An instructor's file with scores in it: how many, and what staff should know."""

    text: str
    written: int
    absent: tuple[str, ...]
    remarks: tuple[str, ...]


def pair(rows: Mapping[int, Ways], records: Iterable[Record]) -> Pairs:
    """Find each row's record; nobody gets a row that could be somebody else's."""
    by_student = {record.student: record for record in records}
    directory = Directory(record.person for record in by_student.values())
    inside: dict[str, list[str]] = {}
    for record in by_student.values():
        for word in words_in(record.hand_in.student) if record.hand_in else ():
            if record.hand_in and record.hand_in.student == record.student:
                inside.setdefault(word, []).append(record.student)
    found: dict[int, list[str]] = {}
    for row, ways in rows.items():
        people = [person for person in directory.first(ways) if _may_be(person, ways)]
        ids = [value for kind, value in ways if kind in SYSTEMS]
        found[row] = [person.student for person in people] or _inside(inside, ids)
    claims: dict[str, list[int]] = {}
    for row, students in found.items():
        for student in students:
            claims.setdefault(student, []).append(row)
    sure = {row: students[0] for row, students in found.items() if len(students) == 1}
    sure = {row: student for row, student in sure.items() if _one_person(rows, claims[student])}
    ambiguous = tuple(_ambiguous(rows, found, sure))
    placed = {student for students in found.values() for student in students}
    absent = tuple(student for student in by_student if student not in placed)
    return Pairs({row: by_student[student] for row, student in sure.items()}, absent, ambiguous)


def _inside(inside: Mapping[str, Sequence[str]], ids: Iterable[str]) -> list[str]:
    """Whose folder's name has this row's id in it, as downloads are named."""
    return next((list(inside[value]) for value in ids if value in inside), [])


def _may_be(person: Person, ways: Ways) -> bool:
    """Not if the two have different ids in the same system, whatever their names are."""
    ids = [(key_of(kind, value), key_of(kind, person.known_as(kind))) for kind, value in ways if kind in SYSTEMS]
    return all(theirs == ours for theirs, ours in ids if theirs and ours)


def _one_person(rows: Mapping[int, Ways], claims: Sequence[int]) -> bool:
    """Several rows may be one student's, who is in two sections: then they have the same id."""
    ids = {rows[row][0][1] for row in claims}
    return len(claims) == 1 or (len(ids) == 1 and "" not in ids)


def _ambiguous(rows: Mapping[int, Ways], found: Mapping[int, Sequence[str]], sure: Mapping[int, str]) -> Iterator[str]:
    for row, students in found.items():
        if students and row not in sure:
            yield f"{rows[row][-1][1]} may be {', '.join(students)}"
