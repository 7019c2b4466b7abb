"""Files out of a folder, zip or tar.gz, one by one, as named bytes.

Nothing is unpacked to disk, no link is followed, and whatever an archive claims about itself is checked while it is
read.
"""

import gzip
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from autograder.errors import SubmissionError

FILE_BYTES_LIMIT = 1 << 20
ARCHIVE_BYTES_LIMIT = 64 << 20

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
FOREIGN_ARCHIVES = (".tar.bz2", ".tar.xz", ".tar.zst", ".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")
NOT_STUDENTS = {"__MACOSX", "__pycache__", "node_modules", "venv"}  # folders that tools leave behind

_DATA = (".json", ".txt", ".csv", ".toml", ".yaml", ".yml")  # that code may read beside it, if they are small

Entry = tuple[str, bytes | None]  # a path inside the submission, and its bytes if the file is wanted


def reader_for(path: Path) -> Callable[[Path], Iterator[Entry]]:
    """What reads a folder, or an archive by its suffix: SubmissionError comes out of it where it cannot."""
    lower = path.name.lower()
    if path.is_dir():
        return _read_folder
    if lower.endswith(".zip"):
        return _read_zip
    return _read_tar if lower.endswith(ARCHIVES) else _refuse_foreign_archive


def _is_wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") or part in NOT_STUDENTS for part in parts)
    return name.lower().endswith((".py", *_DATA)) and name.isprintable() and not hidden


def _read_folder(folder: Path) -> Iterator[Entry]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in NOT_STUDENTS)
        for name in sorted(names):
            path = Path(parent) / name
            inner = path.relative_to(folder).as_posix()
            yield inner, _read_file(path) if _is_wanted(inner) else None


def _read_file(path: Path) -> bytes:
    """The bytes of a regular file; a link, device or pipe in its place is refused."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise SubmissionError(f"{path.name} cannot be read ({error.strerror}). Hand in a plain file.") from error
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise SubmissionError(f"{path.name} is not a plain file.")
        return file.read(FILE_BYTES_LIMIT + 1)


def _read_zip(path: Path) -> Iterator[Entry]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                if stat.S_ISLNK(entry.external_attr >> 16):
                    raise SubmissionError(f"{path.name} holds the link {entry.filename}. Put the file itself in.")
                if entry.flag_bits & 1:
                    raise SubmissionError(f"{path.name} is protected by a password. Hand it in without one.")
                name = _safe_name(entry.filename)
                yield name, _read_part(archive.open(entry)) if _is_wanted(name) else None
    except (SubmissionError, OSError):
        raise
    except Exception as error:  # a fuzzer finds ways into zipfile (LZMAError, IndexError, …) that no list foresees
        raise SubmissionError(f"{path.name} is not a readable zip archive: {_reason(error)}. Pack it again.") from error


def _read_tar(path: Path) -> Iterator[Entry]:
    try:
        with path.open("rb") as file:
            unpacked: Any = file if path.name.lower().endswith(".tar") else gzip.GzipFile(fileobj=file)
            with tarfile.open(fileobj=_Bounded(unpacked, path.name), mode="r|") as archive:  # type: ignore[call-overload]
                for entry in archive:
                    if entry.issym() or entry.islnk() or entry.isdev():
                        raise SubmissionError(f"{path.name} holds {entry.name}, which is no plain file. Leave it out.")
                    if entry.isfile():
                        name, member = _safe_name(entry.name), archive.extractfile(entry)
                        yield name, _read_part(member) if member and _is_wanted(name) else None
    except (SubmissionError, OSError):
        raise
    except Exception as error:  # as above
        raise SubmissionError(f"{path.name} is not a readable tar archive: {_reason(error)}. Pack it again.") from error


def _refuse_foreign_archive(path: Path) -> Iterator[Entry]:
    raise SubmissionError(f"{path.name} is an archive of another kind. Hand in a folder, a .zip or a .tar.gz.")


class _Bounded:
    """A reader that stops an archive from growing without end while it is unpacked."""

    def __init__(self, file: Any, name: str):
        self._file = file
        self._name = name
        self._left = ARCHIVE_BYTES_LIMIT

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise SubmissionError(f"{self._name} unpacks to more than {ARCHIVE_BYTES_LIMIT >> 20} MB.")
        return data


def _read_part(file: IO[bytes]) -> bytes:
    with file:
        return file.read(FILE_BYTES_LIMIT + 1)


def _safe_name(name: str) -> str:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or "\0" in name or parts[0].startswith("/") or ".." in parts or ":" in parts[0]:
        raise SubmissionError(f"The archive holds the path {name!r}, which leads out of it. Pack the folder again.")
    return "/".join(parts)


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
