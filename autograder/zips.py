"""Zips: looked through as a whole before any of it is unpacked, and held to their own table of contents."""

import os
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from autograder.entries import UNPACKED_MB_LIMIT, Count, Entry, inside, is_left_behind, refusing_damage, what_is
from autograder.errors import SubmissionError
from autograder.names import shown

RATIO_LIMIT = 100  # beyond UNPACKED_MB_LIMIT; code and text stay below 20
ZIP_DIRECTORY_MB_LIMIT = 8

_LOCAL_HEADER_BYTES = 30
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


def entries_in(zip_name: str, file: BinaryIO) -> Iterator[Entry]:
    """The files in the zip `file`, which messages call `zip_name`."""
    packed = file.seek(0, os.SEEK_END)
    with refusing_damage(zip_name, "zip"), zipfile.ZipFile(Frugal(file)) as archive:
        for part, name in _looked_through(archive.infolist(), zip_name, packed):
            yield zip_entry(archive, part, name, zip_name)


def zip_entry(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str, zip_name: str) -> Entry:
    """A member of an open zip as an entry called `name`; `zip_name` is what messages call the zip."""
    return Entry(name, part.file_size, what_is(part.external_attr >> 16), partial(_unzipped, zip_name, archive, part))


def _looked_through(parts: list[zipfile.ZipInfo], zip_name: str, packed: int) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files among `parts` with their paths, once the archive as a whole has been found fit to be opened."""
    count, unpacked = Count(), 0
    files = []
    for part in parts:
        raw = part.orig_filename if "\0" in part.orig_filename else part.filename  # zipfile cuts a name at its NUL
        name = inside(raw)
        left_behind = is_left_behind(name)
        count.add(left_behind)
        unpacked += part.file_size
        if name and not left_behind and not raw.endswith(("/", "\\")):
            files.append((part, name))
    refuse_overlap(parts, zip_name)
    refuse_bomb(zip_name, packed, unpacked)
    return files


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """No homework is so large, and packs so well."""
    if unpacked > UNPACKED_MB_LIMIT << 20 and unpacked > RATIO_LIMIT * packed:
        raise SubmissionError(
            f"{shown(name)} has {packed >> 10} KB and unpacks to {unpacked >> 20} MB, which no homework does. "
            "Hand in your .py files only."
        )


def refuse_overlap(parts: list[zipfile.ZipInfo], zip_name: str) -> None:
    """Members that share bytes make a bomb of any size out of a small file; no tool writes them."""
    free, last = 0, ""
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < free:
            raise SubmissionError(
                f"In {shown(zip_name)}, {shown(last)} and {shown(part.orig_filename)} lie over each other. "
                "Pack the folder again."
            )
        free, last = part.header_offset + _LOCAL_HEADER_BYTES + part.compress_size, part.orig_filename


def refuse_odd_packing(part: zipfile.ZipInfo) -> None:
    """What cannot be unpacked here, or not within limits."""
    name = shown(part.filename)
    if part.flag_bits & _ENCRYPTED:
        raise SubmissionError(f"{name} is protected by a password. Hand in the archive without one.")
    if part.compress_type not in _METHODS:  # zipfile bounds what comes out of deflate, and of nothing else
        raise SubmissionError(f"{name} is packed in a rare way. Pack the folder again, as an ordinary zip.")


def _unzipped(zip_name: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo, limit: int) -> bytes:
    name = shown(part.filename)
    refuse_odd_packing(part)
    with refusing_damage(zip_name, "zip"), archive.open(part) as file:
        content = file.read(limit)
    if len(content) < limit and (len(content), zlib.crc32(content)) != (part.file_size, part.CRC):
        raise SubmissionError(f"{name} is not what the table of contents says. Pack the folder again.")
    return content


class Frugal:
    """A file for zipfile, which takes an archive's word for how much it has to read at once."""

    def __init__(self, file: BinaryIO, megabytes: int = ZIP_DIRECTORY_MB_LIMIT):
        self._file = file
        self._megabytes = megabytes
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        most = self._megabytes << 20
        data = self._file.read(size if 0 <= size <= most else most + 1)
        if len(data) > most:
            raise SubmissionError(
                f"The archive's table of contents is longer than {self._megabytes} MB. Hand in your .py files only."
            )
        return data
