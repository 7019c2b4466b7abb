"""What a student handed in, as named bytes, or a sentence that says why it cannot be read.

A submission is a folder, zip or tar.gz that holds any of the lab's files, in it or further down; a class is a
folder of submissions, or several paths.  Only code and small data files are taken.  Nothing is unpacked to disk, no
link is followed, and whatever an archive claims about itself is checked while it is read.
"""

import gzip
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from autograder.errors import SubmissionError, UsageError
from autograder.lab import Lab, digest_contents

ENTRIES_LIMIT = 5_000
FILES_LIMIT = 200
FILE_BYTES_LIMIT = 1 << 20
DATA_BYTES_LIMIT = 64 << 10
ARCHIVE_BYTES_LIMIT = 64 << 20

RESERVED_NAMES = ("grades.csv", ".inputs")  # what a run writes beside the students' folders

_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
_FOREIGN_ARCHIVES = (".tar.bz2", ".tar.xz", ".tar.zst", ".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")
_DATA = (".json", ".txt", ".csv", ".toml", ".yaml", ".yml")  # that code may read beside it, if they are small
_NOT_STUDENTS = {"__MACOSX", "__pycache__", "node_modules", "venv"}


@dataclass(frozen=True)
class Source:
    """Where one student's submission lies."""

    student: str
    path: Path


@dataclass(frozen=True)
class Submission:
    """A student's files by their path below the folder that holds the lab's files.

    `problem` is set when nothing could be read, and says why.
    """

    student: str
    files: dict[str, bytes] = field(default_factory=dict)
    problem: str | None = None

    @property
    def digest(self) -> str:
        return digest_contents({**self.files, "": (self.problem or "").encode("utf-8", "surrogateescape")})


@dataclass(frozen=True)
class Roster:
    """All submissions found below the paths given, in the order of the students' names, and what was passed over."""

    sources: tuple[Source, ...]
    ignored: tuple[Path, ...]


def find_submissions(paths: Sequence[Path], lab: Lab) -> Roster:
    """Tell submissions from classes of them.

    Raises:
        UsageError: a path does not exist or holds no submission, or two students would have the same name.
    """
    finder = _Finder(set(lab.manifest.required_files))
    for path in paths:
        finder.add(path, alone=len(paths) == 1)
    by_name: dict[str, Path] = {}
    for source in finder.sources:
        other = by_name.setdefault(source.student, source.path)
        if other != source.path:
            raise UsageError(f"Two submissions are called {source.student!r}: {other} and {source.path}. Rename one.")
    ordered = sorted(by_name.items())
    return Roster(tuple(Source(student, path) for student, path in ordered), tuple(finder.ignored))


