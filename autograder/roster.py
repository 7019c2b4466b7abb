"""Who handed in, and where it lies: submissions told from classes of them, and from what else lies about.

A submission is a folder, zip or tar.gz that holds any of the lab's files, in it or further down, or a notebook; a
class is a folder of submissions, or several paths, or what a course system hands out.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.archives import ARCHIVES, FOREIGN_ARCHIVES, NOTEBOOK, is_archive
from autograder.downloads import read_downloads
from autograder.entries import is_left_behind
from autograder.errors import UsageError
from autograder.folder import GRADES, HAND_INS, INDEX, INPUTS, LIKENESS, LIKENESS_PAGES, LOCK
from autograder.lab import Lab
from autograder.submission import Source

# What a run writes beside the students' folders.
RESERVED_NAMES = (GRADES, HAND_INS, INDEX, INPUTS, LIKENESS, LIKENESS_PAGES, LOCK)
FOLDERS = "folders"  # no course system's layout
HANDED_OUT = "lab.ipynb"  # as the handout calls it: where it lies is one student's work
CLASS_LEVELS = 8  # sections of sections; a student's own tree may be any number of folders deep


@dataclass(frozen=True)
class Roster:
    """All submissions found below the paths given, in the order of the students' names.

    `ignored` was passed over; `notices` are sentences about downloads: what they were taken for, and what was left.
    """

    sources: tuple[Source, ...]
    ignored: tuple[Path, ...]
    notices: tuple[str, ...] = ()


def find_submissions(paths: Sequence[Path], lab: Lab, layout: str | None = None) -> Roster:
    """Tell submissions from classes of them.

    Args:
        layout: a course system by which to read the paths, or FOLDERS to take them for no download; else it shows.

    Raises:
        UsageError: a path does not exist or holds no submission, or two students would have the same name.
    """
    download = None if layout == FOLDERS else read_downloads(paths, lab, layout)
    if download is not None:
        sources, notices = download
        return Roster(_by_name(sources), (), tuple(notices))
    finder = _Finder(set(lab.manifest.required_files))
    finder.add_all(paths)
    return Roster(_by_name(finder.sources), tuple(finder.ignored))


def _by_name(sources: Iterable[Source]) -> tuple[Source, ...]:
    by_name: dict[str, Source] = {}
    for source in sources:
        if source.student in (*RESERVED_NAMES, ".", ".."):
            raise UsageError(
                f"{source.path} cannot be graded under the name {source.student!r}, which results go by. Rename it."
            )
        other = by_name.setdefault(source.student, source)
        if other.path != source.path:
            raise UsageError(
                f"Two submissions are called {source.student!r}: {other.path} and {source.path}. Rename one."
            )
    return tuple(source for _, source in sorted(by_name.items()))


class _Finder:
    def __init__(self, lab_files: set[str]):
        self._lab_files = lab_files
        self.sources: list[Source] = []
        self.ignored: list[Path] = []

    def add_all(self, paths: Sequence[Path]) -> None:
        """Take one path, or several: classes if all of them are, for a student's folder may look like one."""
        folders = [path for path in paths if path.is_dir()]
        classes = all(map(self._is_class, folders))
        for path in paths:
            if len(paths) > 1 and path.is_dir() and not classes:
                self._take(Path(os.path.abspath(path)))
            else:
                self.add(path, alone=len(paths) == 1)

    def add(self, path: Path, alone: bool) -> None:
        """Take `path` as a submission, a class, or a folder of classes."""
        path = Path(os.path.abspath(path))
        if not path.exists():
            raise UsageError(f"{path} does not exist.")
        if not path.is_dir():
            if self._is_archive(path) or _is_notebook(path):
                self._take(path)
            elif alone:
                raise UsageError(f"{path} is neither a folder nor a zip or tar.gz archive, nor a notebook.")
            else:
                self.ignored.append(path)  # a shell's * brings whatever lies there
        elif (self._holds_work(path) and not (alone and self._holds_many(path))) or (
            not alone and not self._is_class(path)
        ):
            self._take(path)
        else:
            self._add_class(path)

    def _add_class(self, path: Path) -> None:
        """Take what lies in `path`: submissions, or where none does, sections that hold them."""
        members, others = self._members(path)
        notebooks = [notebook for notebook in self._notebooks(path) if notebook.name != HANDED_OUT]
        if not members and not notebooks:
            raise UsageError(f"{path} holds no submission: no folder, no zip, no tar.gz, no notebook.")
        self.ignored += [other for other in others if other not in notebooks]
        # A lone folder that holds several is a student's muddle, and not a section whose students they would be.
        sections = len(members) > 1 and not any(self._is_submission(member) for member in members)
        for member in members:
            if sections and self._is_class(member):
                self._add_class(member)
            else:
                self._take(member)
        for notebook in notebooks:
            self._take(notebook)

    def _holds_many(self, path: Path) -> bool:
        """Several submissions, beside which a loose lab file is somebody's mistake."""
        return sum(self._is_submission(member) for member in self._members(path)[0]) > 1

    def _take(self, path: Path) -> None:
        """Take `path`, or the one archive in it, as some course systems hand submissions out."""
        archives = [m for m in self._members(path)[0] if not m.is_dir()] if path.is_dir() else []
        lone = len(archives) == 1 and not self._holds_lab_files(path) and not self._folders_with_lab_files(path)
        self.sources.append(Source(student_name(path), archives[0] if lone else path))

    def _members(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """What may be a student's in a folder of submissions, and what else lies there, links for one.

        A link may be the student's own work and lead to another's.
        """
        try:
            entries = sorted(entry for entry in folder.iterdir() if not is_left_behind(entry.name))
        except OSError:
            return [], []  # a student's folder that is closed to us; reading the submission says so
        members: list[Path] = []
        others: list[Path] = []
        for entry in entries:
            taken = not entry.is_symlink() and (os.path.isdir(entry) or self._is_archive(entry))
            (members if taken else others).append(entry)
        return members, others

    def _is_archive(self, path: Path) -> bool:
        return os.path.isfile(path) and is_archive(path.name)

    def _notebooks(self, folder: Path) -> list[Path]:
        return [path for path in self._members(folder)[1] if _is_notebook(path) and not path.is_symlink()]

    def _is_submission(self, path: Path) -> bool:
        """An archive, or a folder with lab files in it, or with just one such folder or archive, or with notebooks."""
        if not path.is_dir() or self._holds_lab_files(path):
            return True
        members, _ = self._members(path)
        inner = [m for m in members if not m.is_dir() or self._holds_lab_files(m) or self._folders_with_lab_files(m)]
        if not inner:
            return bool(self._notebooks(path))
        return len(inner) == 1 and (not inner[0].is_dir() or inner == self._folders_with_lab_files(path))

    def _is_class(self, path: Path, levels: int = CLASS_LEVELS) -> bool:
        """A folder with submissions in it, and not just one with its files a level down."""
        if levels == 0 or not path.is_dir() or self._is_submission(path):
            return False
        members, _ = self._members(path)
        return any(self._is_submission(member) or self._is_class(member, levels - 1) for member in members)

    def _holds_lab_files(self, folder: Path) -> bool:
        return any(os.path.isfile(folder / name) for name in self._lab_files)

    def _holds_work(self, folder: Path) -> bool:
        """A student's own files, and not a class of notebooks."""
        return self._holds_lab_files(folder) or os.path.isfile(folder / HANDED_OUT)

    def _folders_with_lab_files(self, folder: Path) -> list[Path]:
        return [member for member in self._members(folder)[0] if member.is_dir() and self._holds_lab_files(member)]


def _is_notebook(path: Path) -> bool:
    return path.name.lower().endswith(NOTEBOOK) and os.path.isfile(path)


def student_name(path: Path) -> str:
    """The folder's or file's name, without the suffix of an archive or notebook."""
    lower = path.name.lower()
    if not path.is_dir():
        for suffix in (*ARCHIVES, *FOREIGN_ARCHIVES, NOTEBOOK):
            if lower.endswith(suffix) and len(lower) > len(suffix):
                return path.name[: -len(suffix)]
    return path.name
