"""Users that exist only as numbers, one for each worker: what root has in place of a namespace of its own.

A slot is such a number, held by binding an abstract socket of its name, which the kernel lets go when its holder
dies: two graders of one machine never share a slot, and none stays taken.
"""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

FIRST, COUNT = 61001, 180  # between what distributions give to people and what systemd hands out (61184)
_haunted: list[socket.socket] = []
_REAP_ROUNDS, _REAP_PAUSE = 50, 0.02


class Slot:
    """A user id for one worker; `release` when the worker has been waited for.

    Raises:
        OSError: all are taken.
    """

    def __init__(self) -> None:
        start = os.getpid()
        for i in range(COUNT):
            self.uid = FIRST + (start + i) % COUNT
            self._lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self._lock.bind(f"\0autograder-slot-{self.uid}")
                return
            except OSError:
                self._lock.close()
        raise OSError(f"all {COUNT} slots are taken by other workers")

    def enter(self) -> None:
        """Become this user, for good; the kernel empties the effective set of capabilities on the way.

        Raises:
            OSError: the process may not change its user.
        """
        os.setgroups([])
        os.setresgid(self.uid, self.uid, self.uid)
        os.setresuid(self.uid, self.uid, self.uid)

    def release(self) -> None:
        """Kill whatever still runs as this user, and give the number back."""
        for _ in range(_REAP_ROUNDS):
            if not self._is_in_use():
                self._lock.close()
                return
            self._kill_all()
            time.sleep(_REAP_PAUSE)
        _haunted.append(self._lock)  # by what cannot be killed: nobody else shall be this user

    def _is_in_use(self) -> bool:
        """Whether procfs shows a living process of this user; kill(-1) also succeeds where every kill was refused."""
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if entry.isdigit() and Path("/proc", entry).stat().st_uid == self.uid:
                    state = Path("/proc", entry, "stat").read_text("latin-1").rpartition(")")[2].split()[0]
                    if state not in "ZX":
                        return True
        return False

    def _kill_all(self) -> None:
        child = os.fork()
        if child == 0:
            with contextlib.suppress(OSError):
                self.enter()
                os.kill(-1, signal.SIGKILL)  # all that this user may kill: its own, this process included
            os._exit(0)
        os.waitpid(child, 0)
