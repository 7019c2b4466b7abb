"""Who takes part: the roster, and finding a person in it by whatever somebody wrote."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course.manifest import Manifest, Student
from autograder.course.tables import Line, read_table
from autograder.errors import InstructorError

SYSTEMS = ("canvas", "moodle", "gradescope", "sis", "github")
PARTICIPANT = "participant"  # Moodle's number of somebody in one assignment, which is another in the next
_UNIQUE = ("student", "email", "login", *SYSTEMS)
WAYS = (*_UNIQUE, "name")


@dataclass(frozen=True)
class Person:
    """Somebody who takes part; `student` is what we call them, and what folders of a run are called.

    `ids` are by course system (and PARTICIPANT, as this lab's download has it); `group` is that of the roster.
    """

    student: str
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    login: str = ""
    group: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)

    def known_as(self, kind: str) -> str:
        """What they are known by in one way: an id by its system's name, or the field so called."""
        return self.ids.get(kind, "") if kind in (*SYSTEMS, PARTICIPANT) else str(getattr(self, kind))


def roster_of(manifest: Manifest, path: Path) -> tuple[tuple[Person, ...], tuple[str, ...]]:
    """The people of the roster's file and of [[students]] in course.toml at `path`, and the file's unused columns.

    Raises:
        InstructorError: the file cannot be read, somebody has no name at all, or two share what tells people apart.
    """
    lines = [(f"{path}, [[students]] number {n}", student) for n, student in enumerate(manifest.students, 1)]
    unused: tuple[str, ...] = ()
    if manifest.roster is not None:
        table = read_table(path.parent / manifest.roster, (), tuple(Student.model_fields))
        lines += [(line.where, _student(line)) for line in table.lines]
        unused = table.unused
    taken: dict[tuple[str, str], str] = {}
    people = []
    for where, student in lines:
        people.append(_person(student, where))
        for kind in _UNIQUE:
            value = key_of(kind, people[-1].known_as(kind))
            other = taken.setdefault((kind, value), where) if value else where
            if other != where:
                raise InstructorError(f"{where}: {kind} {value!r} stands in {other} already. Each is one person's.")
    return tuple(people), unused


def _student(line: Line) -> Student:
    return Student.model_validate({name: cell for name, cell in line.cells.items() if name in Student.model_fields})


def _person(student: Student, where: str) -> Person:
    name = student.name or f"{student.first_name} {student.last_name}".strip()
    called = student.student or student.login or student.email or name
    if not called:
        raise InstructorError(f"{where}: nobody is named. Give student, login, email or name.")
    ids = {system: value for system in SYSTEMS if (value := getattr(student, system))}
    return Person(called, name, student.first_name, student.last_name, student.email, student.login, student.group, ids)


def key_of(kind: str, value: str) -> str:
    """What two spellings of a name, address or id have in common; "Lovelace, Ada" is Ada Lovelace."""
    text = " ".join(unicodedata.normalize("NFKC", value).split())
    if kind == "name" and text.count(",") == 1:
        last, _, first = text.partition(",")
        text = f"{first.strip()} {last.strip()}"
    return text.casefold() if kind in ("name", "email", "login") else text


class Directory:
    """People, to be looked up by any of the ways in which they are known; `folders` are names of theirs in a run."""

    def __init__(self, people: Iterable[Person], folders: Mapping[str, Person] | None = None):
        self.people = tuple(people)
        self._folders = folders or {}
        self._found: dict[tuple[str, str], list[Person]] = {}
        for person in self.people:
            for kind in (*WAYS, PARTICIPANT):
                if value := key_of(kind, person.known_as(kind)):
                    self._found.setdefault((kind, value), []).append(person)

    def find(self, kind: str, value: str) -> list[Person]:
        """All who are known as `value` in this one way."""
        return self._found.get((kind, key_of(kind, value)), []) if value else []

    def first(self, ways: Iterable[tuple[str, str]]) -> list[Person]:
        """Who is found by the first of these ways (kind, value) that finds anybody; several where it cannot tell."""
        return next((found for kind, value in ways if (found := self.find(kind, value))), [])

    def the(self, text: str, where: str) -> Person:
        """The one whom a person means by `text`: the student's name, a folder's in the run, or an address, login, id or
        full name.

        Raises:
            InstructorError: nobody, or not just one.
        """
        found = [self._folders[text]] if text in self._folders else self.first((kind, text) for kind in WAYS)
        if not found:
            raise InstructorError(f"{where}: nobody is called {text!r}, in the roster or in the run. Mend the name.")
        if len(found) > 1:
            others = ", ".join(person.student for person in found)
            raise InstructorError(f"{where}: {text!r} may be any of {others}. Write the student's name instead.")
        return found[0]
