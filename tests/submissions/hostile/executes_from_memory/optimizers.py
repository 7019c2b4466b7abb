# Attack surface: a program that was never on a disk: memfd_create and execveat
import os
import sys

from base import Optimizer


def attack():
    try:
        fd = os.memfd_create("canary")
    except OSError as error:
        print(error)
        return False
    with open(os.path.realpath(sys.executable), "rb") as program:
        os.sendfile(fd, program.fileno(), 0, 1 << 26)
    try:
        os.execve(fd, ["python", "-c", "print('canary')"], {})
    except OSError as error:
        print(error)
    return True


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
