# Attack surface: memory in small pieces, which are slow to fill and slow to give back
from base import Optimizer


def attack():
    chain = None
    for _ in range(1_500_000):
        chain = [bytes(2000), chain]
    return chain is not None


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
