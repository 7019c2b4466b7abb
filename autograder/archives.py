"""What lies in a folder, zip or tar.gz: its files one by one, each to be read or not.

Nothing is unpacked to disk, no link is followed, and an archive within an archive is a file like any other.  A zip is
looked through before any of it is unpacked; a tar, which has no table of contents, is held to the same limits while
it streams past.  Whatever either claims about itself is checked again while it is read.

Left out without a word is what tools and systems leave behind, whatever it is: a Mac's `__MACOSX` and `._x.py`, `.git`
with its links, an environment's `site-packages`, an editor's `.#x.py`.  Two things are refused in there as well,
since no tool writes them: a path that leads out of the archive, and members of a zip that lie over each other.
"""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from autograder import tars
from autograder.errors import SubmissionError
from autograder.names import PARTS_LIMIT, shown

ENTRIES_LIMIT = 5_000  # of a student's own
ALL_ENTRIES_LIMIT = 50_000  # with what tools leave behind
UNPACKED_MB_LIMIT = tars.UNPACKED_MB_LIMIT
RATIO_LIMIT = 100  # beyond UNPACKED_MB_LIMIT; code and text stay below 20
ZIP_DIRECTORY_MB_LIMIT = 8

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
FOREIGN_ARCHIVES = (".tar.bz2", ".tar.xz", ".tar.zst", ".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")
NOT_STUDENTS = {"__MACOSX", "__pycache__", "node_modules", "venv", "site-packages", "dist-packages"}  # tools' folders

_LOCAL_HEADER_BYTES = 30
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_WHAT = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@dataclass(frozen=True)
class Entry:
    """A file, by its path in the submission; `what` says what is in its place where there is no plain one.

    `read(n)` gives its first n bytes, or all if it has fewer, once, and before the next entry is asked for; it raises
    SubmissionError where they cannot be read.  `size` is what is said to be there, in bytes.
    """

    name: str
    size: int
    what: str | None
    read: Callable[[int], bytes]


def reader_for(path: Path) -> Callable[[Path], Iterator[Entry]]:
    """What reads a folder, or an archive by its suffix: SubmissionError comes out of it where it cannot."""
    lower = path.name.lower()
    if path.is_dir():
        return _read_folder
    if lower.endswith(".zip"):
        return _read_zip
    return _read_tar if lower.endswith(ARCHIVES) else _refuse_foreign_archive


def is_left_behind(name: str) -> bool:
    """Whether a tool or a system left the file or folder of this path there: hidden, or in a tools' folder."""
    return any(part.startswith(".") or part in NOT_STUDENTS for part in name.split("/"))


class _Count:
    """How many entries there were, within limits."""

    def __init__(self) -> None:
        self._all = self._students = 0

    def add(self, left_behind: bool) -> None:
        self._all += 1
        self._students += not left_behind
        if self._students > ENTRIES_LIMIT or self._all > ALL_ENTRIES_LIMIT:
            raise SubmissionError(
                f"The submission holds more than {ENTRIES_LIMIT} files and folders. Hand in your .py files only."
            )


# Folders


def _read_folder(folder: Path) -> Iterator[Entry]:
    """Hard links cannot be told from files here, and do no harm: whoever copied the folder could read them."""
    count = _Count()
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
                yield _entry_of(Path(child.path), name)
            elif name.count("/") < PARTS_LIMIT:
                waiting.append((name + "/", child.path))


def _entry_of(path: Path, name: str) -> Entry:
    try:
        status = path.lstat()
    except OSError as error:
        return Entry(name, 0, f"nothing that can be read ({error.strerror})", _nothing)
    what = _WHAT.get(stat.S_IFMT(status.st_mode))
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


# Zips


def _read_zip(path: Path) -> Iterator[Entry]:
    with _refusing_damage(path, "zip"), path.open("rb") as file, zipfile.ZipFile(_Frugal(file)) as archive:
        for part, name in _looked_through(archive.infolist(), path):
            what = _WHAT.get(stat.S_IFMT(part.external_attr >> 16))
            yield Entry(name, part.file_size, what, partial(_unzipped, path, archive, part))


