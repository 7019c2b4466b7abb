"""What a run left, as far as a course's rules ask: a report for each hand-in, and when and by whom it was handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.errors import InstructorError, UsageError
from autograder.folder import GRADES, HAND_INS, REPORT
from autograder.records import read_record
from autograder.text import plain

NAME_LIMIT = 200


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


@dataclass(frozen=True)
class HandIn:
    """One folder of a run: the report in it (None: not graded) and its time, and what the course system said."""

    student: str
    folder: Path
    report: Mapping[str, Any] | None
    entry: Entry = field(default_factory=Entry)
    graded: datetime | None = None

    @property
    def handed_in(self) -> datetime | None:
        time = self.entry.handed_in
        return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


@dataclass(frozen=True)
class Run:
    """The hand-ins of a run, by name."""

    folder: Path
    hand_ins: tuple[HandIn, ...]


def read_run(folder: Path, lab: str) -> Run:
    """What `python grade.py run` left in `folder`.

    Raises:
        UsageError: no such folder, nothing graded in it, or another lab's.
        InstructorError: hand_ins.json cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} does not exist. Pass the folder that `run` wrote its results to.")
    entries = read_entries(folder)
    names = {path.parent.name for path in folder.glob(f"*/{REPORT}")}
    found = []
    for name in sorted(names | set(entries)):
        report = read_record(folder / name) if name in names else None
        if report is None and name not in entries:
            continue  # somebody else's report.json
        graded = report["lab"].get("name", lab) if report is not None else lab
        if graded != lab:
            raise UsageError(f"{folder / name} is of the lab {graded!r}: pass --lab {graded}.")
        graded = datetime.fromtimestamp((folder / name / REPORT).stat().st_mtime, UTC) if report is not None else None
        found.append(HandIn(name, folder / name, report, entries.get(name, Entry()), graded))
    if not found:
        raise UsageError(f"{folder} holds no report. Pass the folder that `run` wrote its results to.")
    return Run(folder, tuple(found))


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


def last_run(parent: Path) -> Path | None:
    """The last of the runs in `parent`, whose names are times; rather one that was finished."""
    runs = sorted(path for path in parent.glob("*") if path.is_dir() and not path.name.startswith("."))
    finished = [path for path in runs if (path / GRADES).exists()]
    return next(reversed(finished or runs), None)


def shown(name: str) -> str:
    """A folder's name as lists and tables show it."""
    return plain(name, NAME_LIMIT)
