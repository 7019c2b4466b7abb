# Attack surface: comparisons of floats with NaN and infinity
from base import LRScheduler


class ExponentialLR(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return [float("nan"), float("inf"), 10.0**308 * 10, -float("inf")][t % 4]
