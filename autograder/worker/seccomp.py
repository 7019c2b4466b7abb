"""The filter on a worker's system calls, made from the tables of `syscalls`.

Numbers with the same fate are gathered into ranges, and the filter searches the ranges by halves: the kernel runs it
for every number when it is installed, so its depth is part of what a worker's start costs.
"""

import errno
import os
import struct
from collections.abc import Sequence
from functools import cache

from . import kernel, syscalls

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant: struct sock_filter
Code = list[Instruction]

_COLUMN = {"x86_64": 0, "aarch64": 1}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # include/uapi/linux/audit.h
_X32 = 0x40000000  # x86's third table of calls begins here; none of it is for us

_LOAD, _JUMP, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
_FARTHEST = 255  # that a conditional jump reaches
_NUMBER, _ARCHITECTURE, _ARGUMENT_0, _ARGUMENT_1 = 0, 4, 16, 24

_CLONE_THREAD = 0x00010000
_ITSELF = 0  # the caller, where a process number is asked for
_OWN_PID = 0xFEEDF00D  # stands for it until the worker knows
_PRCTL_ALLOWED = (2, 3, 15, 16, 21, 23, 29, 30, 39, 41, 42, 0x53564D41)  # names, timer slack, and asking
# F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY: signals to others, by way of a descriptor; F_SETLEASE: holding up whoever
# opens a file; F_SETPIPE_SZ: memory that no limit counts.
_FCNTL_REFUSED = (8, 10, 15, 1026, 1024, 1031)
_IOCTL_REFUSED = (0x8901, 0x8902, 0x5412)  # FIOSETOWN, SIOCSPGRP: signals again; TIOCSTI: keys into a terminal


def _fails_with(number: int) -> Code:
    return [(_RETURN, 0, 0, 0x00050000 | number)]


_ALLOW: Code = [(_RETURN, 0, 0, 0x7FFF0000)]
_KILL: Code = [(_RETURN, 0, 0, 0x80000000)]  # the whole process, with SIGSYS
_REFUSE = _fails_with(errno.EPERM)
_UNKNOWN = _fails_with(errno.ENOSYS)
_PRETEND = _fails_with(0)
_TABLES = (
    (syscalls.ALLOWED, _ALLOW),
    (syscalls.REFUSED, _REFUSE),
    (syscalls.PRETENDED, _PRETEND),
    (syscalls.FATAL, _KILL),
)


def prepare() -> None:
    """Make the filter, but for the process's number, before workers are forked that would each make it anew.

    Raises:
        OSError: this architecture's numbers are not in the tables.
    """
    _template(os.uname().machine)


def install() -> None:
    """Filter this process for good; needs no_new_privs."""
    kernel.install_filter(program(os.uname().machine, os.getpid()))


def program(machine: str, pid: int) -> bytes:
    """The filter for a process that calls itself `pid`: it may start threads and signal itself, and no more."""
    return _template(machine).replace(struct.pack("<I", _OWN_PID), struct.pack("<I", pid))


@cache
def _template(machine: str) -> bytes:
    if machine not in _COLUMN:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    start: Code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        *_KILL,
        (_LOAD, 0, 0, _NUMBER),
    ]
    return kernel.filter_code([*start, *_search(_ranges(_fates(_COLUMN[machine])))])


def _fates(column: int) -> dict[int, Code]:
    """What becomes of each call, by its number."""
    fates = {numbers[column]: fate for table, fate in _TABLES for group in table.values() for numbers in group.values()}
    by_name = {name: numbers[column] for group in syscalls.BY_ARGUMENT.values() for name, numbers in group.items()}
    fates |= {by_name[name]: fate for name, fate in _by_argument().items()}
    return {number: fate for number, fate in fates.items() if number is not None}


def _by_argument() -> dict[str, Code]:
    to_itself = _if_argument(_ARGUMENT_0, (_OWN_PID,), _ALLOW, _REFUSE)
    about_itself = _if_argument(_ARGUMENT_0, (_ITSELF,), _ALLOW, _REFUSE)
    return {
        "clone": [(_LOAD, 0, 0, _ARGUMENT_0), (_JUMP_SET, 0, 1, _CLONE_THREAD), *_ALLOW, *_REFUSE],
        **dict.fromkeys(("kill", "tkill", "tgkill"), to_itself),
        **dict.fromkeys(("prlimit64", "sched_setaffinity"), about_itself),
        "prctl": _if_argument(_ARGUMENT_0, _PRCTL_ALLOWED, _ALLOW, _REFUSE),
        "fcntl": _if_argument(_ARGUMENT_1, _FCNTL_REFUSED, _REFUSE, _ALLOW),
        "ioctl": _if_argument(_ARGUMENT_1, _IOCTL_REFUSED, _REFUSE, _ALLOW),
    }


def _if_argument(argument: int, values: Sequence[int], then: Code, otherwise: Code) -> Code:
    """`then` if the argument's lower half is one of `values`, else `otherwise`; both are one instruction."""
    comparisons = [(_JUMP_EQUAL, left, 0, value) for left, value in zip(range(len(values), 0, -1), values, strict=True)]
    return [(_LOAD, 0, 0, argument), *comparisons, *otherwise, *then]


def _ranges(fates: dict[int, Code]) -> list[tuple[int, Code]]:
    """`(first number, fate)` of each run of numbers with one fate, from 0 on."""
    ranges: list[tuple[int, Code]] = []
    for number in range(syscalls.LAST_KNOWN + 2):  # one beyond, for all that is newer
        fate = fates.get(number, _UNKNOWN)
        if not ranges or ranges[-1][1] != fate:
            ranges.append((number, fate))
    return [*ranges, (_X32, _KILL)]


def _search(ranges: Sequence[tuple[int, Code]]) -> Code:
    """Go to the fate of the last range that does not begin above the number."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    below, above = _search(ranges[:middle]), _search(ranges[middle:])
    if len(below) <= _FARTHEST:
        return [(_JUMP_GREATER_EQUAL, len(below), 0, ranges[middle][0]), *below, *above]
    return [(_JUMP_GREATER_EQUAL, 0, 1, ranges[middle][0]), (_JUMP, 0, 0, len(below)), *below, *above]
