# Attack surface: exceptions that a test runner takes for something other than a failure
from base import LRScheduler
from excuses import EXCUSES


class Excused(LRScheduler):
    def __init__(self, optimizer, *args, **options):
        raise EXCUSES[1]


StepLR = ExponentialLR = CosineAnnealingLR = CosineAnnealingWarmRestarts = CyclicLR = WarmupCosineLR = Excused
