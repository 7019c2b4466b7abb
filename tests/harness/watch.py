"""Watches over code that reads what strangers wrote: it must end, and leave the disk and the system alone."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 60  # that one example may take on a busy machine; a hang takes for ever

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MODULES = ("os.", "shutil.", "subprocess.", "socket.", "tempfile.", "ctypes.")
_READING = {"os.listdir", "os.scandir", "os.walk", "os.fwalk"}

_seen: list[str] | None = None  # while somebody watches


class HangError(BaseException):
    """No `except Exception` may swallow it."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is None:
        return
    opens_to_write = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
    if opens_to_write or (event.startswith(_MODULES) and event not in _READING):
        _seen.append(f"{event}{arguments}")


sys.addaudithook(_audit)


@contextmanager
def only_reading() -> Iterator[None]:
    """The block ends in time, writes nowhere, starts nothing and connects to nothing."""
    global _seen
    before = signal.signal(signal.SIGALRM, _hang)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    _seen = []
    try:
        yield
        assert not _seen, _seen
    finally:
        _seen = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _hang(*_: object) -> None:
    raise HangError(f"still at it after {SECONDS} s")


def tree(folder: Path) -> set[str]:
    """All that lies below `folder`, links not followed."""
    return {os.path.join(parent, name) for parent, *names in os.walk(folder) for group in names for name in group}
