"""Processes that must end: waited for so long and no longer, since even SIGKILL cannot end a frozen one."""

import os
import time
from collections.abc import Iterable, Iterator

_LOOK_SECONDS = 0.02


def reap(child: int, seconds: float) -> int | None:
    """The child's exit status as `os.waitpid` gives it; None if it has not ended within `seconds`."""
    end, pause = time.monotonic() + seconds, 0.0002  # it is as good as dead, so look soon; and with no descriptor
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        if time.monotonic() > end:
            return None
        time.sleep(pause)
        pause = min(2 * pause, _LOOK_SECONDS)


def family(pid: int) -> set[int]:
    """The process and all below it."""
    parents = dict(_parents())
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def survivors(pids: Iterable[int], seconds: float) -> set[int]:
    """Those of `pids` that still run after `seconds`; comes back as soon as none does."""
    end = time.monotonic() + seconds
    while (left := {pid for pid in pids if runs(pid)}) and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
    return left


def runs(pid: int) -> bool:
    """Whether the process exists and is more than a corpse that nobody has fetched yet."""
    fields = stat(pid)
    return bool(fields) and fields[0] not in ("Z", "X")


def _parents() -> Iterator[tuple[int, int]]:
    for entry in filter(str.isdigit, os.listdir("/proc")):
        if fields := stat(int(entry)):
            yield int(entry), int(fields[1])


def stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third (state, parent, …; proc(5)) on; none if there is no such process.

    The name before them is the process's own to choose, and need not be UTF-8.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []
