"""A download as a tree of names, whether it is a folder or still the zip that came.

A zip is read where it lies: its table of contents here, and a student's files when it is their turn.
"""

import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autograder.archives import is_archive
from autograder.entries import NOT_STUDENTS, inside, is_left_behind, refusing_damage
from autograder.errors import SubmissionError, UsageError
from autograder.names import PARTS_LIMIT, shown
from autograder.parts import Part
from autograder.zips import Frugal, refuse_odd_packing, refuse_overlap

ZIP_DIRECTORY_MB_LIMIT = 32  # a class of thousands, or of hundreds with a hundred files each

_UTF8 = 0x800


@dataclass(frozen=True)
class Listing:
    """What lies in a folder, in order; `others` are links, whatever else is no plain file, and what is hidden."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.files) + len(self.folders)


class Tree(Protocol):
    """Folders are named by their path from the top, which is ""."""

    path: Path
    led_out: tuple[str, ...]  # members of a zip that lead out of it: nobody's

    def listing(self, folder: str = "") -> Listing: ...

    def read(self, file: str, limit: int) -> bytes:
        """The file's first `limit` bytes; SubmissionError or OSError if it cannot be read."""
        ...

    def where(self, name: str) -> Path:
        """For people: it need not exist."""
        ...

    def part(self, file: str, name: str) -> Part:
        """The file, handed in under `name`."""
        ...

    def hand_in(self, folder: str, lab_files: Iterable[str]) -> tuple[Path, tuple[Part, ...]]:
        """What lies in `folder` as one submission's path and parts: the archive in it, where that is the work."""
        ...


class FolderTree:
    def __init__(self, path: Path):
        self.path = path
        self.led_out: tuple[str, ...] = ()

    def listing(self, folder: str = "") -> Listing:
        files: list[str] = []
        folders: list[str] = []
        others: list[str] = []
        try:
            entries = sorted(os.scandir(self.path / folder), key=lambda entry: entry.name)
        except OSError:
            return Listing()  # closed to us; reading the submission says so
        for entry in entries:
            if is_left_behind(entry.name):
                others += [entry.name] * (not _is_noise(entry.name))
            elif entry.is_file(follow_symlinks=False):
                files.append(entry.name)
            else:
                (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
        return Listing(tuple(files), tuple(folders), tuple(others))

    def read(self, file: str, limit: int) -> bytes:
        with (self.path / file).open("rb") as opened:
            return opened.read(limit)

    def where(self, name: str) -> Path:
        return self.path / name

    def part(self, file: str, name: str) -> Part:
        return Part(name, self.path / file)

    def hand_in(self, folder: str, lab_files: Iterable[str]) -> tuple[Path, tuple[Part, ...]]:
        lone = lone_archive(self, folder, lab_files)
        return self.path / folder / (lone or ""), ()


@dataclass(frozen=True)
class _Below:
    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


class ZipTree:
    """Raises SubmissionError or OSError where the zip cannot be read."""

    def __init__(self, path: Path):
        self.path = path
        self._members: dict[str, str] = {}  # by the names that they have here, which need not be the zip's own
        self._below: dict[str, _Below] = {"": _Below()}
        led_out = []
        with refusing_damage(path.name, "zip"), path.open("rb") as file:
            infos = zipfile.ZipFile(Frugal(file, ZIP_DIRECTORY_MB_LIMIT)).infolist()
        refuse_overlap(infos, path.name)
        for info in infos:
            try:
                raw = _spelled(info)
                name = inside(raw)
            except SubmissionError:
                led_out.append(info.orig_filename)
                continue
            if name and name.count("/") < PARTS_LIMIT and not raw.endswith(("/", "\\")):
                self._add(name, info.filename)
        self.led_out = tuple(led_out)

    def _add(self, name: str, member: str) -> None:
        here = ""
        *folders, file = name.split("/")
        for folder in folders:
            below = self._below.setdefault(here, _Below())
            if is_left_behind(folder):
                below.others.add(folder)
                return
            below.folders.add(folder)
            here = join(here, folder)
        below = self._below.setdefault(here, _Below())
        if is_left_behind(file):
            below.others.add(file)
        else:
            below.files.add(file)
            self._members[name] = member

    def listing(self, folder: str = "") -> Listing:
        below = self._below.get(folder, _Below())
        others = (name for name in below.others if not _is_noise(name))
        return Listing(tuple(sorted(below.files)), tuple(sorted(below.folders)), tuple(sorted(others)))

    def read(self, file: str, limit: int) -> bytes:
        with refusing_damage(self.path.name, "zip"), zipfile.ZipFile(self.path) as archive:
            member = archive.getinfo(self._members[file])
            refuse_odd_packing(member)
            with archive.open(member) as opened:
                return opened.read(limit)

    def where(self, name: str) -> Path:
        return self.path / name

    def part(self, file: str, name: str) -> Part:
        return Part(name, self.path, self._members[file])

    def hand_in(self, folder: str, lab_files: Iterable[str]) -> tuple[Path, tuple[Part, ...]]:
        lone = lone_archive(self, folder, lab_files)
        if lone:
            return self.where(f"{folder}/{lone}"), (self.part(f"{folder}/{lone}", lone),)
        return self.where(folder), tuple(self._parts_below(folder, ""))

    def _parts_below(self, folder: str, above: str) -> list[Part]:
        parts, waiting = [], [(folder, above)]
        while waiting:
            here, above = waiting.pop()
            listing = self.listing(here)
            parts += [self.part(f"{here}/{file}", above + file) for file in listing.files]
            waiting += [(f"{here}/{inner}", f"{above}{inner}/") for inner in reversed(listing.folders)]
        return parts


def tree_of(path: Path) -> Tree:
    """
    Raises:
        UsageError: `path` is neither a folder nor a zip that can be read.
    """
    if path.is_dir():
        return FolderTree(path)
    try:
        return ZipTree(path)
    except (SubmissionError, OSError) as error:
        why = f"{error.strerror}." if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path} cannot be read as a download: {why}") from error


def lone_archive(tree: Tree, folder: str, lab_files: Iterable[str]) -> str | None:
    """The one archive in `folder`, where none of the lab's files lies loose in it or a folder further down."""
    wanted = set(lab_files)
    here = tree.listing(folder)
    archives = [file for file in here.files if is_archive(file)]
    if len(archives) != 1 or wanted & set(here.files):
        return None
    loose = any(wanted & set(tree.listing(f"{folder}/{inner}").files) for inner in here.folders)
    return None if loose else archives[0]


def only_archive(names: Iterable[str], lab_files: Iterable[str]) -> str | None:
    """The same for files of these names that lie in no folder."""
    archives = [name for name in names if is_archive(name)]
    return archives[0] if len(archives) == 1 and not set(lab_files) & set(names) else None


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_noise(name: str) -> bool:
    """What no person has made, and nobody needs to hear of: other hidden names may be a student's."""
    return name in NOT_STUDENTS or name.startswith("._") or name in (".DS_Store", ".localized")


def _spelled(info: zipfile.ZipInfo) -> str:
    """A member's name; some tools write UTF-8 and do not say so, which zipfile then takes for a code page."""
    if "\0" in info.orig_filename:  # zipfile cuts a name there
        raise SubmissionError(f"The archive holds {shown(info.orig_filename)}. Pack the folder again.")
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename
