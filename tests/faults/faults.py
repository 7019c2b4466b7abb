"""Faults of the machine, made for real: a disk with no room, a folder nobody may write to, a process held fast."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import commands
from waiting import wait_for

T = TypeVar("T")
ROOT_USER = os.geteuid() == 0
# An ordinary user gets mounts of their own only as root of a user namespace, where no sandbox nests.
OWN_MOUNTS = ("unshare", "--mount") if ROOT_USER else ("unshare", "--mount", "--map-root-user")
ISOLATION = "auto" if ROOT_USER else "local"
PERMISSIONS_COUNT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if ROOT_USER else ()
FREEZER = Path("/sys/fs/cgroup/freezer")


def grade(prefix: tuple[str, ...], *arguments: object) -> subprocess.CompletedProcess[str]:
    """`grade.py ARGUMENTS` below the command `prefix`."""
    return subprocess.run([*prefix, *commands.command(*arguments)], capture_output=True, text=True, check=False)


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def judges_of(batch: int) -> list[int]:
    below = {pid: cmdline(pid) for pid in children(batch)}
    if not any(b"autograder/worker" in line for line in below.values()):
        return []  # what is there may be a zygote that is about to start
    return [pid for pid, line in below.items() if b"grade.py" in line]


def next_judge_of(batch: int, but: set[int]) -> int:
    """A judge of the batch that is none of `but`."""
    return min(wait_for(lambda: set(judges_of(batch)) - but))


def zygote_of(batch: int) -> int | None:
    """The process that forks workers, if there is one; under namespaces a child of the one that the batch knows."""
    for outer in children(batch):
        if b"autograder/worker" in cmdline(outer):
            return next((pid for pid in children(outer) if is_first_of_namespace(pid, 2)), outer)
    return None


def is_first_of_namespace(pid: int, depth: int) -> bool:
    """Whether the process is number 1 of a process namespace, `depth` of them deep as this process counts."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
    return numbers[-1] == "1" and len(numbers) == depth


class SmallDisk:
    """A file system of its own at `folder`, seen by what is run through `grade` alone."""

    def __init__(self, folder: Path, kilobytes: int):
        folder.mkdir()
        self.folder = folder
        mount = f"mount -t tmpfs -o size={kilobytes}k tmpfs {folder} && echo mounted && exec cat"
        self._holder = subprocess.Popen(
            [*OWN_MOUNTS, "sh", "-c", mount], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "mounted\n"
        user = () if ROOT_USER else ("--user", "--preserve-credentials")
        self._enter = ("nsenter", f"--target={self._holder.pid}", "--mount", *user)

    def __enter__(self) -> "SmallDisk":
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.communicate()

    @property
    def seen(self) -> Path:
        """The folder as this process can read it."""
        return Path(f"/proc/{self._holder.pid}/root{self.folder}")

    def resize(self, kilobytes: int) -> None:
        remount = ["mount", "-o", f"remount,size={kilobytes}k", str(self.folder)]
        subprocess.run([*self._enter, *remount], check=True)

    def grade(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return grade(self._enter, *arguments)


def read_only(folder: Path) -> tuple[str, ...]:
    """A command's prefix that makes `folder` a read-only file system for it."""
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    return (*OWN_MOUNTS, "sh", "-c", script, str(folder))


@contextlib.contextmanager
def held(pid: int) -> Iterator[None]:
    """The process does not move, and where the machine has the means not even SIGKILL ends it."""
    if not os.access(FREEZER, os.W_OK):
        os.kill(pid, signal.SIGSTOP)
        yield
        return
    cage = FREEZER / f"held-{pid}"
    cage.mkdir()
    try:
        (cage / "cgroup.procs").write_text(str(pid))
        (cage / "freezer.state").write_text("FROZEN")
        yield
    finally:
        (cage / "freezer.state").write_text("THAWED")
        wait_for(lambda: not (cage / "cgroup.procs").read_text().strip())
        cage.rmdir()
