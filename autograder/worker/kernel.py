"""The Linux calls that Python's library lacks, as thin functions that raise `OSError`.

Numbers and flags are the kernel's own (include/uapi/linux: sched.h, mount.h, prctl.h, capability.h).
"""

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Sequence

_libc = ctypes.CDLL(None, use_errno=True)
_with_gil = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
if sys.platform == "linux":  # elsewhere the grader's own side is imported to grade in a container
    _libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 16384, 1 << 18
MNT_DETACH = 2

_HUGE_PAGE, _MADV_COLLAPSE = 2 << 20, 25

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS = 1, 4, 8
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 24, 38, 47
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2

# The same on every architecture but for pivot_root: calls added since Linux 5.2 share one table.
_SYS_OPEN_TREE, _SYS_MOVE_MOUNT, _SYS_CLOSE_RANGE, _SYS_MOUNT_SETATTR = 428, 429, 436, 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_LANDLOCK_CREATE_RULESET, _SYS_LANDLOCK_ADD_RULE, _SYS_LANDLOCK_RESTRICT_SELF = 444, 445, 446

_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_MOVE_MOUNT_F_EMPTY_PATH = 4
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(what: str, number: int, *arguments: object) -> int:
    """Call the kernel; `what` names the call in the error."""
    widened = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *widened), what)


def fork() -> int:
    """`os.fork` without Python's repairs in the child (locks, random states, torch's threads).

    For a process with one thread and no lock held there is nothing to repair, and the hooks cost a millisecond.
    """
    return _checked(_with_gil.fork(), "fork")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    _checked(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    encoded = kind.encode() if kind else None
    result = _libc.mount(source.encode(), os.fsencode(target), encoded, ctypes.c_ulong(flags), options.encode())
    _checked(result, f"mount {target}")


def unmount(target: str) -> None:
    _checked(_libc.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def pivot_root(new_root: str) -> None:
    """Make `new_root` the root and detach the old one.

    Both arguments of pivot_root may name the same folder: the old root then lies stacked on it (pivot_root(2)).
    """
    os.chdir(new_root)
    syscall("pivot_root", _SYS_PIVOT_ROOT[os.uname().machine], ctypes.c_char_p(b"."), ctypes.c_char_p(b"."))
    unmount(".")
    os.chdir("/")


def clone_tree(path: str, attributes: int) -> int:
    """A detached copy of the mounts below `path`, with `attributes` set throughout, as a descriptor."""
    fd = syscall(
        f"open_tree {path}",
        _SYS_OPEN_TREE,
        _AT_FDCWD,
        ctypes.c_char_p(os.fsencode(path)),
        _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | _AT_RECURSIVE,
    )
    attr = ctypes.create_string_buffer(struct.pack("QQQQ", attributes, 0, 0, 0))
    syscall(
        f"mount_setattr {path}",
        _SYS_MOUNT_SETATTR,
        fd,
        ctypes.c_char_p(b""),
        _AT_EMPTY_PATH | _AT_RECURSIVE,
        attr,
        len(attr.raw) - 1,
    )
    return fd


def attach_tree(fd: int, target: str) -> None:
    """Mount a detached tree on `target`, and close its descriptor."""
    syscall(
        f"move_mount {target}",
        _SYS_MOVE_MOUNT,
        fd,
        ctypes.c_char_p(b""),
        _AT_FDCWD,
        ctypes.c_char_p(os.fsencode(target)),
        _MOVE_MOUNT_F_EMPTY_PATH,
    )
    os.close(fd)


def collapse_private_memory() -> None:
    """Gather this process's anonymous memory into huge pages, where the kernel can (Linux 6.1).

    A fork then copies one entry for 2 MB instead of 512: it made a worker's start four times cheaper.
    """
    with open("/proc/self/maps") as file:
        lines = [line.split() for line in file]
    for area, access, _, _, inode, *name in lines:
        if access != "rw-p" or inode != "0" or name not in ([], ["[heap]"]):
            continue
        start, end = (int(address, 16) for address in area.split("-"))
        for page in range(-(-start // _HUGE_PAGE) * _HUGE_PAGE, end - _HUGE_PAGE + 1, _HUGE_PAGE):
            _libc.madvise(ctypes.c_void_p(page), ctypes.c_size_t(_HUGE_PAGE), _MADV_COLLAPSE)


def close_from(lowest: int) -> None:
    """Close every descriptor from `lowest` on."""
    syscall("close_range", _SYS_CLOSE_RANGE, lowest, 0xFFFFFFFF, 0)


def prctl(option: int, *values: int) -> None:
    _checked(_libc.prctl(option, *values, *(0,) * (4 - len(values))), f"prctl {option}")


def die_with_parent(signal_number: int) -> None:
    """Be killed when the parent thread ends; a change of credentials clears this, so set it again after one."""
    prctl(_PR_SET_PDEATHSIG, signal_number)


def die_first() -> None:
    """Be the one that the kernel kills when memory runs out, where procfs lets a process say so of itself."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def set_dumpable(dumpable: bool) -> None:
    """Whether others of the same user may read this process's memory and /proc entries."""
    prctl(_PR_SET_DUMPABLE, int(dumpable))


def set_no_new_privileges() -> None:
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def empty_capability_sets(last: int) -> None:
    """Empty the bounding, ambient, effective, permitted and inheritable sets; `last` is the highest capability."""
    with contextlib.suppress(PermissionError):  # who may not bound what exec could bring has nothing to bound
        for capability in range(last + 1):
            prctl(_PR_CAPBSET_DROP, capability)
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    _set_capabilities(0)


def keep_capabilities_over_a_change_of_user() -> None:
    """Keep the permitted set when the next change of user would empty it."""
    prctl(_PR_SET_KEEPCAPS, 1)


def reduce_capabilities(kept: int) -> None:
    """Have the capability `kept` in effect and be permitted no other."""
    _set_capabilities(1 << kept)


def _set_capabilities(effective: int) -> None:
    """Make the effective and the permitted set this one, of the first 32 capabilities, and the inheritable empty."""
    header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    data = ctypes.create_string_buffer(struct.pack("6I", effective, effective, 0, 0, 0, 0))
    _checked(_libc.capset(header, data), "capset")


def landlock_abi() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    try:
        return syscall("landlock", _SYS_LANDLOCK_CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def landlock_ruleset(files: int, network: int, scopes: int) -> int:
    attr = ctypes.create_string_buffer(struct.pack("QQQ", files, network, scopes))
    return syscall("landlock_create_ruleset", _SYS_LANDLOCK_CREATE_RULESET, attr, len(attr.raw) - 1, 0)


def landlock_allow(ruleset: int, place: int, access: int) -> None:
    """Allow `access` below the file or folder that the descriptor `place` stands for."""
    rule = ctypes.create_string_buffer(struct.pack("=Qi", access, place))
    syscall("landlock_add_rule", _SYS_LANDLOCK_ADD_RULE, ruleset, 1, rule, 0)


def landlock_restrict(ruleset: int) -> None:
    syscall("landlock_restrict_self", _SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0)


def filter_code(instructions: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Instructions of (code, jump if true, jump if false, constant) as the kernel takes them."""
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)


def install_filter(code: bytes) -> None:
    """Load a seccomp program, for good."""
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    program = Program(len(code) // 8, ctypes.addressof(buffer))
    prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))
