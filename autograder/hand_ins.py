"""`hand_ins.json` in a run's folder: whose each graded submission is, and when it was handed in.

What a course system said stays there for gradebooks to be filled from, long after the download is gone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.folder import HAND_INS
from autograder.lab import Lab
from autograder.records import as_inert_json, write_atomically
from autograder.submission import Person, Source
from autograder.text import plain

SCHEMA = 1
_NAME_LIMIT = 2000


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
