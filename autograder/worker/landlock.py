"""Files, TCP and signals, denied by Landlock but for what is named.

Flags: Documentation/userspace-api/landlock.rst of the kernel.
"""

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from . import kernel

NEEDED_ABI = 3  # the first that also covers truncation; sockets and signals are the seccomp filter's as well

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | (1 << 15)
_USE_DEVICE = _WRITE_FILE | _READ_FILE | (1 << 15)
_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP, _TCP_ABI = 0b11, 4
_SCOPES, _SCOPES_ABI = 0b11, 6


def missing() -> str:
    """Why Landlock cannot be used here; nothing if it can."""
    abi = _abi()
    return "" if abi >= NEEDED_ABI else f"Landlock is {f'too old ({abi} < {NEEDED_ABI})' if abi else 'missing'}"


@dataclass(frozen=True)
class Place:
    """A file or folder, held by a descriptor: whoever has it may name the place in a rule without reaching it."""

    fd: int
    is_folder: bool


def places(paths: Iterable[str]) -> tuple[Place, ...]:
    """Those of `paths` that exist."""
    return tuple(
        Place(os.open(path, os.O_PATH | os.O_CLOEXEC), os.path.isdir(path)) for path in paths if os.path.exists(path)
    )


def out_of_the_way(places: Iterable[Place]) -> tuple[Place, ...]:
    """The same places held by high descriptors, which a worker that sorts its own few does not overwrite."""
    moved = []
    for place in places:
        moved.append(Place(fcntl.fcntl(place.fd, fcntl.F_DUPFD_CLOEXEC, 200), place.is_folder))
        os.close(place.fd)
    return tuple(moved)


def restrict(readable: Iterable[Place], writable: Iterable[Place], devices: Iterable[Place] = ()) -> None:
    """Allow reading below `readable`, everything but devices below `writable`, using `devices`; nothing else, for good.

    Raises:
        OSError: the kernel has no Landlock, or one older than `NEEDED_ABI`.
    """
    if missing():
        raise OSError(missing())
    abi = _abi()
    files = _ALL_BY_ABI[max(known for known in _ALL_BY_ABI if known <= abi)]
    ruleset = kernel.landlock_ruleset(files, _TCP if abi >= _TCP_ABI else 0, _SCOPES if abi >= _SCOPES_ABI else 0)
    for access, group in ((_READ, readable), (files & ~_device_nodes(), writable), (_USE_DEVICE, devices)):
        for place in group:
            kernel.landlock_allow(ruleset, place.fd, access & files & (-1 if place.is_folder else _ON_FILES))
    kernel.landlock_restrict(ruleset)


@cache
def _abi() -> int:
    return kernel.landlock_abi()


def _device_nodes() -> int:
    make_char, make_block, ioctl_dev = 1 << 6, 1 << 11, 1 << 15
    return make_char | make_block | ioctl_dev
