"""Run a command that may hang, multiply or leave something behind, and see what it does. Linux only."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import kilobytes

from autograder import processes

_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 1.0
_GIGABYTE = 1 << 20  # in kilobytes
MOST_GIGABYTES = 6.0


@dataclass(frozen=True)
class Run:
    """How a command went. `code` is None where it was stopped, at its time limit or at 6 GB."""

    code: int | None
    seconds: float
    processes: int  # the most at once
    peak: float  # gigabytes resident, of the process that had most
    alive: int  # descendants a second after its end


def run(command: Sequence[str | Path], cwd: Path, environment: Mapping[str, str], log: Path, limit: float) -> Run:
    """Run `command`, its output into `log`, for `limit` seconds at most. What it leaves behind goes on running.

    This process must have adopted orphans (measure.adopt_orphans), and must start nothing else meanwhile.
    """
    started, most, peak = time.monotonic(), 0, 0.0
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        code = None
        while code is None and time.monotonic() - started < limit and peak < MOST_GIGABYTES:
            time.sleep(_LOOK_SECONDS)
            code = process.poll()
            living = descendants()
            most = max(most, len(living))
            peak = max([peak, *map(_resident, living)])
    seconds = time.monotonic() - started
    if code is None:
        end_all()
        process.wait()
        return Run(None, seconds, most, peak, 0)
    time.sleep(_GRACE_SECONDS)
    return Run(code, seconds, most, peak, len(descendants()))


def descendants() -> list[int]:
    """The living processes below this one."""
    return sorted(filter(processes.runs, processes.family(os.getpid()) - {os.getpid()}))


def end_all() -> None:
    """End every descendant, those too that are born meanwhile."""
    for _ in range(200):
        living = descendants()
        for pid in living:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _bury()
        if not living:
            return
        time.sleep(0.05)
    raise RuntimeError(f"These processes do not end: {descendants()}")


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _resident(pid: int) -> float:
    try:
        return kilobytes(f"/proc/{pid}/status", "VmHWM:") / _GIGABYTE
    except OSError:
        return 0.0
