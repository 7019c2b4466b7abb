# Attack surface: numbers too large for the wire, for a float and for a report
from base import LRScheduler


class StepLR(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        super().__init__(optimizer)

    def lr_at(self, t):
        return 10**5000


class ExponentialLR(LRScheduler):
    def __init__(self, optimizer, gamma):
        super().__init__(optimizer)

    def lr_at(self, t):
        return -(2**64) - t
