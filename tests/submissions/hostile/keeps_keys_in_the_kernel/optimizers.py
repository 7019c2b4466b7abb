# Attack surface: the kernel's key store, which outlives a process and knows no namespace
import ctypes
import os

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)
ADD_KEY = {"x86_64": 248, "aarch64": 217}[os.uname().machine]
OF_THIS_THREAD = -1


def attack():
    key = LIBC.syscall(ctypes.c_long(ADD_KEY), b"user", b"canary", b"x", ctypes.c_long(1), ctypes.c_long(OF_THIS_THREAD))
    return key > 0


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
