"""What a command costs: CPU and wall seconds of its whole process tree, and its memory while it runs."""

import os
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder import processes
from autograder.lab import ROOT
from autograder.worker import kernel

_PR_SET_CHILD_SUBREAPER = 36
_MEGABYTE = 1 << 20
_SAMPLE_SECONDS = 1.0


class BenchmarkError(Exception):
    """The benchmark would not measure what it says; the message says why."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system) of a command and all its descendants, and wall seconds."""

    cpu: float
    wall: float

    def a_piece(self, pieces: int) -> "Cost":
        return Cost(self.cpu / pieces, self.wall / pieces)

    def marginal(self, smaller: "Cost", pieces: int) -> "Cost":
        """What each of the `pieces` costs by which this run was longer than `smaller`."""
        return Cost(self.cpu - smaller.cpu, self.wall - smaller.wall).a_piece(pieces)


def median(costs: Iterable[Cost]) -> Cost:
    costs = list(costs)
    return Cost(statistics.median(c.cpu for c in costs), statistics.median(c.wall for c in costs))


def adopt_orphans() -> None:
    """Let descendants whose parent ends become children of this process, so that none escapes the count."""
    kernel.prctl(_PR_SET_CHILD_SUBREAPER, 1)


@dataclass
class Memory:
    """Megabytes: the most that the command's own process ever had resident, and its tree's PSS second by second.

    PSS shares a page's size among the processes that have it mapped, so a sum counts each page once.
    """

    peak_of_process: float = 0.0
    tree: list[float] = field(default_factory=list)

    def sample(self, pid: int) -> None:
        try:
            self.peak_of_process = max(self.peak_of_process, kilobytes(f"/proc/{pid}/status", "VmHWM:") / 1024)
            self.tree.append(sum(_pss(member) for member in processes.family(pid)) / _MEGABYTE)
        except OSError:
            return  # it ended meanwhile


def run(
    command: Sequence[str | Path],
    log: Path,
    memory: Memory | None = None,
    allowed: Sequence[int] = (0,),
    lean: bool = False,
    folder: Path = ROOT,
) -> Cost:
    """Run `command` in `folder` to its end, its output into `log`; and its cost.

    `lean` gives it one thread, and pytest none of the plugins that happen to be installed.

    Raises:
        BenchmarkError: its exit code is not an allowed one.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, env=_environment(lean)
        )
        watch = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, memory, watch))
        if memory is not None:
            watcher.start()
        code = process.wait()
    wall = time.perf_counter() - started
    watch.set()
    if memory is not None:
        watcher.join()
    _reap_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code not in allowed:
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
        raise BenchmarkError(f"{' '.join(map(str, command))} ended with exit code {code}:\n{tail}")
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def _environment(lean: bool) -> dict[str, str]:
    """The caller's, with bytecode kept as usual, whatever `make` says."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if lean else kept


def _reap_orphans() -> None:
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        return


def _watch(pid: int, memory: Memory, done: threading.Event) -> None:
    while not done.wait(_SAMPLE_SECONDS):
        memory.sample(pid)


def _pss(pid: int) -> float:
    """Bytes; 0 for one that ended meanwhile or may not be looked at."""
    try:
        return kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:") * 1024
    except OSError:
        return 0.0


def kilobytes(path: str, label: str) -> int:
    """The figure behind `label` in a file of procfs; 0 where it is missing."""
    with open(path) as file:
        return next((int(line.split()[1]) for line in file if line.startswith(label)), 0)
