"""A submission in parts: single files, each with the name that it was handed in under, on disk or in a class's zip.

Course systems hand out a class that way.  Out of a class's zip only what one student handed in is read, and held to
the limits of one submission, however large the class is.
"""

import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from autograder.archives import entries_in, file_entry, is_archive
from autograder.entries import Count, Entry, inside, is_left_behind, refusing_damage
from autograder.errors import HarnessError, SubmissionError
from autograder.names import shown
from autograder.zips import refuse_bomb, refuse_odd_packing, zip_entry

INNER_ARCHIVE_MB_LIMIT = 512  # out of a class's zip; only its table of contents and the code in it are looked at

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Part:
    """A file by the `name` that it was handed in under.

    It is the file at `path` or, where `member` is given, the member of that name in the zip at `path`.
    """

    name: str
    path: Path
    member: str = ""


def read_parts(parts: Sequence[Part]) -> Iterator[Entry]:
    """The files of one submission; a lone archive stands for what is in it.

    Raises:
        SubmissionError: a part cannot be taken, or all of them are too much.
        HarnessError: the class's zip cannot be read any more.
    """
    if len(parts) == 1 and is_archive(parts[0].name):
        with _opened(parts[0]) as file:
            yield from entries_in(parts[0].name, file)
        return
    named = [(part, inside(part.name)) for part in parts]
    _refuse_too_much(parts)
    for part, name in named:
        if name and not is_left_behind(name):
            yield _entry(part, name)


def _refuse_too_much(parts: Sequence[Part]) -> None:
    count = Count()
    packed = unpacked = 0
    for part in parts:
        count.add(is_left_behind(part.name))
        if part.member:
            member = _member(part)[1]
            packed, unpacked = packed + member.compress_size, unpacked + member.file_size
    refuse_bomb("The submission", packed, unpacked)


def _entry(part: Part, name: str) -> Entry:
    if not part.member:
        return file_entry(part.path, name)
    archive, member = _member(part)
    return zip_entry(archive, member, name, part.path.name)


@contextmanager
def _opened(part: Part) -> Iterator[BinaryIO]:
    """The archive that was handed in, to be read in any order."""
    if not part.member:
        with os.fdopen(os.open(part.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            yield file
        return
    _refuse_too_much([part])
    archive, member = _member(part)
    refuse_odd_packing(member)
    if member.file_size > INNER_ARCHIVE_MB_LIMIT << 20:
        raise SubmissionError(
            f"{shown(part.name)} is larger than {INNER_ARCHIVE_MB_LIMIT} MB. Hand in your .py files only."
        )
    with tempfile.TemporaryFile() as copy:  # without a name: nothing is left, however this process ends
        with refusing_damage(part.path.name, "zip"), archive.open(member) as packed:
            left = member.file_size  # zipfile gives no more than that
            while left > 0 and (chunk := packed.read(min(_CHUNK, left))):
                copy.write(chunk)
                left -= len(chunk)
        yield copy


def _member(part: Part) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
    try:
        state = part.path.stat()
        archive = _class_zip(part.path, state.st_size, state.st_mtime_ns)
        return archive, archive.getinfo(part.member)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise HarnessError(
            f"{part.path} cannot be read any more: {error}. What was graded is kept; put it back, and run again."
        ) from error


@lru_cache(maxsize=4)
def _class_zip(path: Path, size: int, changed_ns: int) -> zipfile.ZipFile:
    """Kept open, for its table of contents may be long; it was found fit to be opened when the class was listed."""
    return zipfile.ZipFile(path)
