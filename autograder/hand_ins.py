"""`hand_ins.json` in a run's folder: whose each graded submission is, and when it was handed in.

What a course system said stays there for gradebooks to be filled from, long after the download is gone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.errors import InstructorError, UsageError
from autograder.folder import HAND_INS, INPUTS, REPORT, no_report
from autograder.lab import Lab
from autograder.parts import Part
from autograder.records import as_inert_json, read_record, write_atomically
from autograder.roster import student_name
from autograder.submission import Person, Source
from autograder.text import plain

SCHEMA = 1
_NAME_LIMIT = 2000


class Member(BaseModel):
    """Somebody else who handed in together with the student."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    name: str = ""
    email: str = ""
    id: str = ""


class EntryPart(BaseModel):
    """A file of a submission that lies in parts, as `parts.Part` has it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    path: Path
    member: str = ""


class Entry(Member):
    """What hand_ins.json says of one student; nothing of it need be known."""

    path: str = ""
    handed_in: datetime | None = None
    late: bool | None = None
    system: str = ""
    members: tuple[Member, ...] = ()
    parts: tuple[EntryPart, ...] = ()


class _HandIns(BaseModel):
    model_config = ConfigDict(extra="ignore")

    lab: str = ""
    students: dict[str, Entry] = {}


def write_hand_ins(folder: Path, lab: Lab, sources: Sequence[Source]) -> list[str]:
    """Write what is known of `sources` to `folder`; what earlier calls wrote there of others stays.

    Returns the students whose submission came from elsewhere before.

    Raises:
        UsageError: what lies there is not what a run writes.
        OSError: it cannot be written; what was there still is.
    """
    path = folder / HAND_INS
    students = _earlier(path, lab)
    entries = {plain(source.student, _NAME_LIMIT): _entry(source) for source in sources}
    moved = [name for name, entry in entries.items() if name in students and students[name]["path"] != entry["path"]]
    content = {"schema": SCHEMA, "lab": lab.name, "students": dict(sorted({**students, **entries}.items()))}
    write_atomically(path, as_inert_json(content) + "\n")
    return moved


def read_entries(folder: Path) -> dict[str, Entry]:
    """hand_ins.json, by student; empty where the run came from no course system."""
    path = folder / HAND_INS
    if not path.exists():
        return {}
    try:
        return _HandIns.model_validate_json(path.read_bytes()).students
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{error.errors()[0]['msg']}"
        raise InstructorError(f"{path} cannot be read: {why}. Run the class again with --out {folder}.") from error


def sources_of(folder: Path) -> tuple[list[Source], dict[str, str]]:
    """The submissions of a run that are still there; and by student, why another is not.

    Raises:
        UsageError: nothing was graded there.
    """
    students = {path.parent.name for path in folder.glob(f"*/{REPORT}") if read_record(path.parent)}
    if not students:
        raise no_report(folder)
    entries = read_entries(folder)
    paths = {student: Path(entry.path) for student, entry in entries.items() if entry.path}
    inputs = folder / INPUTS
    for path in map(Path, inputs.read_text("utf-8", "replace").splitlines() if inputs.exists() else ()):
        names = [name for name in (student_name(path), path.parent.name) if name in students]  # or an archive in it
        if names:
            paths.setdefault(names[0], path)
    found, gone = [], {}
    for student in sorted(students):
        parts = entries[student].parts if student in entries else ()
        if student not in paths:
            gone[student] = "nothing says where the submission lies"
        elif all(path.exists() for path in ([part.path for part in parts] or [paths[student]])):
            found.append(Source(student, paths[student], tuple(Part(p.name, p.path, p.member) for p in parts)))
        else:
            gone[student] = f"{paths[student]} is not there any more"
    return found, gone


def _earlier(path: Path, lab: Lab) -> dict[str, dict[str, Any]]:
    """The entries of earlier calls for the same lab."""
    try:
        content = json.loads(path.read_bytes())
        students: dict[str, dict[str, Any]] = content["students"]
        if content["schema"] != SCHEMA or not all(isinstance(entry["path"], str) for entry in students.values()):
            raise ValueError
        return students if content["lab"] == lab.name else {}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"{path} is not what a run writes there: move it away, or pass another --out. Nothing was graded."
        ) from error


def _entry(source: Source) -> dict[str, Any]:
    who = source.who
    return {
        "path": plain(str(source.path), _NAME_LIMIT),
        "handed_in": source.handed_in and source.handed_in.isoformat(),
        "late": source.late,
        "system": who.system,
        **_person(who),
        "members": [_person(member) for member in who.members],
        "parts": [{key: str(value) for key, value in asdict(part).items()} for part in source.parts],
    }


def _person(person: Person) -> dict[str, str]:
    return {"id": person.id, "name": person.name, "email": person.email}
