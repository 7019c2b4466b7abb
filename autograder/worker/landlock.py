"""Files, TCP and signals, denied by Landlock but for what is named.

Flags: Documentation/userspace-api/landlock.rst of the kernel.
"""

from collections.abc import Iterable
from pathlib import Path

from . import kernel

NEEDED_ABI = 3  # the first that also covers truncation; sockets and signals are the seccomp filter's as well

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | (1 << 15)
_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP, _TCP_ABI = 0b11, 4
_SCOPES, _SCOPES_ABI = 0b11, 6


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow reading below `readable`, everything but devices below `writable`, and nothing else, for good.

    Raises:
        OSError: the kernel has no Landlock, or one older than `NEEDED_ABI`.
    """
    abi = kernel.landlock_abi()
    if abi < NEEDED_ABI:
        raise OSError(f"Landlock is {'missing' if not abi else f'too old ({abi} < {NEEDED_ABI})'}")
    files = _ALL_BY_ABI[max(known for known in _ALL_BY_ABI if known <= abi)]
    ruleset = kernel.landlock_ruleset(files, _TCP if abi >= _TCP_ABI else 0, _SCOPES if abi >= _SCOPES_ABI else 0)
    for access, paths in ((_READ, readable), (files & ~_device_nodes(), writable)):
        for path in paths:
            if Path(path).exists():
                kernel.landlock_allow(ruleset, path, access & files & (-1 if Path(path).is_dir() else _ON_FILES))
    kernel.landlock_restrict(ruleset)


def _device_nodes() -> int:
    make_char, make_block, ioctl_dev = 1 << 6, 1 << 11, 1 << 15
    return make_char | make_block | ioctl_dev
