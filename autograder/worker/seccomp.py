"""The system calls that a worker may not make, as one table, and the filter made from it.

Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of the kernel.
"""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from . import kernel

# name: (x86_64, aarch64); None where the architecture has no such call.  From 424 on, all share one numbering.
REFUSED: dict[str, dict[str, tuple[int | None, int | None]]] = {
    "other programs": {
        "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    },
    "sockets": {
        "socket": (41, 198), "socketpair": (53, 199), "bind": (49, 200), "connect": (42, 203),
        "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242), "sendmsg": (46, 211),
        "sendmmsg": (307, 269),
    },
    "other processes": {
        "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
        "kcmp": (312, 272), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434),
        "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "process_mrelease": (448, 448),
        "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "setsid": (112, 157),
        "setpgid": (109, 154), "setpriority": (141, 140), "ioprio_set": (251, 30),
        "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    },
    "namespaces and mounts": {
        "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
        "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
        "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
        "mount_setattr": (442, 442), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
        "mknod": (133, None), "mknodat": (259, 33),
    },
    "memory that escapes its limits": {
        "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
        "shmctl": (31, 195), "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191),
        "semtimedop": (220, 192), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188),
        "msgctl": (71, 187), "mq_open": (240, 180), "userfaultfd": (323, 282),
    },
    "kernel interfaces": {
        "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
        "bpf": (321, 280), "perf_event_open": (298, 241), "keyctl": (250, 219), "add_key": (248, 217),
        "request_key": (249, 218), "fanotify_init": (300, 262), "init_module": (175, 105),
        "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
        "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
        "acct": (163, 89), "quotactl": (179, 60), "personality": (135, 92), "iopl": (172, None),
        "ioperm": (173, None), "settimeofday": (164, 170), "clock_settime": (227, 112),
        "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
        "setdomainname": (171, 162),
    },
    "credentials": {
        "setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143),
        "setresuid": (117, 147), "setresgid": (119, 149), "setfsuid": (122, 151), "setfsgid": (123, 152),
        "setgroups": (116, 159), "capset": (126, 91),
    },
    "modes, owners and times of files, which Landlock lets pass": {
        "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
        "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
        "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
        "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
        "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    },
}  # fmt: skip

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant: struct sock_filter

_LAST_KNOWN = 456  # futex_requeue, Linux 6.7; what is newer has not been looked at and answers ENOSYS
_CLONE3 = 435  # its flags lie in memory, out of a filter's sight: glibc falls back to clone on ENOSYS
_X32 = 0x40000000
_CLONE_THREAD = 0x00010000

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENT_0, _ARGUMENT_1 = 0, 4, 16, 24
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_ITSELF = 0  # the caller, where a process number is asked for
_PR_SET_PDEATHSIG = 1  # or a worker could outlive its zygote
_SET_OWNER = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to others, by way of a descriptor
_IOCTL_SET_OWNER = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP: the same


@dataclass(frozen=True)
class _Machine:
    column: int
    audit: int  # AUDIT_ARCH_*, which the kernel hands to the filter
    clone: int
    signals: tuple[int, ...]  # kill, tkill, tgkill
    on_processes: tuple[int, ...]  # prlimit64, sched_setaffinity
    prctl: int
    fcntl: int
    ioctl: int


_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E, 56, (62, 200, 234), (302, 203), 157, 72, 16),
    "aarch64": _Machine(1, 0xC00000B7, 220, (129, 130, 131), (261, 122), 167, 25, 29),
}


def program(machine: str, pid: int) -> bytes:
    """The filter for a process that calls itself `pid`: it may start threads and signal itself, and no more.

    Raises:
        OSError: this architecture's numbers are not in the table.
    """
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    by_arguments = [*_by_arguments(_MACHINES[machine], pid), (_RETURN, 0, 0, _ALLOW)]
    return _refusals(machine) + kernel.filter_code(by_arguments)


def install() -> None:
    """Filter this process for good; needs no_new_privs."""
    kernel.install_filter(program(os.uname().machine, os.getpid()))


@cache
def _refusals(machine: str) -> bytes:
    """The part that is the same for every worker."""
    here = _MACHINES[machine]
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, here.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        code += [(_JUMP_GREATER_EQUAL, 0, 1, _X32), (_RETURN, 0, 0, _KILL)]
    code += [(_JUMP_GREATER_EQUAL, 0, 1, _LAST_KNOWN + 1), _fails_with(errno.ENOSYS)]
    code += [(_JUMP_EQUAL, 0, 1, _CLONE3), _fails_with(errno.ENOSYS)]
    for group in REFUSED.values():
        for numbers in group.values():
            number = numbers[here.column]
            if number is not None:
                code += [(_JUMP_EQUAL, 0, 1, number), _fails_with(errno.EPERM)]
    code += [
        (_JUMP_EQUAL, 0, 4, here.clone),
        (_LOAD, 0, 0, _ARGUMENT_0),
        (_JUMP_SET, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        _fails_with(errno.EPERM),
    ]
    return kernel.filter_code(code)


def _by_arguments(here: _Machine, pid: int) -> list[Instruction]:
    """What is allowed towards oneself only, and what with some arguments only."""
    allow, refuse = (_RETURN, 0, 0, _ALLOW), _fails_with(errno.EPERM)
    rules = [
        *(_if_argument(number, _ARGUMENT_0, (pid,), allow, refuse) for number in here.signals),
        *(_if_argument(number, _ARGUMENT_0, (_ITSELF,), allow, refuse) for number in here.on_processes),
        _if_argument(here.prctl, _ARGUMENT_0, (_PR_SET_PDEATHSIG,), refuse, allow),
        _if_argument(here.fcntl, _ARGUMENT_1, _SET_OWNER, refuse, allow),
        _if_argument(here.ioctl, _ARGUMENT_1, _IOCTL_SET_OWNER, refuse, allow),
    ]
    return [instruction for rule in rules for instruction in rule]


def _if_argument(
    number: int, argument: int, values: Sequence[int], then: Instruction, otherwise: Instruction
) -> list[Instruction]:
    """For the call `number`: `then` if its argument is one of `values`, else `otherwise`; other calls pass by."""
    comparisons = [(_JUMP_EQUAL, left, 0, value) for left, value in zip(range(len(values), 0, -1), values, strict=True)]
    rest = [(_LOAD, 0, 0, argument), *comparisons, otherwise, then]
    return [(_JUMP_EQUAL, 0, len(rest), number), *rest]


def _fails_with(number: int) -> Instruction:
    return (_RETURN, 0, 0, 0x00050000 | number)
