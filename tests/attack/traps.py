"""What tells that an attack got out: doors that were knocked at, files that changed, signals that came, and more.

Each trap has `sprung()`: sentences about what has happened since it was last asked.  The doors stand at addresses
that an attack may simply try; the file outside/doors of the stage lists those that were free:

=========================== ==========================================
TCP and UDP, 127.0.0.1      port 47011 (both), if they are free
a unix socket               /tmp/attack-surface.sock, if it can be made there, and outside/socket of the stage
an abstract unix socket     \\0attack-surface
=========================== ==========================================
"""

import contextlib
import json
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from processes import settings_of, wait_until_empty

PORT = 47011
ABSTRACT = "\0attack-surface"
SOCKET = "/tmp/attack-surface.sock"
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
GRADERS_OWN = ("autograder-", "attack-")
_LEAST_WORD = 4
_GRACE_SECONDS = 2.0

Signature = tuple[int, ...]


class Doors:
    """Listeners of every kind; the kernel keeps who knocked until we look, so nobody need wait at them."""

    def __init__(self, outside: Path):
        self._listeners: list[tuple[str, socket.socket]] = []
        self._files: list[str] = []
        self._open("TCP", socket.AF_INET, socket.SOCK_STREAM, [("127.0.0.1", PORT), ("127.0.0.1", 0)])
        self._open("UDP", socket.AF_INET, socket.SOCK_DGRAM, [("127.0.0.1", PORT), ("127.0.0.1", 0)])
        self._open("an abstract socket", socket.AF_UNIX, socket.SOCK_STREAM, [ABSTRACT, f"{ABSTRACT}-{os.getpid()}"])
        for path in (SOCKET, str(outside / "socket")):
            self._open("a unix socket", socket.AF_UNIX, socket.SOCK_STREAM, [path])
        addresses = {name: listener.getsockname() for name, listener in self._listeners}
        (outside / "doors").write_text(
            json.dumps(addresses, default=lambda name: name.decode("latin-1")), encoding="utf-8"
        )

    def sprung(self) -> list[str]:
        return [f"reached {name}" for name, listener in self._listeners if any([*_knocks(listener)])]

    def close(self) -> None:
        for _, listener in self._listeners:
            listener.close()
        for file in self._files:
            with contextlib.suppress(OSError):
                os.unlink(file)

    def _open(self, name: str, family: int, kind: int, addresses: list) -> None:
        """Listen at the first of `addresses` that is free."""
        for address in addresses:
            listener = socket.socket(family, kind)
            listener.setblocking(False)
            _remove_stale(address)
            try:
                listener.bind(address)
            except OSError:
                listener.close()
                continue
            if family == socket.AF_UNIX and not address.startswith("\0"):
                os.chmod(address, 0o777)
                self._files.append(address)
            if kind == socket.SOCK_STREAM:
                listener.listen(64)
            self._listeners.append((name, listener))
            return


def _remove_stale(address: object) -> None:
    """A socket's file outlives a listener that was killed; to knock and see would spring another run's trap."""
    if isinstance(address, str) and not address.startswith("\0") and os.path.exists(address):
        listeners = Path("/proc/net/unix").read_text("utf-8", "replace").split()
        if address not in listeners:
            with contextlib.suppress(PermissionError):
                os.unlink(address)


def _knocks(listener: socket.socket) -> Iterator[bool]:
    with contextlib.suppress(BlockingIOError):
        while True:
            if listener.type == socket.SOCK_DGRAM:
                listener.recv(4096)
            else:
                listener.accept()[0].close()
            yield True


class Files:
    """Every file and folder below `root`: none may appear, go, or change in content, times, owner or mode."""

    def __init__(self, root: Path, leaves_out: Callable[[str], bool] = lambda path: False):
        self._root = str(root)
        self._leaves_out = leaves_out
        self._known = self._look()

    def sprung(self) -> list[str]:
        known, self._known = self._known, self._look()
        appeared = [f"made {path}" for path in self._known if path not in known]
        gone = [f"removed {path}" for path in known if path not in self._known]
        changed = [f"changed {path}" for path, was in known.items() if self._known.get(path, was) != was]
        return appeared + gone + changed

    def _look(self) -> dict[str, Signature]:
        found = {}
        for folder, folders, names in os.walk(self._root):
            for name in (*folders, *names):
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    if not self._leaves_out(path):
                        found[path] = _signature(path)
        return found


