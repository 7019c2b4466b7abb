"""The system calls that a worker may make, and what becomes of the others; `seccomp` makes a filter of it.

What is in none of the tables answers "no such call" (ENOSYS), as on an older kernel: libraries then fall back to
what they did before it came.  `name: (x86_64, aarch64)`, None where the architecture has no such call; from 424 on,
all share one numbering.

Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of the kernel.
"""

Table = dict[str, dict[str, tuple[int | None, int | None]]]

# What torch, NumPy, matplotlib and Python's own library make use of.
ALLOWED: Table = {
    "files": {
        "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
        "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70), "preadv2": (327, 286),
        "pwritev2": (328, 287), "open": (2, None), "openat": (257, 56), "openat2": (437, 437), "creat": (85, None),
        "close": (3, 57), "close_range": (436, 436), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
        "flock": (73, 32), "fsync": (74, 82), "fdatasync": (75, 83), "sync_file_range": (277, 84),
        "truncate": (76, 45), "ftruncate": (77, 46), "fallocate": (285, 47), "lseek": (8, 62), "stat": (4, None),
        "lstat": (6, None), "fstat": (5, 80), "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None),
        "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
        "getdents": (78, None), "getdents64": (217, 61), "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50),
        "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None), "unlinkat": (263, 35),
        "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "link": (86, None), "linkat": (265, 37),
        "symlink": (88, None), "symlinkat": (266, 36), "sendfile": (40, 71), "copy_file_range": (326, 285),
        "splice": (275, 76), "fadvise64": (221, 223), "readahead": (187, 213), "statfs": (137, 43),
        "fstatfs": (138, 44), "umask": (95, 166), "getxattr": (191, 8), "lgetxattr": (192, 9), "fgetxattr": (193, 10),
        "listxattr": (194, 11), "llistxattr": (195, 12), "flistxattr": (196, 13),
    },
    "waiting": {
        "pipe": (22, None), "pipe2": (293, 59), "eventfd": (284, None), "eventfd2": (290, 19),
        "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None),
        "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441), "poll": (7, None), "ppoll": (271, 73),
        "select": (23, None), "pselect6": (270, 72), "wait4": (61, 260), "waitid": (247, 95),
    },
    "memory": {
        "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "madvise": (28, 233),
        "brk": (12, 214), "mincore": (27, 232), "msync": (26, 227), "mlock": (149, 228), "mlock2": (325, 284),
        "munlock": (150, 229), "mlockall": (151, 230), "munlockall": (152, 231), "membarrier": (324, 283),
        "mbind": (237, 235), "get_mempolicy": (239, 236), "set_mempolicy": (238, 237),
        "set_mempolicy_home_node": (450, 450), "pkey_alloc": (330, 289), "pkey_free": (331, 290),
        "pkey_mprotect": (329, 288), "map_shadow_stack": (453, 453),
    },
    "threads": {
        "set_tid_address": (218, 96), "set_robust_list": (273, 99), "get_robust_list": (274, 100), "futex": (202, 98),
        "futex_waitv": (449, 449), "futex_wake": (454, 454), "futex_wait": (455, 455), "futex_requeue": (456, 456),
        "rseq": (334, 293), "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
        "sched_getscheduler": (145, 120), "sched_getattr": (315, 275), "sched_get_priority_max": (146, 125),
        "sched_get_priority_min": (147, 126), "sched_rr_get_interval": (148, 127), "gettid": (186, 178),
        "getcpu": (309, 168), "arch_prctl": (158, None), "exit": (60, 93), "exit_group": (231, 94),
        "restart_syscall": (219, 128),
    },
    "signals and timers, of its own": {
        "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
        "rt_sigpending": (127, 136), "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137),
        "sigaltstack": (131, 132), "pause": (34, None), "alarm": (37, None), "getitimer": (36, 102),
        "setitimer": (38, 103), "timer_create": (222, 107), "timer_settime": (223, 110), "timer_gettime": (224, 108),
        "timer_getoverrun": (225, 109), "timer_delete": (226, 111), "timerfd_create": (283, 85),
        "timerfd_settime": (286, 86), "timerfd_gettime": (287, 87), "signalfd": (282, None), "signalfd4": (289, 74),
    },
    "time": {
        "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
        "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    },
    "who and where it is": {
        "getpid": (39, 172), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
        "getegid": (108, 177), "getresuid": (118, 148), "getresgid": (120, 150), "getgroups": (115, 158),
        "getpgrp": (111, None), "getpgid": (121, 155), "getsid": (124, 156), "getpriority": (140, 141),
        "ioprio_get": (252, 31), "capget": (125, 90), "uname": (63, 160), "sysinfo": (99, 179),
        "getrlimit": (97, 163), "setrlimit": (160, 164), "getrusage": (98, 165), "getrandom": (318, 278),
    },
}  # fmt: skip

# What honest code tries now and then and can do without: it fails with EPERM.
REFUSED: Table = {
    "other programs": {
        "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    },
    "sockets": {
        "socket": (41, 198), "socketpair": (53, 199), "bind": (49, 200), "connect": (42, 203), "listen": (50, 201),
        "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
        "recvfrom": (45, 207), "recvmsg": (47, 212), "recvmmsg": (299, 243), "shutdown": (48, 210),
        "getsockname": (51, 204), "getpeername": (52, 205), "getsockopt": (55, 209), "setsockopt": (54, 208),
    },
    "its place among processes": {
        "setsid": (112, 157), "setpgid": (109, 154), "setpriority": (141, 140), "ioprio_set": (251, 30),
        "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
        "pidfd_open": (434, 434),
    },
    "memory that escapes its limits": {
        "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
        "shmdt": (67, 197), "shmctl": (31, 195), "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191),
        "semtimedop": (220, 192), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
        "mq_open": (240, 180), "mq_unlink": (241, 181),
    },
    "owners and attributes of files, which Landlock lets pass": {
        "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
        "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
        "lremovexattr": (198, 15), "fremovexattr": (199, 16), "mknod": (133, None), "mknodat": (259, 33),
    },
}  # fmt: skip

# What copies of files and the like do at the end, and would fail for: it does nothing and says that it did.
PRETENDED: Table = {
    "modes and times of files, which Landlock lets pass": {
        "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
        "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    },
}  # fmt: skip

# What no submission has any business with: the process is killed, and the verdict says so.
FATAL: Table = {
    "other processes": {
        "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
        "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
        "process_mrelease": (448, 448), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    },
    "namespaces and mounts": {
        "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
        "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
        "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
        "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    },
    "credentials": {
        "setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143),
        "setresuid": (117, 147), "setresgid": (119, 149), "setfsuid": (122, 151), "setfsgid": (123, 152),
        "setgroups": (116, 159), "capset": (126, 91),
    },
    "kernel interfaces": {
        "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
        "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217),
        "request_key": (249, 218), "keyctl": (250, 219), "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
        "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
        "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
        "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443), "personality": (135, 92),
        "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "settimeofday": (164, 170),
        "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
        "setdomainname": (171, 162), "syslog": (103, 116), "vhangup": (153, 58),
    },
}  # fmt: skip

# What depends on an argument: allowed towards the caller itself or with some arguments only, else EPERM.
BY_ARGUMENT: Table = {
    "threads, and no other processes": {"clone": (56, 220)},
    "signals to itself": {"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131)},
    "itself alone": {"prlimit64": (302, 261), "sched_setaffinity": (203, 122)},
    "most of it": {"prctl": (157, 167), "fcntl": (72, 25), "ioctl": (16, 29)},
}  # fmt: skip

LAST_KNOWN = 456  # futex_requeue, Linux 6.7: what is newer has not been looked at
