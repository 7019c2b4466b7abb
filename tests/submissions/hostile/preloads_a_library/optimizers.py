# Attack surface: LD_PRELOAD and PYTHONSTARTUP, for whatever is executed next
import os
import sys

from base import Optimizer


def attack():
    os.environ.update(LD_PRELOAD="./canary.so", LD_LIBRARY_PATH=".", PYTHONPATH=".", PYTHONSTARTUP="canary.py")
    tools = ("/bin/sh", "/usr/bin/env", "/lib64/ld-linux-x86-64.so.2")
    for program in (sys.executable, os.path.realpath(sys.executable), "/proc/self/exe", *tools):
        try:
            os.execve(program, [program, "-c", "print('canary')"], dict(os.environ))
        except OSError as error:
            print(program, error)
    return False


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
