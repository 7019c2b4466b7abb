"""`.live.js`: what a page that is looked at while the class is graded loads again and again.

It is a script that hands the page the class as it is by then.  That works where pages are opened from their files,
needs no port that others on the machine could read, and ends by itself: the last script says that the final page is in
place, and whoever looks on gets that one.
"""

import time
from collections.abc import Callable
from pathlib import Path

from autograder.records import write_atomically

NAME = ".live.js"
_SECONDS = 1.0  # between two scripts, at least
_SHARE = 20  # of the time that one takes to write, so much passes until the next
_BEAT_SECONDS = 5.0  # between two signs of life
_LAST_LOOK = 1.5  # a page that asks every second sees the last script


class Live:
    """The script beside the page in `folder`; nothing is there before `begin`."""

    def __init__(self, folder: Path) -> None:
        self.is_on = False
        self.changed = False  # is there more to show than was written
        self._path = folder / NAME
        self._data = "{}"
        self._beat = self._edition = 0
        self._next = 0.0

    def begin(self, data: Callable[[], str]) -> None:
        """Raises OSError: then there is nothing to follow."""
        self.changed = True
        self._write(data)
        self.is_on = True

    def tick(self, data: Callable[[], str]) -> None:
        """Write `data()` if it is time to, or a sign of life if nothing has changed. Raises OSError."""
        now = time.monotonic()
        if self.is_on and now >= self._next + (0 if self.changed else _BEAT_SECONDS):
            self._write(data)

    def end(self) -> None:
        """To be called when the final page is in place. Raises OSError."""
        if not self.is_on:
            return
        self.is_on = False
        try:
            write_atomically(self._path, "news(0, 0, null);\n")
            time.sleep(_LAST_LOOK)
        finally:
            self._path.unlink(missing_ok=True)

    def _write(self, data: Callable[[], str]) -> None:
        begun = time.monotonic()
        if self.changed:
            self._data = data()
            self._edition += 1
        self._beat += 1
        write_atomically(self._path, f"news({self._beat}, {self._edition}, {self._data});\n")
        self.changed = False
        now = time.monotonic()
        self._next = now + max(_SECONDS, _SHARE * (now - begun))
