"""Which run and which student are meant by what somebody typed."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.folder import GRADES, REPORT, no_report
from autograder.hand_ins import Entry, read_entries
from autograder.records import NAME_LIMIT, read_whole_record
from autograder.text import plain, some_of

_LISTED, _NEAREST = 10, 3
_NEAR = 0.5  # difflib's measure of likeness, from which on a name may have been meant


def newest_run(runs: Path) -> Path | None:
    """The run below `runs`, of whatever lab, whose table of grades was written last."""
    tables = [table for depth in ("*", "*/*") for table in runs.glob(f"{depth}/{GRADES}")]
    finished = [table for table in tables if not any(part.startswith(".") for part in table.relative_to(runs).parts)]
    return max((table.parent for table in finished), key=lambda run: (run / GRADES).stat().st_mtime, default=None)


def report_of(run: Path, student: str) -> dict[str, Any]:
    """The report on the one student of a run whom `student` names: a name, as it is or as lists show it, an address,
    an id, or a part of one of these.

    Raises:
        UsageError: no such run; nobody or several are called so; the report cannot be read.
    """
    known = {path.parent.name for path in run.glob(f"*/{REPORT}")}
    if not known:
        raise no_report(run)
    name = student if student in known else _only_one(run, known, student)
    report = read_whole_record(run / name)
    if report is None:
        raise UsageError(
            f"The report on {_shown(name)} in {run} is not one of this grader: grade the submission again."
        )
    return report


def _only_one(run: Path, known: set[str], student: str) -> str:
    entries = read_entries(run)
    names = {name: [*_names(name, entries.get(_shown(name), Entry()))] for name in sorted(known)}
    wanted = plain(student, NAME_LIMIT).casefold()
    found = [name for name in names if wanted in names[name]] or [
        name for name in names if any(wanted in each for each in names[name])
    ]
    if len(found) > 1:
        raise UsageError(
            f"{student!r} may be one of {len(found)} students: {some_of([*map(_shown, found)], _LISTED)}. "
            "Type more of the name."
        )
    if not found:
        by_name = {each: name for name in names for each in names[name] if each}
        near = dict.fromkeys(by_name[each] for each in get_close_matches(wanted, by_name, _NEAREST, _NEAR))
        meant = f" Is it {' or '.join(map(_shown, near))}?" if near else ""
        raise UsageError(f"No student of {run} is called {student!r}.{meant}")
    return found[0]


def _names(name: str, entry: Entry) -> Iterator[str]:
    for each in (name, entry.name, entry.email, entry.id, *(member.name for member in entry.members)):
        if each:
            yield plain(each, NAME_LIMIT).casefold()


def _shown(name: str) -> str:
    return plain(name, NAME_LIMIT)
