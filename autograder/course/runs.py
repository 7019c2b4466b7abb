"""What a run left, as far as a course's rules ask: a report for each hand-in, and when and by whom it was handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.folder import GRADES, REPORT, no_report, no_run
from autograder.hand_ins import Entry, read_entries
from autograder.records import read_record
from autograder.text import plain

NAME_LIMIT = 200


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
        raise no_run(folder)
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
        raise no_report(folder)
    return Run(folder, tuple(found))


def last_run(parent: Path) -> Path | None:
    """The last of the runs in `parent`, whose names are times; rather one that was finished."""
    runs = sorted(path for path in parent.glob("*") if path.is_dir() and not path.name.startswith("."))
    finished = [path for path in runs if (path / GRADES).exists()]
    return next(reversed(finished or runs), None)


def shown(name: str) -> str:
    """A folder's name as lists and tables show it."""
    return plain(name, NAME_LIMIT)
