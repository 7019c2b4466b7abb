"""What a worker may do, by profile, in the order in which the doors are closed.

========== ============================================================ ====================================
profile    layers                                                       where it holds
========== ============================================================ ====================================
namespaces user, mount, pid, net, ipc, uts and cgroup namespaces, no    Linux; an ordinary user or root
           capabilities, Landlock, seccomp, resource limits
slots      a user id for each worker, Landlock, seccomp, resource       root in a container
           limits; no child processes
landlock   Landlock, seccomp, resource limits; no child processes       an ordinary user in a container
local      resource limits                                              one's own code on one's own machine
========== ============================================================ ====================================

A profile holds or it does not: `Profile.probe` closes every door once, in a process that is thrown away, and then
tries them (`trial`).
"""

import contextlib
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from . import kernel, landlock, namespaces, seccomp
from .removal import remove
from .slots import Slot
from .trial import Temptations, what_succeeds

MEGABYTE = 1 << 20
FILE_MB = 64  # that a worker may write, in one file and in all
THREADS = 64
OUT_OF_MEMORY_STATUS = 77  # that a worker exits with when it cannot even answer


@dataclass(frozen=True)
class Limits:
    """What one worker may use: megabytes of memory beyond the zygote's, CPU seconds."""

    memory_mb: int
    cpu_seconds: int


@dataclass(frozen=True)
class Lodging:
    """Where a worker lives: the folder that it may write to, and whether graders can look into it from outside."""

    folder: str
    visible: bool = True
    slot: Slot | None = None


class Profile:
    """`local`, and what the others share.

    Args:
        limits: for each worker.
        readable: files and folders that a worker may read.
        work: a folder for the workers' folders.
        devices: a GPU's, for workers to use.
    """

    name = "local"
    layers: tuple[str, ...] = ("rlimits",)
    largest_file_mb, open_files = FILE_MB, 256
    runs_alone = False  # whether a worker's user runs nothing else

    def __init__(self, limits: Limits, readable: Sequence[str], work: str, devices: Sequence[str] = ()):
        self.limits = limits
        self.readable = tuple(readable)
        self.work = work
        self.devices = tuple(devices)

    def enclose_zygote(self) -> None:
        """Lock the zygote itself up; raises OSError where the machine refuses."""

    def lacks(self) -> tuple[str, ...]:
        """The layers that this machine is known not to give, once the zygote has tried."""
        return tuple(layer for layer in type(self).layers if layer == "landlock" and landlock.missing())

    def fork(self) -> int:
        return kernel.fork()

    def lodge(self) -> Lodging:
        """What one worker needs, made before it is forked."""
        return Lodging(tempfile.mkdtemp(prefix="worker-", dir=self.work))

    def clear(self, lodging: Lodging) -> None:
        """Take it back when the worker has been waited for."""
        with contextlib.suppress(OSError):
            remove(lodging.folder)

    def enclose_worker(self, lodging: Lodging) -> None:
        """Close every door behind this process, for good; raises OSError where one stays open."""
        kernel.die_first()
        self._leave(lodging)
        kernel.die_with_parent(signal.SIGKILL)  # a change of credentials cleared it
        os.chdir(lodging.folder)
        self._limit_resources()
        self._restrict(lodging)

    def _leave(self, lodging: Lodging) -> None:
        """Move out of the zygote's surroundings."""

    def _restrict(self, lodging: Lodging) -> None:
        """The filters that a process puts on itself, which no later step could pass."""

    def probe(self, temptations: Temptations) -> None:
        """Close every door once, in a child, and try them.

        Raises:
            OSError: a door stayed open; the message says which.
        """
        self.measure()
        self.attempt(partial(self._try_doors, temptations))

    def attempt(self, action: Callable[[], None]) -> None:
        """Do something in a worker that is thrown away.

        Raises:
            OSError: it raised, or ended the worker.
        """
        read_end, write_end = os.pipe()
        lodging = self.lodge()
        child = self.fork()
        if child == 0:
            try:
                self.enclose_worker(lodging)
                action()
                os.write(write_end, b"done")
            except BaseException as error:
                os.write(write_end, str(error).encode()[:500])
            finally:
                os._exit(0)
        os.close(write_end)
        os.waitpid(child, 0)
        answer = os.read(read_end, 1 << 16)
        os.close(read_end)
        self.clear(lodging)
        if answer != b"done":
            raise OSError(answer.decode() or "the probe died")

    def _try_doors(self, temptations: Temptations) -> None:
        self._look_around()
        done = ", ".join(islice(what_succeeds(temptations), 3)) if self.name != "local" else ""
        if done:
            raise OSError(f"a worker could {done}")

    def _look_around(self) -> None:
        """Raise OSError where a worker lacks what it needs."""

    def measure(self) -> None:
        """Note what the zygote uses, from which a worker's memory is counted."""
        self._used = _memory_in_use()

    def _limit_resources(self) -> None:
        """Memory counts from what the zygote had; torch itself maps far more than it uses, hence the larger AS."""
        used = self._used
        memory = self.limits.memory_mb * MEGABYTE
        for kind, value in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, self.largest_file_mb * MEGABYTE),
            (resource.RLIMIT_NOFILE, self.open_files),
            (resource.RLIMIT_CPU, self.limits.cpu_seconds),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_SIGPENDING, 256),  # timers count as well, over all that the user runs
            (resource.RLIMIT_DATA, used["VmData"] + memory),
            (resource.RLIMIT_AS, used["VmSize"] + memory + 2048 * MEGABYTE),
        ):
            if not (kind == resource.RLIMIT_AS and self.devices):  # a GPU's driver maps more than any limit
                resource.setrlimit(kind, (value, value))
        if self.runs_alone:  # the limit counts all that a user runs
            resource.setrlimit(resource.RLIMIT_NPROC, (THREADS, THREADS))


