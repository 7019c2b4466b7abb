"""Moodle: a folder a student, `Ada Lovelace_123456_assignsubmission_file_` with or without its last stroke.

Downloaded without folders, the same is in front of each file's name.  Team submissions have the team's name, and the
team of those who are in none has no number.  What students typed into the page comes as `…_onlinetext_`.
"""

import re
from dataclasses import dataclass, field

from autograder.downloads.hand_ins import HandIn, Reading
from autograder.downloads.trees import Tree, join, only_archive
from autograder.lab import Lab
from autograder.submission import Person

_FORMS = (
    re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?"),
    re.compile(r"(?P<name>.+?)(?P<id>)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?"),
)


@dataclass
class _Student:
    """What lies there of one person, by the names there; of files, by the name that each was handed in under."""

    person: Person
    folders: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)  # into a page: there is nothing in it to grade


def fits(tree: Tree, at: str, lab: Lab) -> bool:
    here = tree.listing(at)
    names = (*here.files, *here.folders)
    return 2 * sum(_parsed(name) is not None for name in names) > len(names)


def read(tree: Tree, at: str, lab: Lab) -> Reading:
    here = tree.listing(at)
    students: dict[tuple[str, str], _Student] = {}
    misfits = list(here.others)
    for name in (*here.folders, *here.files):
        found = _parsed(name)
        handed_in_as = found and found["file"]
        if found is None or (name not in here.folders and handed_in_as in (None, "", ".", "..")):
            misfits.append(name)
            continue
        student = students.setdefault((found["name"], found["id"]), _Student(Person(found["name"], id=found["id"])))
        if found["kind"] != "file":
            student.typed.append(name)
        elif name in here.folders:
            student.folders.append(name)
        else:
            student.files[found["file"]] = name
    return Reading(tuple(_hand_in(student, tree, at, lab) for student in students.values()), tuple(misfits))


def _parsed(name: str) -> re.Match[str] | None:
    return next(filter(None, (form.fullmatch(name) for form in _FORMS)), None)


def _hand_in(student: _Student, tree: Tree, at: str, lab: Lab) -> HandIn:
    """The files; where there are none, what was typed, so that nobody who handed something in is left out."""
    files, wanted = student.files, lab.manifest.required_files
    if student.folders:
        folder = join(at, student.folders[0])
        return HandIn(student.folders[0], (student.person,), *tree.hand_in(folder, wanted))
    if not files:
        folder = join(at, student.typed[0])
        if student.typed[0] in tree.listing(at).folders:
            return HandIn(student.typed[0], (student.person,), *tree.hand_in(folder, wanted))
        files = {"onlinetext.html": student.typed[0]}
    lone = only_archive(files, wanted)
    counting = {lone: files[lone]} if lone else files
    parts = tuple(tree.part(join(at, raw), name) for name, raw in sorted(counting.items()))
    first = min(counting.values())
    return HandIn(first, (student.person,), tree.where(join(at, first)), parts)