class _Finder:
    def __init__(self, lab_files: set[str]):
        self._lab_files = lab_files
        self.sources: list[Source] = []
        self.ignored: list[Path] = []

    def add(self, path: Path, alone: bool) -> None:
        """Take `path` as a submission, a class, or a folder of classes."""
        path = Path(os.path.abspath(path))
        if not path.exists():
            raise UsageError(f"{path} does not exist.")
        if not path.is_dir():
            if self._is_archive(path):
                self._take(path)
            elif alone:
                raise UsageError(f"{path} is neither a folder nor a zip or tar.gz archive.")
            else:
                self.ignored.append(path)  # a shell's * brings whatever lies there
        elif (self._holds_lab_files(path) and not (alone and self._holds_many(path))) or (
            not alone and not self._is_class(path)
        ):
            self._take(path)
        else:
            self._add_class(path)

    def _add_class(self, path: Path) -> None:
        """Take what lies in `path`: submissions, or where none does, sections that hold them."""
        members, others = self._members(path)
        if not members:
            raise UsageError(f"{path} holds no submission: no folder, no zip, no tar.gz.")
        self.ignored += others
        sections = not any(self._is_submission(member) for member in members)
        for member in members:
            if sections and self._is_class(member):
                self._add_class(member)
            else:
                self._take(member)

    def _holds_many(self, path: Path) -> bool:
        """Several submissions, beside which a loose lab file is somebody's mistake."""
        return sum(self._is_submission(member) for member in self._members(path)[0]) > 1

    def _take(self, path: Path) -> None:
        """Take `path`, or the one archive in it, as some course systems hand submissions out."""
        name = student_name(path)
        if name in RESERVED_NAMES:
            raise UsageError(f"{path} cannot be graded under the name {name!r}, which results go by. Rename it.")
        archives = [m for m in self._members(path)[0] if not m.is_dir()] if path.is_dir() else []
        lone = len(archives) == 1 and not self._holds_lab_files(path) and not self._folders_with_lab_files(path)
        self.sources.append(Source(name, archives[0] if lone else path))

    def _members(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """What may be a student's in a folder of submissions, and what else lies there."""
        entries = sorted(e for e in folder.iterdir() if not e.name.startswith(".") and e.name not in _NOT_STUDENTS)
        members = [entry for entry in entries if self._is_archive(entry) or (entry.is_dir() and not entry.is_symlink())]
        return members, [entry for entry in entries if entry not in members]

    def _is_archive(self, path: Path) -> bool:
        return path.is_file() and path.name.lower().endswith(_ARCHIVES + _FOREIGN_ARCHIVES)

    def _is_submission(self, path: Path) -> bool:
        """An archive, or a folder with lab files in it, or with just one such folder or archive in it."""
        if not path.is_dir() or self._holds_lab_files(path):
            return True
        members, _ = self._members(path)
        inner = [m for m in members if not m.is_dir() or self._holds_lab_files(m) or self._folders_with_lab_files(m)]
        return len(inner) == 1 and (not inner[0].is_dir() or inner == self._folders_with_lab_files(path))

    def _is_class(self, path: Path) -> bool:
        """A folder with submissions in it, and not just one with its files a level down."""
        if not path.is_dir() or self._is_submission(path):
            return False
        return any(self._is_submission(member) or self._is_class(member) for member in self._members(path)[0])

    def _holds_lab_files(self, folder: Path) -> bool:
        return any((folder / name).is_file() for name in self._lab_files)

    def _folders_with_lab_files(self, folder: Path) -> list[Path]:
        return [member for member in self._members(folder)[0] if member.is_dir() and self._holds_lab_files(member)]


def student_name(path: Path) -> str:
    """The folder's or archive's name, without an archive's suffix."""
    lower = path.name.lower()
    if not path.is_dir():
        for suffix in _ARCHIVES + _FOREIGN_ARCHIVES:
            if lower.endswith(suffix) and len(lower) > len(suffix):
                return path.name[: -len(suffix)]
    return path.name


def read_submission(source: Source, lab: Lab) -> Submission:
    """Read the student's files; what is wrong with them becomes the submission's `problem`."""
    reader = _reader_for(source.path)
    try:
        files = _limited(reader(source.path))
        return Submission(source.student, _below_lab_files(files, lab))
    except SubmissionError as error:
        return Submission(source.student, problem=str(error))
    except OSError as error:
        return Submission(source.student, problem=f"{source.path.name} cannot be read: {error.strerror or error}.")


Entry = tuple[str, bytes | None]  # a path inside the submission, and its bytes if the file is wanted


def _reader_for(path: Path) -> Callable[[Path], Iterator[Entry]]:
    lower = path.name.lower()
    if path.is_dir():
        return _read_folder
    if lower.endswith(".zip"):
        return _read_zip
    return _read_tar if lower.endswith(_ARCHIVES) else _refuse_foreign_archive


def _limited(entries: Iterator[Entry]) -> dict[str, bytes]:
    """The files to take among `entries`, as long as there are not too many and none is too large."""
    code: dict[str, bytes] = {}
    data: dict[str, bytes] = {}
    for count, (name, content) in enumerate(entries):
        if count >= ENTRIES_LIMIT:
            raise SubmissionError(f"The submission holds more than {ENTRIES_LIMIT} files. Hand in your .py files only.")
        if content is None:
            continue
        if not name.lower().endswith(".py"):
            if len(content) <= DATA_BYTES_LIMIT and len(data) < FILES_LIMIT:
                data[name] = content
            continue
        if len(content) > FILE_BYTES_LIMIT:
            raise SubmissionError(f"{name} is larger than {FILE_BYTES_LIMIT >> 20} MB. Hand in source code only.")
        code[name] = content
        if len(code) > FILES_LIMIT:
            raise SubmissionError(f"The submission holds more than {FILES_LIMIT} Python files. Hand in your own only.")
    return {**code, **data}


def _is_wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") or part in _NOT_STUDENTS for part in parts)
    return name.lower().endswith((".py", *_DATA)) and name.isprintable() and not hidden


def _below_lab_files(files: dict[str, bytes], lab: Lab) -> dict[str, bytes]:
    """The files of the outermost folder that holds any of the lab's, by their path below it."""
    wanted = lab.manifest.required_files
    folders = {path.parent for path in map(PurePosixPath, files) if path.name in wanted}
    if not folders:
        code = sorted(name for name in files if name.lower().endswith(".py"))
        found = ", ".join(code[:5]) or "no Python file at all"
        raise SubmissionError(f"None of {', '.join(wanted)} was found in the submission; it holds {found}.")
    outermost = min(len(folder.parts) for folder in folders)
    candidates = sorted(folder for folder in folders if len(folder.parts) == outermost)
    if len(candidates) > 1:
        names = ", ".join(map(str, candidates))
        raise SubmissionError(f"The lab's files were found in several folders ({names}). Hand in one of them.")
    return {
        str(path.relative_to(candidates[0])): content
        for path, content in ((PurePosixPath(name), content) for name, content in files.items())
        if path.is_relative_to(candidates[0])
    }


def _read_folder(folder: Path) -> Iterator[Entry]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_STUDENTS)
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
