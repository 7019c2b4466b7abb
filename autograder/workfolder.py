"""The folder on disk in which workers without a file system of their own are lodged.

It is locked as long as the grader lives, so that a later grader can tell what a killed one left behind.
"""

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path

from autograder.worker.removal import remove

_PREFIX = "autograder-"


class WorkFolder:
    """A fresh folder, private to this user; `remove` it in the end.

    Attributes:
        path: where it is.
    """

    def __init__(self) -> None:
        _remove_abandoned()
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if self.path.exists():
                return
            os.close(self._lock)  # another grader took it for abandoned before it was locked

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            remove(str(self.path))
        os.close(self._lock)


def _remove_abandoned() -> None:
    """Remove this user's folders that nobody holds."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if os.fstat(fd).st_uid == os.geteuid():
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove(str(path))
            finally:
                os.close(fd)
