"""Numbers in place of names, for who grades blind, and the key to them.

A student keeps the number that was drawn for them, however often the class is exported.
"""

import random
from collections.abc import Iterable, Mapping

from autograder.errors import UsageError
from autograder.records import harmless
from autograder.text import some_of
from autograder.written.scores import Line, Mark
from autograder.written.tables import Table, bare

COLUMNS = ("number", "student")

_RESTORE = (
    "Nobody can tell whose answers are whose: restore it; or move it and the folder anonymous/ away, to begin anew "
    "with other numbers."
)


def known(key: Table | None) -> dict[str, str]:
    """The number of each student that has one, by name.

    Raises:
        UsageError: somebody changed the key, so that it is not clear who is who.
    """
    records = list(key.records()) if key else []
    drawn = {bare(cells["student"]): cells["number"].strip() for cells in records}
    if len(set(drawn.values())) < len(records) or not all(number.isdecimal() for number in drawn.values()):
        raise UsageError(f"key.csv has a student or a number twice, or something that is no number. {_RESTORE}")
    return drawn


def with_new(drawn: Mapping[str, str], students: Iterable[str]) -> dict[str, str]:
    """A number for each of `students` too; new ones are drawn in an order that says nothing."""
    new = [bare(student) for student in students if bare(student) not in drawn]
    first = max(map(int, drawn.values()), default=0) + 1
    fresh = [*range(first, first + len(new))]
    random.SystemRandom().shuffle(fresh)
    return {**drawn, **{student: str(number) for student, number in zip(new, fresh, strict=True)}}


def key_table(drawn: Mapping[str, str]) -> Table:
    """The key as a table, in the order of the numbers."""
    lines = sorted(((number, student) for student, number in drawn.items()), key=lambda line: int(line[0]))
    return Table(COLUMNS, tuple((number, harmless(student)) for number, student in lines))


def unmasked(entered: Mapping[Line, Mark], drawn: Mapping[str, str]) -> dict[Line, Mark]:
    """What was entered by number, by student.

    Raises:
        UsageError: the key lacks a number.
    """
    students = {number: student for student, number in drawn.items()}
    strange = sorted({number for number, _ in entered} - students.keys())
    if strange:
        raise UsageError(
            f"anonymous/scores.csv has scores for {some_of(strange)}, which key.csv does not know. {_RESTORE}"
        )
    return {(students[number], question): mark for (number, question), mark in entered.items()}
