# Attack surface: reboot and swap: the machine as a whole
import ctypes
import errno
import os

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)
REBOOT, SWAPON = {"x86_64": (169, 167), "aarch64": (142, 224)}[os.uname().machine]


def attack():
    """Wrong magic numbers: not even root's call would do anything."""
    LIBC.syscall(ctypes.c_long(REBOOT), ctypes.c_long(0), ctypes.c_long(0), ctypes.c_long(0), None)
    allowed = ctypes.get_errno() == errno.EINVAL
    LIBC.syscall(ctypes.c_long(SWAPON), b"/canary-that-does-not-exist", ctypes.c_long(0))
    return allowed or ctypes.get_errno() == errno.ENOENT


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