class Landlock(Profile):
    """Landlock and seccomp alone: what a default container leaves an ordinary user."""

    name = "landlock"
    layers: tuple[str, ...] = ("landlock", "seccomp", "rlimits")
    largest_file_mb, open_files = 8, 64  # what is written to removed files is in no folder that could be looked at

    def enclose_zygote(self) -> None:
        kernel.set_no_new_privileges()
        seccomp.prepare()
        self._last_capability = _last_capability()
        self._places = landlock.out_of_the_way(landlock.places((*self.readable, *namespaces.DEVICES)))
        self._device_places = landlock.out_of_the_way(landlock.places(self.devices))

    def _restrict(self, lodging: Lodging) -> None:
        landlock.restrict(self._places, landlock.places((lodging.folder, "/dev/null")), self._device_places)
        if os.geteuid() == 0:  # or it could raise its limits again; an ordinary user has nothing to give up
            kernel.empty_capability_sets(self._last_capability)
        seccomp.install()


class Slots(Landlock):
    """The same, and every worker is a user of its own: what a default container leaves root.

    Where only root may enter the folders that hold Python, the worker keeps the one capability that overrules this;
    what it may read is Landlock's to say all the same.
    """

    name = "slots"
    layers = ("own user", *Landlock.layers)
    runs_alone = True

    def enclose_zygote(self) -> None:
        if os.geteuid() != 0:
            raise OSError("only root can give each worker a user of its own")
        super().enclose_zygote()
        os.chmod(self.work, 0o711)  # or the workers could not reach their folders in it
        self._kept = None if all(map(_is_open_to_all, self.readable)) else _capability_to_read()

    def lodge(self) -> Lodging:
        slot = Slot()
        try:
            folder = super().lodge().folder
            os.chown(folder, slot.uid, slot.uid)
        except OSError:
            slot.release()
            raise
        return Lodging(folder, slot=slot)

    def clear(self, lodging: Lodging) -> None:
        if lodging.slot:
            lodging.slot.release()
        super().clear(lodging)

    def _leave(self, lodging: Lodging) -> None:
        assert lodging.slot
        if self._kept is not None:
            kernel.keep_capabilities_over_a_change_of_user()
        lodging.slot.enter()
        if self._kept is not None:
            kernel.reduce_capabilities(self._kept)

    def _look_around(self) -> None:
        for path in self.readable:
            if Path(path).is_dir():
                os.listdir(path)


class Namespaces(Profile):
    """Everything: the worker is alone on a machine of its own, and that is locked too.

    An older kernel's lack of Landlock opens no door here, so the profile does without; its layers tell.
    """

    name = "namespaces"
    layers: tuple[str, ...] = (
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
    runs_alone = True

    def enclose_zygote(self) -> None:
        kernel.set_no_new_privileges()
        seccomp.prepare()
        self._alone = False
        namespaces.enclose_zygote(self.readable, self.devices)
        self._alone = True
        self._last_capability = _last_capability()
        self.layers = tuple(layer for layer in self.layers if layer not in self.lacks())

    def lacks(self) -> tuple[str, ...]:
        own = Namespaces.layers[: Namespaces.layers.index("landlock")]
        return (*(own if not self._alone else ()), *super().lacks())

    def fork(self) -> int:
        return namespaces.fork_worker()

    def lodge(self) -> Lodging:
        return Lodging(namespaces.WORK, visible=False)  # a tmpfs of the worker's own, which goes when it goes

    def clear(self, lodging: Lodging) -> None:
        pass

    def _leave(self, lodging: Lodging) -> None:
        namespaces.enclose_worker(FILE_MB, self._last_capability)

    def _restrict(self, lodging: Lodging) -> None:
        if "landlock" in self.layers:
            writable = (lodging.folder, namespaces.SHARED_MEMORY, "/dev/null")
            landlock.restrict(landlock.places(("/",)), landlock.places(writable), landlock.places(self.devices))
        seccomp.install()


PROFILES: dict[str, type[Profile]] = {profile.name: profile for profile in (Namespaces, Slots, Landlock, Profile)}


def _last_capability() -> int:
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text())


def _is_open_to_all(path: str) -> bool:
    """Whether any user may read what lies at `path`, as far as the modes of the folders above say."""
    return all(folder.stat().st_mode & 0o001 for folder in Path(path).parents) and bool(Path(path).stat().st_mode & 4)


def _capability_to_read() -> int:
    """The weakest capability of this process that overrules modes of files and folders for reading."""
    status = Path("/proc/self/status").read_text()
    effective = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff"))
    reading = effective & 1 << kernel.CAP_DAC_READ_SEARCH
    return kernel.CAP_DAC_READ_SEARCH if reading else kernel.CAP_DAC_OVERRIDE


def _memory_in_use() -> dict[str, int]:
    """Bytes of this process's address space (VmSize) and private data (VmData)."""
    with open("/proc/self/status") as file:
        pairs = (line.split() for line in file if line.startswith(("VmSize", "VmData")))
        return {name.rstrip(":"): int(kilobytes) * 1024 for name, kilobytes, _ in pairs}
