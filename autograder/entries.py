"""A file of a submission as its readers give it, whatever it lies in, and the limits that all of them keep."""

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autograder import tars
from autograder.errors import SubmissionError
from autograder.names import shown

ENTRIES_LIMIT = 5_000  # of a student's own
ALL_ENTRIES_LIMIT = 50_000  # with what tools leave behind
UNPACKED_MB_LIMIT = tars.UNPACKED_MB_LIMIT

NOT_STUDENTS = {"__MACOSX", "__pycache__", "node_modules", "venv", "site-packages", "dist-packages"}  # tools' folders

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


def what_is(mode: int) -> str | None:
    """What a Unix `mode` says is there, where that is neither a file nor a folder."""
    return _WHAT.get(stat.S_IFMT(mode))


def is_left_behind(name: str) -> bool:
    """Whether a tool or a system left the file or folder of this path there: hidden, or in a tools' folder."""
    return any(part.startswith(".") or part in NOT_STUDENTS for part in name.split("/"))


class Count:
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


@contextmanager
def refusing_damage(name: str, kind: str) -> Iterator[None]:
    """Whatever a library makes of a damaged archive becomes a sentence."""
    try:
        yield
    except (SubmissionError, OSError):
        raise
    except tars.TooLargeError as error:
        raise SubmissionError(
            f"{shown(name)} unpacks to more than {UNPACKED_MB_LIMIT} MB. Hand in your .py files only."
        ) from error
    except Exception as error:  # a fuzzer finds ways into zipfile (IndexError, …) that no list foresees
        reason = shown(str(error).rstrip(".") or type(error).__name__)
        raise SubmissionError(f"{shown(name)} is not a readable {kind} archive: {reason}. Pack it again.") from error


def inside(name: str) -> str:
    """An archive's path with plain slashes, and without the steps that lead nowhere; "" is the archive itself."""
    spelled = name.replace("\\", "/")
    if spelled.startswith("/") or ".." in spelled.split("/") or re.match("[A-Za-z]:", spelled):
        raise SubmissionError(f"The archive holds {shown(name)}, a path that leads out of it. Pack the folder again.")
    return "/".join(part for part in spelled.split("/") if part not in ("", "."))
