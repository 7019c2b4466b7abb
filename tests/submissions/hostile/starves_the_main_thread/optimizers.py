# Attack surface: Python's global lock, held by another thread for ever
import sys
import threading

from base import Optimizer


def greed():
    while True:
        pass


def attack():
    sys.setswitchinterval(1000.0)
    threading.Thread(target=greed, daemon=True).start()
    return False


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
