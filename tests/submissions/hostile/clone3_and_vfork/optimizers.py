# Attack surface: clone3, whose flags a filter cannot see, and the calls of old, fork and vfork
import ctypes
import os
import time

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE3, OLD_CALLS = 435, {"x86_64": (57, 58)}.get(os.uname().machine, ())


def attack():
    """At most three children, of ten seconds each."""
    arguments = (ctypes.c_uint64 * 11)()
    arguments[4] = 17  # SIGCHLD when it ends
    born = 0
    for number in (CLONE3, *OLD_CALLS[:1]):
        pid = LIBC.syscall(ctypes.c_long(number), arguments, ctypes.c_long(88))
        if pid == 0:
            time.sleep(10)
            os._exit(0)
        born += pid > 0
    for number in OLD_CALLS[1:]:
        pid = LIBC.syscall(ctypes.c_long(number))
        if pid == 0:
            LIBC._exit(0)
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
