"""The folder that results go to: one batch at a time, and nothing in the way of what it will write."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import UsageError
from autograder.text import some_of

GRADES = "grades.csv"
INPUTS = ".inputs"  # which submissions the folder's run was about
LOCK = ".lock"
HAND_INS = "hand_ins.json"  # whose they are, and when they came
LIKENESS = "likeness.json"  # whose submissions are alike
LIKENESS_PAGES = "likeness"  # the folder of its pages
REPORT = "report.json"
PAGE = "report.html"  # beside it, for the student
INDEX = "index.html"  # the page of the class
SCHEMA = 1  # of report.json
LIKENESS_SCHEMA = 1


@contextmanager
def claimed(folder: Path, files: Iterable[str], students: Iterable[str]) -> Iterator[None]:
    """Make `folder` and hold it for this process, so that no other batch writes to it meanwhile.

    The hold is the kernel's: children do not inherit it, and it ends with this process, however that ends.

    Args:
        files: names of files that will be written there.
        students: names of folders that will.

    Raises:
        UsageError: another batch holds it, or something there keeps results from being written.
    """
    lock = _lock(folder)
    try:
        _refuse_obstacles(folder, files, students)
        yield
    finally:
        os.close(lock)


def _lock(folder: Path) -> int:
    """The lock's descriptor, with this process's number in the file."""
    import fcntl  # only batches need it, and the student's door opens where it does not exist

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise refusal(folder, error) from error
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
    except (BlockingIOError, PermissionError) as error:
        holder = os.read(lock, 20).decode(errors="replace").strip()
        os.close(lock)
        raise UsageError(
            f"Another batch (process {holder}) is writing to {folder}: wait for it, end it, or pass another --out. "
            "Nothing was touched."
        ) from error
    except OSError as error:
        os.close(lock)
        raise refusal(folder, error) from error
    return lock


def _refuse_obstacles(folder: Path, files: Iterable[str], students: Iterable[str]) -> None:
    """Find now what would keep a result from being written after it has cost an hour."""
    for path in (folder / name for name in files):
        if path.is_dir():
            raise UsageError(f"{path} is a folder, and a file is to be written there: move it away.")
    paths = [os.path.join(folder, name) for name in students]
    taken = [path for path in paths if os.path.lexists(path) and not os.path.isdir(path)]
    if taken:
        raise UsageError(
            "Results go to a folder for each student, but these are files: "
            f"{some_of(taken)}. Move them away, or pass another --out. Nothing was graded."
        )


def no_run(folder: Path) -> UsageError:
    """What the caller is told when a run's folder is not there."""
    return UsageError(f"{folder} does not exist. Pass the folder that `run` wrote its results to.")


def no_report(folder: Path) -> UsageError:
    """… and when nothing was graded in it."""
    return UsageError(f"{folder} holds no report. Pass the folder that `run` wrote its results to.")


def refusal(folder: Path, error: OSError) -> UsageError:
    """What the caller is told when nothing can be written below `folder`."""
    why = "it is a file" if folder.exists() and not folder.is_dir() else error.strerror
    return UsageError(f"Results cannot go to {folder}: {why}. Mend that, or pass another --out. Nothing was graded.")