def _looked_through(parts: list[zipfile.ZipInfo], path: Path) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files among `parts` with their paths, once the archive as a whole has been found fit to be opened."""
    count, unpacked = _Count(), 0
    files = []
    for part in parts:
        raw = part.orig_filename if "\0" in part.orig_filename else part.filename  # zipfile cuts a name at its NUL
        name = _inside(raw)
        left_behind = is_left_behind(name)
        count.add(left_behind)
        unpacked += part.file_size
        if name and not left_behind and not raw.endswith(("/", "\\")):
            files.append((part, name))
    _refuse_overlap(parts, path)
    packed = path.stat().st_size
    if unpacked > UNPACKED_MB_LIMIT << 20 and unpacked > RATIO_LIMIT * packed:
        raise SubmissionError(
            f"{shown(path.name)} has {packed >> 10} KB and unpacks to {unpacked >> 20} MB, which no homework does. "
            "Hand in your .py files only."
        )
    return files


def _refuse_overlap(parts: list[zipfile.ZipInfo], path: Path) -> None:
    """Members that share bytes make a bomb of any size out of a small file; no tool writes them."""
    free, last = 0, ""
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < free:
            raise SubmissionError(
                f"In {shown(path.name)}, {shown(last)} and {shown(part.orig_filename)} lie over each other. "
                "Pack the folder again."
            )
        free, last = part.header_offset + _LOCAL_HEADER_BYTES + part.compress_size, part.orig_filename


def _unzipped(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo, limit: int) -> bytes:
    name = shown(part.filename)
    if part.flag_bits & _ENCRYPTED:
        raise SubmissionError(f"{name} is protected by a password. Hand in the archive without one.")
    if part.compress_type not in _METHODS:  # zipfile bounds what comes out of deflate, and of nothing else
        raise SubmissionError(f"{name} is packed in a rare way. Pack the folder again, as an ordinary zip.")
    with _refusing_damage(path, "zip"), archive.open(part) as file:
        content = file.read(limit)
    if len(content) < limit and (len(content), zlib.crc32(content)) != (part.file_size, part.CRC):
        raise SubmissionError(f"{name} is not what the table of contents says. Pack the folder again.")
    return content


class _Frugal:
    """A file for zipfile, which takes an archive's word for how much it has to read at once."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        most = ZIP_DIRECTORY_MB_LIMIT << 20
        data = self._file.read(size if 0 <= size <= most else most + 1)
        if len(data) > most:
            raise SubmissionError(
                f"The archive's table of contents is longer than {ZIP_DIRECTORY_MB_LIMIT} MB. "
                "Hand in your .py files only."
            )
        return data


# Tars


def _read_tar(path: Path) -> Iterator[Entry]:
    count = _Count()
    with _refusing_damage(path, "tar"), path.open("rb") as file:
        if path.stat().st_size > (UNPACKED_MB_LIMIT + 1) << 20:
            raise tars.TooLargeError
        for member in tars.members(file):
            name = _inside(member.name)
            left_behind = is_left_behind(name)
            count.add(left_behind)
            if name and not left_behind and not member.is_folder:
                yield Entry(name, member.size, member.what, partial(_untarred, path, member))


def _untarred(path: Path, member: tars.Member, limit: int) -> bytes:
    with _refusing_damage(path, "tar"):
        return member.read(limit)


def _refuse_foreign_archive(path: Path) -> Iterator[Entry]:
    raise SubmissionError(f"{shown(path.name)} is an archive of another kind. Hand in a folder, a .zip or a .tar.gz.")


@contextmanager
def _refusing_damage(path: Path, kind: str) -> Iterator[None]:
    """Whatever a library makes of a damaged archive becomes a sentence."""
    try:
        yield
    except (SubmissionError, OSError):
        raise
    except tars.TooLargeError as error:
        raise SubmissionError(
            f"{shown(path.name)} unpacks to more than {UNPACKED_MB_LIMIT} MB. Hand in your .py files only."
        ) from error
    except Exception as error:  # a fuzzer finds ways into zipfile (IndexError, …) that no list foresees
        reason = shown(str(error).rstrip(".") or type(error).__name__)
        raise SubmissionError(
            f"{shown(path.name)} is not a readable {kind} archive: {reason}. Pack it again."
        ) from error


def _inside(name: str) -> str:
    """An archive's path with plain slashes, and without the steps that lead nowhere; "" is the archive itself."""
    spelled = name.replace("\\", "/")
    if spelled.startswith("/") or ".." in spelled.split("/") or re.match("[A-Za-z]:", spelled):
        raise SubmissionError(f"The archive holds {shown(name)}, a path that leads out of it. Pack the folder again.")
    return "/".join(part for part in spelled.split("/") if part not in ("", "."))
