"""Tar archives, packed or not, read once from front to back.

The library's own reader gets by with neither: some headers make it recurse, search for minutes or hold a whole
archive in memory, and gzip's reader never comes back from a file of ten million empty parts.  So only the parsing of
one header is the library's; what follows it is read here, in time and memory that the limits bound.
"""

import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

EXTENSION_BYTES_LIMIT = 64 << 10  # what stands before a member: a long name, or pax records
UNPACKED_MB_LIMIT = 64
PACKED_PARTS_LIMIT = 1_000

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 64 << 10
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
_WHAT = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}


class TarError(Exception):
    """What is wrong with the archive, in a few words."""


class TooLargeError(TarError):
    """It unpacks to more than anybody hands in."""


@dataclass(frozen=True)
class Member:
    """A file, a folder, or `what` else.

    `read(n)` gives its next n bytes, or all that are left, until the next member is asked for.
    """

    name: str
    size: int
    is_folder: bool
    what: str | None
    read: Callable[[int], bytes]


def members(file: BinaryIO) -> Iterator[Member]:
    """The members of the tar archive in `file`, one by one; whether it is packed shows in its first bytes.

    Raises:
        TarError: it is damaged, cut short or too large; raised when reading gets there.
    """
    packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    file.seek(0)
    stream = _Stream(_gunzipped(file) if packed else iter(lambda: file.read(_CHUNK), b""))
    long_name, records = "", dict[str, str]()
    header = _next_header(stream)
    if header is None:
        raise TarError("it is empty")
    while header:
        if header.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            text = stream.extension(header.size).split(b"\0")[0].decode("utf-8", "surrogateescape")
            long_name = text if header.type == tarfile.GNUTYPE_LONGNAME else long_name
        elif header.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            records = _pax_records(stream.extension(header.size))
        elif header.type == tarfile.XGLTYPE:
            stream.extension(header.size)
        else:
            yield _member(header, long_name, records, stream)
            stream.finish()
            long_name, records = "", {}
        header = _next_header(stream)
    stream.drain()  # what is behind the end is not looked at, but a checksum may stand there


def _next_header(stream: "_Stream") -> tarfile.TarInfo | None:
    block = stream.read_up_to(_BLOCK)
    if not block.strip(b"\0"):
        return None  # the end, or the zeros that mark it
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError) as error:
        raise TarError(f"{error} where a file should begin") from error
    if header.size < 0:
        raise TarError("a file of negative size")
    return header


def _member(header: tarfile.TarInfo, long_name: str, records: dict[str, str], stream: "_Stream") -> Member:
    if header.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse.") for key in records):
        raise TarError("a file with holes; pack it without --sparse")
    name = records.get("path") or long_name or header.name
    is_folder = header.type == tarfile.DIRTYPE
    what = _WHAT.get(header.type)
    size = 0 if is_folder or what else _number(records["size"]) if "size" in records else header.size
    stream.begin(size)
    return Member(name, size, is_folder, what, stream.read)


def _pax_records(body: bytes) -> dict[str, str]:
    """The records "<length> <key>=<value>\\n" in `body`; the length counts all of the record."""
    records, start = {}, 0
    while start < len(body) and body[start]:
        digits, space, _ = body[start : start + 10].partition(b" ")
        end = start + _number(digits.decode("ascii", "replace"))
        record = body[start + len(digits) + 1 : end]
        key, equals, value = record.partition(b"=")
        if not (space and equals and record.endswith(b"\n") and end <= len(body)):
            raise TarError("a broken extended header")
        records[key.decode("utf-8", "surrogateescape")] = value[:-1].decode("utf-8", "surrogateescape")
        start = end
    return records


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise TarError("a length that is no number")
    return int(text)


class _Stream:
    """Bytes that come in pieces, read member by member, and no more than the limit of them."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces = pieces
        self._piece = memoryview(b"")
        self._budget = UNPACKED_MB_LIMIT << 20
        self._left = 0  # of the member's bytes
        self._padding = 0

    def begin(self, size: int) -> None:
        if size > self._budget:  # before a byte of it is unpacked
            raise TooLargeError
        self._left, self._padding = size, -size % _BLOCK

    def read(self, size: int) -> bytes:
        wanted = min(size, self._left)
        self._left -= wanted
        return self._exactly(wanted)

    def finish(self) -> None:
        while self._left:
            self.read(_CHUNK)
        self.read_up_to(self._padding)  # whoever wrote the archive may have saved the last of it

    def extension(self, size: int) -> bytes:
        if size > EXTENSION_BYTES_LIMIT:
            raise TarError("an extended header that is too long")
        self.begin(size)
        body = self.read(size)
        self.finish()
        return body

    def drain(self) -> None:
        while self.read_up_to(_CHUNK):
            pass

    def _exactly(self, size: int) -> bytes:
        data = self.read_up_to(size)
        if len(data) < size:
            raise TarError("it is cut short")
        return data

    def read_up_to(self, size: int) -> bytes:
        """The next `size` bytes, or fewer at the end."""
        taken = bytearray()
        while len(taken) < size:
            if not self._piece:
                self._piece = memoryview(next(self._pieces, b""))
                self._budget -= len(self._piece)
                if not self._piece:
                    break
            part = self._piece[: size - len(taken)]
            taken += part
            self._piece = self._piece[len(part) :]
        if self._budget < 0:
            raise TooLargeError
        return bytes(taken)


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    """What is packed in `file`, in pieces; parts may stand one behind the other, with zeros between and behind."""
    for _ in range(PACKED_PARTS_LIMIT):
        waiting = _after_zeros(file)
        if not waiting:
            return
        part = zlib.decompressobj(_GZIP)
        while not part.eof:
            try:
                piece = part.decompress(waiting, _CHUNK)
            except zlib.error as error:
                raise TarError(str(error)) from error
            if piece:
                yield piece
            waiting = part.unconsumed_tail or (b"" if part.eof else file.read(_CHUNK))
            if not (waiting or part.eof or piece):
                raise TarError("it is cut short")
        file.seek(-len(part.unused_data), 1)
    raise TarError("too many parts")


def _after_zeros(file: BinaryIO) -> bytes:
    while (chunk := file.read(_CHUNK)) and not (rest := chunk.lstrip(b"\0")):
        pass
    return rest if chunk else b""
