"""Processes that a grader brings into being, at any depth; and what their owner's limits look like from outside.

A process that adopts orphans keeps every descendant below itself: a daemon that forks twice comes back to it.
(Where workers are pid 1 of a namespace, their orphans stay below them.)
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from commands import alive, descendants

from autograder.processes import stat
from autograder.worker import kernel

_PR_SET_CHILD_SUBREAPER = 36
_PAUSE = 0.01

T = TypeVar("T")


def adopt_orphans() -> None:
    """Make this process the parent of all its descendants that lose theirs."""
    kernel.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def running_below(pid: int) -> set[int]:
    return alive(descendants(pid))


def wait_until_empty(remaining: Callable[[], set[T]], seconds: float) -> set[T]:
    """What `remaining` still gives when `seconds` have passed; returns at once when there is nothing left."""
    end = time.monotonic() + seconds
    while (left := remaining()) and time.monotonic() < end:
        time.sleep(_PAUSE)
    return left


def command_of(pid: int) -> str:
    """The command line, or the name, of a process; "gone" if there is none."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        return (line or Path(f"/proc/{pid}/comm").read_text("utf-8").strip())[:80]
    except OSError:
        return "gone"


def is_stopped(pid: int) -> bool:
    return stat(pid)[:1] in (["T"], ["t"])


def settings_of(pid: int) -> dict[str, str]:
    """Niceness, cores and limits of a process, as far as they can be seen."""
    settings = {}
    if fields := stat(pid):
        settings["niceness"] = fields[16]
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text("latin-1").splitlines()
        settings["cores"] = next(line for line in status if line.startswith("Cpus_allowed:"))
    with contextlib.suppress(OSError):
        settings["limits"] = Path(f"/proc/{pid}/limits").read_text("latin-1")
    return settings
