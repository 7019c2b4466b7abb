"""What students of a lab get, as a folder and a zip: given files, stubs, public checks, the notebook without answers.

Everything is made, and looked through, before anything is written.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring import leaks
from autograder.authoring.master import NOTEBOOK, assign, read_master
from autograder.entries import is_left_behind
from autograder.errors import InstructorError, UsageError
from autograder.lab import Lab
from autograder.records import write_atomically
from autograder.submission import lay_out
from autograder.text import some_of
from autograder.zipping import zipped

_REQUIREMENTS, _OTTER = "requirements.txt", "otter-grader"
_OURS = ("assignments", "autograder", "reference", "tests")


@dataclass(frozen=True)
class Handout:
    """What was written: the folder with so many files of so many bytes, and the archive; `seconds` that it took."""

    folder: Path
    archive: Path
    files: int
    bytes: int
    archive_bytes: int
    seconds: float


def make_handout(lab: Lab, out: Path, force: bool = False) -> Handout:
    """Write `out/<lab>/` and `out/<lab>.zip`; the same lab gives the same bytes.

    Args:
        force: replace what lies there under these names.

    Raises:
        UsageError: something else lies there, or a package is missing.
        InstructorError: the master is not as it must be, or something in the handout is not for students.
    """
    start = time.monotonic()
    folder, archive = out / lab.name, out / f"{lab.name}.zip"
    _refuse_own_folders(lab, folder)
    files = contents(lab)
    packed = zipped({f"{lab.name}/{name}": content for name, content in files.items()})
    if not force:
        _refuse_others(folder, archive, files, packed)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _replace_folder(folder, files)
        write_atomically(archive, packed)
    except OSError as error:
        raise UsageError(f"The handout cannot be written to {out}: {error.strerror}.") from error
    size = sum(map(len, files.values()))
    return Handout(folder, archive, len(files), size, len(packed), time.monotonic() - start)


def contents(lab: Lab) -> dict[str, bytes]:
    """The handout's files by path, once they have been found fit for students.

    Raises:
        UsageError, InstructorError: as `make_handout` does.
    """
    files = _own_files(lab)
    path = lab.master
    if not path.exists():
        _refuse_leaks(lab, leaks.look_through(lab, files, {}, None))
        return dict(sorted(files.items()))
    master = read_master(path)
    notebook = assign(lab, master, path, files)
    twins = sorted(notebook.files.keys() & files.keys())
    if twins:
        raise InstructorError(f"{lab.handout / twins[0]} is in the way: {NOTEBOOK} and its tests are made from {path}.")
    files |= notebook.files
    requirements = files.get(_REQUIREMENTS, b"").decode()
    if _OTTER not in requirements:
        files[_REQUIREMENTS] = f"{requirements.rstrip()}\n{_OTTER}\n".lstrip().encode()
    _refuse_leaks(lab, leaks.look_through(lab, files, notebook.content, master))
    return dict(sorted(files.items()))


def _own_files(lab: Lab) -> dict[str, bytes]:
    """Whatever lies in the lab's handout folder, but for what tools left there."""
    files = {}
    for path in sorted(lab.handout.rglob("*")):
        name = path.relative_to(lab.handout).as_posix()
        if path.is_symlink():
            raise InstructorError(f"{path} is a link: students need the file itself.")
        if path.is_file() and not is_left_behind(name):
            files[name] = path.read_bytes()
    if not files:
        raise InstructorError(f"{lab.handout} is missing or empty: what students get belongs there.")
    return files


def _refuse_leaks(lab: Lab, found: list[str]) -> None:
    if found:
        raise InstructorError(
            f"The handout of {lab.name} was not written, for students would see too much: {some_of(found, 5)}."
        )


def _refuse_own_folders(lab: Lab, folder: Path) -> None:
    """A handout called like its lab must not come down upon the lab itself."""
    target = folder.resolve()
    for name in _OURS:
        ours = (lab.root / name).resolve()
        if target.is_relative_to(ours) or ours.is_relative_to(target):
            raise UsageError(f"{folder} belongs to the project itself. Pass another --out.")


def _refuse_others(folder: Path, archive: Path, files: Mapping[str, bytes], packed: bytes) -> None:
    """What lies there already may stay only if it is the very same."""
    if folder.exists() and (not folder.is_dir() or _files_below(folder) not in ({}, files)):
        raise UsageError(f"{folder} holds something else already. Move it away, or pass --force to replace it.")
    if archive.exists() and (not archive.is_file() or archive.read_bytes() != packed):
        raise UsageError(f"{archive} is there already. Move it away, or pass --force to replace it.")


def _files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    fresh, old = (folder.with_name(f".{folder.name}.{what}") for what in ("part", "old"))
    for path in (fresh, old):
        shutil.rmtree(path, ignore_errors=True)
    try:
        lay_out(str(fresh), files)
        if folder.is_dir() and not folder.is_symlink():
            folder.rename(old)
        else:
            folder.unlink(missing_ok=True)
        fresh.rename(folder)
    finally:
        for path in (fresh, old):
            shutil.rmtree(path, ignore_errors=True)
