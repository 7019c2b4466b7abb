"""Processes that a grader brings into being, at any depth; and what their owner's limits look like from outside.

A process that adopts orphans keeps every descendant below itself: a daemon that forks twice comes back to it.
(Where workers are pid 1 of a namespace, their orphans stay below them.)
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from commands import alive, descendants

_PR_SET_CHILD_SUBREAPER = 36
_PAUSE = 0.01

T = TypeVar("T")


def adopt_orphans() -> None:
    """Make this process the parent of all its descendants that lose theirs."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot adopt orphans")


def running_below(pid: int) -> set[int]:
    return alive(descendants(pid))


def wait_until_empty(remaining: Callable[[], set[T]], seconds: float) -> set[T]:
    """What `remaining` still gives when `seconds` have passed; returns at once when there is nothing left."""
    end = time.monotonic() + seconds
    while (left := remaining()) and time.monotonic() < end:
        time.sleep(_PAUSE)
    return left


def kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def command_of(pid: int) -> str:
    """The command line, or the name, of a process; "gone" if there is none."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        return (line or Path(f"/proc/{pid}/comm").read_text("utf-8").strip())[:80]
    except OSError:
        return "gone"


def is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("latin-1").rpartition(")")[2].split()[0] in ("T", "t")
    except OSError:
        return False


def settings_of(pid: int) -> dict[str, str]:
    """Niceness, cores and limits of a process, as far as they can be seen."""
    settings = {}
    with contextlib.suppress(OSError):
        settings["niceness"] = Path(f"/proc/{pid}/stat").read_text("latin-1").rpartition(")")[2].split()[16]
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text("latin-1").splitlines()
        settings["cores"] = next(line for line in status if line.startswith("Cpus_allowed:"))
    with contextlib.suppress(OSError):
        settings["limits"] = Path(f"/proc/{pid}/limits").read_text("latin-1")
    return settings
