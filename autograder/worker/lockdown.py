"""What a worker may do, by profile, in the order in which the doors are closed.

========== ============================================================ ====================================
profile    layers                                                       where it holds
========== ============================================================ ====================================
namespaces user, mount, pid, net, ipc, uts and cgroup namespaces, empty Linux; an ordinary user or root
           capabilities, Landlock, seccomp, resource limits
landlock   Landlock, seccomp, resource limits; no child processes       Linux in a container, ordinary user
local      resource limits                                              one's own code on one's own machine
========== ============================================================ ====================================

A profile holds or it does not: `Profile.probe` closes every door once, in a process that is thrown away.
"""

import os
import resource
import shutil
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import kernel, landlock, namespaces, seccomp

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one worker may use: megabytes of memory beyond the zygote's, CPU seconds, megabytes of files."""

    memory_mb: int
    cpu_seconds: int
    file_mb: int = 64
    threads: int = 64


class Profile:
    """`local`, and what the others share."""

    name = "local"
    layers: tuple[str, ...] = ("rlimits",)

    def __init__(self, limits: Limits, readable: Sequence[str]):
        self.limits = limits
        self.readable = tuple(readable)

    def enclose_zygote(self) -> None:
        """Lock the zygote itself up; raises OSError where the machine refuses."""

    def fork(self) -> int:
        return kernel.fork()

    def make_work_folder(self) -> str:
        """The folder that one worker may write to, made before it is forked."""
        return tempfile.mkdtemp(prefix="worker-")

    def remove_work_folder(self, folder: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    def enclose_worker(self, folder: str) -> None:
        """Close every door behind this process, for good; raises OSError where one stays open."""
        self._leave()
        kernel.die_with_parent(signal.SIGKILL)  # a change of credentials cleared it
        os.chdir(folder)
        self._limit_resources()
        self._restrict(folder)

    def _leave(self) -> None:
        """Move out of the zygote's surroundings."""

    def _restrict(self, folder: str) -> None:
        """The filters that a process puts on itself, which no later step could pass."""

    def probe(self) -> None:
        """Close every door once, in a child.

        Raises:
            OSError: a door stayed open; the message says which.
        """
        self.measure()
        read_end, write_end = os.pipe()
        folder = self.make_work_folder()
        child = self.fork()
        if child == 0:
            try:
                self.enclose_worker(folder)
                os.write(write_end, b"closed")
            except BaseException as error:
                os.write(write_end, str(error).encode()[:500])
            finally:
                os._exit(0)
        os.close(write_end)
        os.waitpid(child, 0)
        answer = os.read(read_end, 500)
        os.close(read_end)
        self.remove_work_folder(folder)
        if answer != b"closed":
            raise OSError(answer.decode() or "the probe died")

    def measure(self) -> None:
        """Note what the zygote uses, from which a worker's memory is counted."""
        self._used = _memory_in_use()

    def _limit_resources(self) -> None:
        """Memory counts from what the zygote had; torch itself maps far more than it uses, hence the larger AS."""
        used = self._used
        memory = self.limits.memory_mb * MEGABYTE
        for kind, value in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, self.limits.file_mb * MEGABYTE),
            (resource.RLIMIT_NOFILE, 256),
            (resource.RLIMIT_CPU, self.limits.cpu_seconds),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_DATA, used["VmData"] + memory),
            (resource.RLIMIT_AS, used["VmSize"] + memory + 2048 * MEGABYTE),
        ):
            resource.setrlimit(kind, (value, value))


class Landlock(Profile):
    """Landlock and seccomp alone: what a default container leaves an ordinary user."""

    name = "landlock"
    layers = ("landlock", "seccomp", "rlimits")

    def enclose_zygote(self) -> None:
        kernel.set_no_new_privileges()
        self._last_capability = _last_capability()

    def _restrict(self, folder: str) -> None:
        landlock.restrict((*self.readable, *namespaces.DEVICES), (folder, "/dev/null"))
        if os.geteuid() == 0:  # or it could raise its limits again; an ordinary user has nothing to give up
            kernel.empty_capability_sets(self._last_capability)
        seccomp.install()


class Namespaces(Profile):
    """Everything: the worker is alone on a machine of its own, and that is locked too."""

    name = "namespaces"
    layers = (
        "user",
        "mount",
        "pid",
        "net",
        "ipc",
        "uts",
        "cgroup",
        "capabilities",
        "landlock",
        "seccomp",
        "rlimits",
    )

    def enclose_zygote(self) -> None:
        kernel.set_no_new_privileges()
        namespaces.enclose_zygote(self.readable)
        self._last_capability = _last_capability()

    def fork(self) -> int:
        return namespaces.fork_worker()

    def make_work_folder(self) -> str:
        return namespaces.WORK  # a tmpfs of the worker's own, which goes when it goes

    def remove_work_folder(self, folder: str) -> None:
        pass

    def _leave(self) -> None:
        namespaces.enclose_worker(self.limits.file_mb, self._last_capability)

    def _limit_resources(self) -> None:
        super()._limit_resources()
        threads = self.limits.threads  # counted in this user namespace alone, not over all that the user runs
        resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))

    def _restrict(self, folder: str) -> None:
        landlock.restrict(("/",), (folder, namespaces.SHARED_MEMORY, "/dev/null"))
        seccomp.install()


PROFILES: dict[str, type[Profile]] = {profile.name: profile for profile in (Namespaces, Landlock, Profile)}


def _last_capability() -> int:
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text())


def _memory_in_use() -> dict[str, int]:
    """Bytes of this process's address space (VmSize) and private data (VmData)."""
    with open("/proc/self/status") as file:
        pairs = (line.split() for line in file if line.startswith(("VmSize", "VmData")))
        return {name.rstrip(":"): int(kilobytes) * 1024 for name, kilobytes, _ in pairs}
