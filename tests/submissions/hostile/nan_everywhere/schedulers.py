# Attack surface: comparisons of the form `not (difference > tolerance)`
from base import LRScheduler


class NotANumber(LRScheduler):
    def __init__(self, optimizer, *args, **options):
        super().__init__(optimizer)

    def lr_at(self, t):
        return float("nan")


StepLR = ExponentialLR = CosineAnnealingLR = CosineAnnealingWarmRestarts = CyclicLR = WarmupCosineLR = NotANumber
