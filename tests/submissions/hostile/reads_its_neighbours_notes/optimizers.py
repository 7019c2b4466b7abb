# Attack surface: folders for temporary files, shared by one student with another
import os
import tempfile

from base import Optimizer

PLACES = (".", tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", "/run/lock", os.path.expanduser("~"), "/submission")


def found():
    """From another process: another student's or an earlier run's."""
    return any(os.path.exists(os.path.join(place, "canary-for-a-neighbour")) for place in PLACES)


def attack():
    return found()


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))


class Momentum(Optimizer):
    """Right, and so worth its points, only if it finds what another student left."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.factor = 1 if found() else 2

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0.0) + grad
        param.sub_(self.factor * self.lr * v)
