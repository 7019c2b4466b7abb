"""nbgrader: `submitted/<student>/<assignment>/…` in a course's folder, or what waits in its exchange to be collected.

There each hand-in is `student+assignment+time+random`.  Whichever it is, `timestamp.txt` says when it was handed in.
"""

import re
from dataclasses import dataclass

from autograder.downloads.hand_ins import HandIn, Reading, moment
from autograder.downloads.trees import Tree, join
from autograder.errors import SubmissionError, UsageError
from autograder.lab import Lab
from autograder.submission import Person
from autograder.text import some_of

SUBMITTED = "submitted"
TIMESTAMP = "timestamp.txt"

_COURSE = {"source", "release", "autograded", "feedback"}  # what lies beside `submitted`
_WAITING = re.compile(r"(?P<student>.+)\+(?P<assignment>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d [^+]+)(?:\+[^+]+)?")
_WORKS_LIMIT = 100  # assignments of a student; more are none
_TIMESTAMP_BYTES = 200


@dataclass(frozen=True)
class _Work:
    """A folder that somebody handed in for an assignment."""

    student: str
    assignment: str
    folder: str
    time: str = ""  # where the folder's name says it


def fits(tree: Tree, at: str, lab: Lab) -> bool:
    here = tree.listing(at)
    if 2 * sum(map(bool, map(_WAITING.fullmatch, here.folders))) > len(here):
        return True
    folder = _submitted(tree, at)
    students = tree.listing(folder).folders
    works = {student: _works(tree, folder, student) for student in students}
    timed = sum(any(TIMESTAMP in tree.listing(work.folder).files for work in found) for found in works.values())
    named = sum(any(work.assignment == lab.name for work in found) for found in works.values())
    told = SUBMITTED in here.folders or tree.where(at).name == SUBMITTED
    return 2 * timed > len(students) or (told and 2 * max(timed, named) > len(students))


def read(tree: Tree, at: str, lab: Lab) -> Reading:
    """
    Raises:
        UsageError: there are several assignments, and none is called as the lab is.
    """
    here = tree.listing(at)
    waiting = {name: found for name in here.folders if (found := _WAITING.fullmatch(name))}
    if waiting:
        works = [_Work(f["student"], f["assignment"], join(at, name), f["time"]) for name, f in waiting.items()]
        misfits = [*here.files, *here.others, *(name for name in here.folders if name not in waiting)]
    else:
        folder = _submitted(tree, at)
        inner = tree.listing(folder)
        by_student = {student: _works(tree, folder, student) for student in inner.folders}
        works = [work for works in by_student.values() for work in works]
        beside = [] if folder == at else [name for name in here.folders if name not in {SUBMITTED, *_COURSE}]
        misfits = [
            *beside,
            *inner.files,
            *inner.others,
            *(student for student in by_student if not by_student[student]),
        ]
    assignment = _assignment(works, tree, lab)
    hand_ins = [_hand_in(work, tree, lab) for work in works if work.assignment == assignment]
    absent = sorted({work.student for work in works} - {hand_in.people[0].id for hand_in in hand_ins})
    remarks = (f"Handed in nothing for {assignment}: {some_of(absent)}.",) * bool(absent)
    return Reading(tuple(hand_ins), tuple(misfits), remarks=remarks)


def _submitted(tree: Tree, at: str) -> str:
    return join(at, SUBMITTED) if SUBMITTED in tree.listing(at).folders else at


def _works(tree: Tree, folder: str, student: str) -> list[_Work]:
    """What a student handed in, if it is all in folders."""
    here = join(folder, student)
    found = tree.listing(here)
    return [] if found.files else [_Work(student, name, join(here, name)) for name in found.folders[:_WORKS_LIMIT]]


def _assignment(works: list[_Work], tree: Tree, lab: Lab) -> str:
    names = sorted({work.assignment for work in works})
    if lab.name in names or not names:
        return lab.name
    if len(names) > 1:
        raise UsageError(
            f"{tree.path} has hand-ins for {some_of(names)}, and none for {lab.name}: give the one that is meant the "
            "lab's name, or a folder of its own."
        )
    return names[0]


def _hand_in(work: _Work, tree: Tree, lab: Lab) -> HandIn:
    time = work.time or _timestamp(tree, work.folder)
    handed_in = moment(time)
    roughly = handed_in or moment(" ".join(time.split()[:2]))  # short names of zones are not believed, yet they order
    rank = (roughly.timestamp(),) if roughly else (0.0,)
    path, parts = tree.hand_in(work.folder, lab.manifest.required_files)
    return HandIn(work.folder.rpartition("/")[2], (Person(id=work.student),), path, parts, rank, handed_in)


def _timestamp(tree: Tree, folder: str) -> str:
    if TIMESTAMP not in tree.listing(folder).files:
        return ""
    try:
        return tree.read(join(folder, TIMESTAMP), _TIMESTAMP_BYTES).decode("utf-8", "replace").strip()
    except (SubmissionError, OSError):
        return ""
