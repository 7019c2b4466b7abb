"""Canvas: all files of all students side by side, as `lovelaceada_LATE_12345_67890_optimizers.py`.

The name is a person's or a group's, squeezed into letters; then come the user's number, the file's number, which
grows with every upload, and the name that it was handed in under, in which Canvas puts -1, -2, … where the student
had handed in a file of that name before.  Anonymous grading leaves `anon_Ab3xY` of the user.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.archives import NOTEBOOK, is_archive
from autograder.downloads.hand_ins import HandIn, Reading
from autograder.downloads.trees import Tree, join, only_archive
from autograder.lab import Lab
from autograder.submission import Person

_FORMS = (
    re.compile(r"(?:(?P<late>LATE)_)?(?P<name>anon)_(?P<user>[0-9A-Za-z]+)_(?P<number>\d+)_(?P<file>.+)"),
    re.compile(r"(?P<name>.*?)_(?:(?P<late>LATE|late)_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>.+)"),
    re.compile(r"(?P<name>.*?)_(?:(?P<late>LATE|late)_)?(?P<user>\d+)_(?P<file>(?:text|link)\.html)(?P<number>)"),
)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_AGAIN = re.compile(rf"-(?:\d{{1,2}}|{_UUID})(?=(?:\.[A-Za-z]\w*)*\.\w+$)")


@dataclass(frozen=True)
class _File:
    raw: str
    person: Person
    late: bool
    number: int
    name: str

    @property
    def is_work(self) -> bool:
        return self.name.lower().endswith((".py", NOTEBOOK)) or is_archive(self.name)

    @property
    def again(self) -> str:
        """Its name without what Canvas put there."""
        return _AGAIN.sub("", self.name)


def fits(tree: Tree, at: str, lab: Lab) -> bool:
    here = tree.listing(at)
    return 2 * sum(_parsed(name) is not None for name in here.files) > len(here)


def read(tree: Tree, at: str, lab: Lab) -> Reading:
    here = tree.listing(at)
    files = {name: _parsed(name) for name in here.files}
    by_user: defaultdict[str, list[_File]] = defaultdict(list)
    for file in filter(None, files.values()):
        by_user[file.person.id].append(file)
    hand_ins, superseded = [], []
    for handed_in in by_user.values():
        by_name, older = _as_handed_in(handed_in)
        lone = only_archive(by_name, lab.manifest.required_files)
        counting = {lone: by_name[lone]} if lone else by_name
        parts = tuple(tree.part(join(at, file.raw), name) for name, file in sorted(counting.items()))
        last = max(handed_in, key=lambda file: file.number)
        late = any(file.late for file in handed_in)
        where = tree.where(join(at, last.raw))
        hand_ins.append(HandIn(last.raw, (last.person,), where, parts, (last.number,), late=late))
        superseded += [file.raw for file in older]
    misfits = [name for name, file in files.items() if file is None]
    return Reading(tuple(hand_ins), (*misfits, *here.folders, *here.others), tuple(superseded))


def _parsed(raw: str) -> _File | None:
    found = next(filter(None, (form.fullmatch(raw) for form in _FORMS)), None)
    if found is None or found["file"] in (".", "..") or len(found["number"]) > 30:
        return None
    person = Person(found["name"], id=found["user"])
    return _File(raw, person, bool(found["late"]), int(found["number"] or 0), found["file"])


def _as_handed_in(files: Sequence[_File]) -> tuple[dict[str, _File], list[_File]]:
    """One student's files by the names that they were handed in under, and those that a later one replaced.

    Data may well be called fold-1.csv by its author, so -1 leaves it only beside code that was handed in again.
    """
    again = any(file.is_work and file.again != file.name for file in files)
    by_name: dict[str, _File] = {}
    older = []
    for file in sorted(files, key=lambda file: file.number):
        name = file.again if file.is_work or again else file.name
        if name in by_name and not file.is_work:
            name = file.name  # two folds, and not one of them twice
        if name in by_name:
            older.append(by_name[name])
        by_name[name] = file
    return by_name, older
