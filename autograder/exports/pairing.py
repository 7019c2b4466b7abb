"""Which line of an instructor's file is whose record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.course.matching import words_in
from autograder.course.people import Directory, Person, key_of
from autograder.course.record import Record

Ways = Sequence[tuple[str, str]]  # (kind, value), first the system's own id, last the name


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
        if record.hand_in and record.hand_in.student == record.student:
            for word in words_in(record.student):
                inside.setdefault(word, []).append(record.student)
    found: dict[int, list[str]] = {}
    for row, ways in rows.items():
        people = [person for person in directory.first(ways) if _may_be(person, ways)]
        found[row] = [person.student for person in people] or inside.get(ways[0][1], [])
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


def _may_be(person: Person, ways: Ways) -> bool:
    """Not if the system knows the two by different ids, whatever their names are."""
    kind, value = ways[0]
    ours = person.known_as(kind)
    return not value or not ours or key_of(kind, ours) == key_of(kind, value)


def _one_person(rows: Mapping[int, Ways], claims: Sequence[int]) -> bool:
    """Several rows may be one student's, who is in two sections: then they have the same id."""
    ids = {rows[row][0][1] for row in claims}
    return len(claims) == 1 or (len(ids) == 1 and "" not in ids)


def _ambiguous(rows: Mapping[int, Ways], found: Mapping[int, Sequence[str]], sure: Mapping[int, str]) -> Iterator[str]:
    for row, students in found.items():
        if students and row not in sure:
            yield f"{_name(rows[row])} may be {', '.join(students)}"


def _name(ways: Ways) -> str:
    return next((value for kind, value in reversed(ways) if kind == "name" and value), ways[0][1])
