"""The attacks that matter, tried by ourselves from inside the walls before anybody else gets the chance."""

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Temptations:
    """What a worker must not reach: hidden files, a writable folder, a TCP port of loopback, the grader's process."""

    files: tuple[str, ...]
    folder: str
    port: int
    grader: int


def what_succeeds(temptations: Temptations) -> Iterator[str]:
    """Try each, and say which could be done; the caller is a process to be thrown away."""
    attempts: dict[str, Callable[[], object]] = {
        f"list {temptations.folder}": lambda: os.listdir(temptations.folder),
        f"write to {temptations.folder}": lambda: _write(f"{temptations.folder}/trial-{os.getpid()}"),
        "connect by TCP": lambda: socket.create_connection(("127.0.0.1", temptations.port), 1.0),
        "send by UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "make a unix socket": lambda: socket.socket(socket.AF_UNIX),
        "signal its parent": lambda: os.kill(os.getppid(), signal.SIGCONT),
        "signal the grader": lambda: os.kill(temptations.grader, signal.SIGCONT),
        "start a process": _fork,
        "run a program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    }
    yield from (f"read {path}" for path in filter(_can_read, temptations.files))
    for what, attempt in attempts.items():
        with contextlib.suppress(OSError):
            attempt()
            yield what


def _can_read(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def _write(path: str) -> None:
    with open(path, "xb"):
        os.unlink(path)


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)
