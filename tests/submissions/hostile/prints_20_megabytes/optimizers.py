# Attack surface: standard output without end: memory, disk and report of the grader
from base import Optimizer


def shout():
    for _ in range(20):
        print("A" * (1 << 20))


shout()


class Idle(Optimizer):
    """Stands for every rule and does nothing."""

    def __init__(self, params, lr, *args, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        pass


SGD = Momentum = Nesterov = RMSprop = Adam = AdamW = Idle


class Lookahead(Idle):
    def __init__(self, optimizer, k=5, alpha=0.5):
        super().__init__(optimizer.params, optimizer.lr)
