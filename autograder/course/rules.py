"""A course: course.toml with its roster, and what it says about one lab."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from autograder.course.manifest import Extension, LabRules, Late, LateRules, Manifest, faults_of
from autograder.course.people import Person, roster_of
from autograder.errors import InstructorError, UsageError


@dataclass(frozen=True)
class Course:
    """The rules in `manifest`, the people of the roster, and the folder from which paths in course.toml are seen."""

    manifest: Manifest = field(default_factory=Manifest)
    path: Path = field(default=Path("course.toml"))
    people: tuple[Person, ...] = ()
    remarks: tuple[str, ...] = ()  # what staff may want to know about the files read

    @property
    def has_roster(self) -> bool:
        return bool(self.people)

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.manifest.timezone) if self.manifest.timezone else UTC

    def lab(self, name: str) -> LabRules:
        return self.manifest.labs.get(name, LabRules())

    def late_rules(self, name: str) -> LateRules:
        """The course's rules, with what the lab says otherwise."""
        own = self.lab(name).late
        return Late.model_validate({**self.manifest.late.model_dump(), **own.model_dump(exclude_unset=True)})

    def file(self, name: str) -> Path:
        """A file that course.toml names."""
        return self.path.parent / name

    def moment(self, value: datetime) -> datetime:
        """A time of course.toml, or of a table, that says no offset is one of the course's zone."""
        return value if value.tzinfo else value.replace(tzinfo=self.zone)

    def due(self, lab: str) -> datetime | None:
        due = self.lab(lab).due
        return None if due is None else self.moment(due)

    def extensions(self, lab: str) -> Iterator[tuple[str, Extension]]:
        """Those about this lab, each with how a message names it."""
        for number, extension in enumerate(self.manifest.extensions, 1):
            if extension.lab in (lab, None):
                yield self.where("extensions", number), extension

    def where(self, table: str, number: int) -> str:
        return f"{self.path}, [[{table}]] number {number}"


def read_course(path: Path) -> Course:
    """Read course.toml and its roster.

    Raises:
        UsageError: there is no such file.
        InstructorError: something in it is wrong; the message says what, and in which table.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Pass --course the course's rules.") from error
    except UnicodeDecodeError as error:
        raise InstructorError(f"{path} is not UTF-8. Save it so in the editor.") from error
    try:
        manifest = Manifest.model_validate(tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        raise InstructorError(f"{path} is not valid TOML: {error}.") from error
    except ValidationError as error:
        raise InstructorError(faults_of(error, path)) from error
    people, unused = roster_of(manifest, path)
    remarks = (f"Columns of {manifest.roster} that are not used: {', '.join(unused)}.",) if unused else ()
    course = Course(manifest, path, people, remarks)
    _refuse_unknown_groups(course)
    return course


def _refuse_unknown_groups(course: Course) -> None:
    groups = sorted({person.group for person in course.people} - {""})
    for number, extension in enumerate(course.manifest.extensions, 1):
        if extension.group is not None and extension.group not in groups:
            raise InstructorError(
                f"{course.where('extensions', number)}: no group is called {extension.group!r}; the roster has "
                f"{', '.join(groups) or 'none'}."
            )
