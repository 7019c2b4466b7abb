"""What lies in a folder, zip or tar.gz: its files one by one, each to be read or not.

Nothing is unpacked to disk, no link is followed, and an archive within an archive is a file like any other.  A zip is
looked through before any of it is unpacked; a tar, which has no table of contents, is held to the same limits while
it streams past.  Whatever either claims about itself is checked again while it is read.

Left out without a word is what tools and systems leave behind, whatever it is: a Mac's `__MACOSX` and `._x.py`, `.git`
with its links, an environment's `site-packages`, an editor's `.#x.py`.  Two things are refused in there as well,
since no tool writes them: a path that leads out of the archive, and members of a zip that lie over each other.
"""

import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from autograder import tars, zips
from autograder.entries import (
    ALL_ENTRIES_LIMIT,
    UNPACKED_MB_LIMIT,
    Count,
    Entry,
    inside,
    is_left_behind,
    refusing_damage,
    what_is,
)
from autograder.errors import SubmissionError
from autograder.names import PARTS_LIMIT, shown

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
NOTEBOOK = ".ipynb"
FOREIGN_ARCHIVES = (".tar.bz2", ".tar.xz", ".tar.zst", ".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")


def reader_for(path: Path) -> Callable[[Path], Iterator[Entry]]:
    """What reads a folder, a notebook, or an archive by its suffix: SubmissionError comes out of it where it cannot."""
    if path.is_dir():
        return _read_folder
    return _read_alone if path.name.lower().endswith(NOTEBOOK) else _read_archive


def is_archive(name: str) -> bool:
    """Whether a file of this name is an archive, one that can be read or not."""
    return name.lower().endswith(ARCHIVES + FOREIGN_ARCHIVES)


def entries_in(name: str, file: BinaryIO) -> Iterator[Entry]:
    """What lies in the archive `file`, whose `name` tells its kind and is what messages call it."""
    lower = name.lower()
    if lower.endswith(".zip"):
        return zips.entries_in(name, file)
    if lower.endswith(ARCHIVES):
        return _in_tar(name, file)
    raise SubmissionError(f"{shown(name)} is an archive of another kind. Hand in a folder, a .zip or a .tar.gz.")


def _read_archive(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        yield from entries_in(path.name, file)


def _read_alone(path: Path) -> Iterator[Entry]:
    yield file_entry(Path(os.path.realpath(path)), path.name)  # whoever names it may link as they like


# Folders


def _read_folder(folder: Path) -> Iterator[Entry]:
    """Hard links cannot be told from files here, and do no harm: whoever copied the folder could read them."""
    count = Count()
    waiting = [("", str(folder))]
    while waiting:
        above, parent = waiting.pop()
        try:
            with os.scandir(parent) as found:
                children = sorted(islice(found, ALL_ENTRIES_LIMIT + 1), key=lambda child: child.name, reverse=True)
        except OSError:
            if above:
                continue  # a folder that is closed to us holds nothing that we could take
            raise
        for child in children:
            left_behind = is_left_behind(child.name)
            count.add(left_behind)
            name = above + child.name
            if left_behind:
                continue
            if not child.is_dir(follow_symlinks=False):
                yield file_entry(Path(child.path), name)
            elif name.count("/") < PARTS_LIMIT:
                waiting.append((name + "/", child.path))


def file_entry(path: Path, name: str) -> Entry:
    """The file at `path` as an entry called `name`."""
    try:
        status = path.lstat()
    except OSError as error:
        return Entry(name, 0, f"nothing that can be read ({error.strerror})", _nothing)
    what = what_is(status.st_mode)
    if what is None and not os.access(path, os.R_OK):
        what = "a file without permission to read it"
    return Entry(name, status.st_size, what, lambda limit: _read_file(path, limit))


def _read_file(path: Path, limit: int) -> bytes:
    """The bytes of a regular file, and of nothing that took its place meanwhile."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise SubmissionError(f"{shown(path.name)} cannot be read ({error.strerror}). Hand in a plain file.") from error
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise SubmissionError(f"{shown(path.name)} is no plain file. Hand in the file itself.")
        return file.read(limit)


def _nothing(limit: int) -> bytes:
    return b""


# Tars


def _in_tar(tar_name: str, file: BinaryIO) -> Iterator[Entry]:
    count = Count()
    with refusing_damage(tar_name, "tar"):
        if file.seek(0, os.SEEK_END) > (UNPACKED_MB_LIMIT + 1) << 20:
            raise tars.TooLargeError
        file.seek(0)
        for member in tars.members(file):
            name = inside(member.name)
            left_behind = is_left_behind(name)
            count.add(left_behind)
            if name and not left_behind and not member.is_folder:
                yield Entry(name, member.size, member.what, partial(_untarred, tar_name, member))


def _untarred(tar_name: str, member: tars.Member, limit: int) -> bytes:
    with refusing_damage(tar_name, "tar"):
        return member.read(limit)
