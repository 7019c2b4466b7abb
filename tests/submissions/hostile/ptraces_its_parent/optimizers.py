# Attack surface: ptrace: the parent's memory and registers
import ctypes
import os

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)
SEIZE, DETACH = 0x4206, 17


def attack():
    through = 0
    for pid in {os.getppid(), 1} - {os.getpid(), 0}:
        through += LIBC.ptrace(SEIZE, pid, None, None) == 0
        LIBC.ptrace(DETACH, pid, None, None)
    LIBC.ptrace(SEIZE, os.getpid(), None, None)
    return through > 0


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