def _signature(path: str) -> Signature:
    """What no writer can leave as it was: the time of the last change of the inode is the kernel's own."""
    s = os.lstat(path)
    return (s.st_ino, s.st_mode, s.st_uid, s.st_gid, s.st_size, s.st_mtime_ns, s.st_ctime_ns)


class SharedFolders:
    """The machine's shared folders, where others write too: an entry counts if a worker's user owns it and the sample
    speaks of its name."""

    def __init__(self, is_workers: Callable[[int], bool]):
        self.text = ""  # the sample's files
        self._is_workers = is_workers
        self._known = self._look()

    def sprung(self) -> list[str]:
        known, self._known = self._known, self._look()
        new = self._known - known
        suspects = {path for path in new if self._is_owned(path) and self._is_spoken_of(os.path.basename(path))}
        left = wait_until_empty(lambda: set(filter(os.path.lexists, suspects)), _GRACE_SECONDS)
        return [f"left {path}" for path in sorted(left)]

    def _is_owned(self, path: str) -> bool:
        with contextlib.suppress(OSError):
            return self._is_workers(os.lstat(path).st_uid)
        return False

    def _is_spoken_of(self, name: str) -> bool:
        if name.startswith(GRADERS_OWN):  # another grader's, at work beside us
            return False
        words = "".join(c if c.isalpha() else " " for c in name).split()
        return any(len(word) >= _LEAST_WORD and word in self.text for word in words)

    def _look(self) -> set[str]:
        found = set()
        for folder in SHARED_FOLDERS:
            with contextlib.suppress(OSError):
                found |= {os.path.join(folder, name) for name in os.listdir(folder)}
        return found


class Signals:
    """Every signal that this process or a judge forked from it can catch is caught, and written down."""

    def __init__(self, log: Path):
        self._log = os.open(log, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._read = 0
        ours: set[int] = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGPIPE}
        ours |= {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}  # the kernel's own
        for number in signal.valid_signals() - ours:
            with contextlib.suppress(OSError):
                signal.signal(number, self._note)

    def sprung(self) -> list[str]:
        text = os.pread(self._log, 1 << 20, self._read)
        self._read += len(text)
        return sorted({f"sent the grader {_name(int(line))}" for line in text.split()})

    def _note(self, number: int, _: object) -> None:
        os.write(self._log, b"%d\n" % number)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class Settings:
    """Niceness, cores and limits of the grader's processes."""

    def __init__(self, pids: set[int]):
        self._known = {pid: settings_of(pid) for pid in pids}

    def sprung(self) -> list[str]:
        told = []
        for pid, known in self._known.items():
            now = settings_of(pid)
            told += [f"changed the {what} of the grader" for what in known if now and now.get(what) != known[what]]
            told += [] if now else ["ended a process of the grader"]
            self._known[pid] = now
        return told


class SystemV:
    """Shared memory, semaphores and message queues, which others make too: those of a kind that the sample asks for."""

    def __init__(self) -> None:
        self.text = ""  # the sample's files
        self._known = self._look()

    def sprung(self) -> list[str]:
        known, self._known = self._known, self._look()
        return [f"left System V {kind} {key}" for kind, key in sorted(self._known - known) if f"{kind}get" in self.text]

    def _look(self) -> set[tuple[str, str]]:
        found = set()
        for kind in ("shm", "sem", "msg"):
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/sysvipc/{kind}").read_text("latin-1").splitlines()[1:]
                found |= {(kind, line.split()[1]) for line in lines}
        return found


def core_folders() -> list[Path]:
    """Where this machine puts core files, if it is one folder for all."""
    pattern = Path("/proc/sys/kernel/core_pattern")
    text = pattern.read_text("latin-1").strip() if pattern.exists() else ""
    return [Path(text).parent] if text.startswith("/") else []


class Cores:
    """Core files, asked for as loudly as this process may."""

    def __init__(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))  # inherited by the zygote: the walls must lower it
        self._known = self._look()

    def sprung(self) -> list[str]:
        known, self._known = self._known, self._look()
        return [f"left a core file, {path}" for path in sorted(self._known - known)]

    def _look(self) -> set[str]:
        return {str(path) for folder in core_folders() for path in folder.glob("core*") if path.is_file()}
