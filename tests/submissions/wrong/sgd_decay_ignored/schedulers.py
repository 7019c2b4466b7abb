"""Schedulers around one helper: half a cosine from `start` to `end`."""

from math import cos, pi

from base import LRScheduler


def anneal(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * (1 + cos(pi * fraction)) / 2


class StepLR(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.every, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        return self.base_lr * self.gamma ** (t // self.every)


class ExponentialLR(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        return self.base_lr * pow(self.gamma, t)


class CosineAnnealingLR(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        return anneal(self.base_lr, self.eta_min, t / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        start, length = 0, self.T_0
        while t >= start + length:
            start, length = start + length, length * self.T_mult
        return anneal(self.base_lr, self.eta_min, (t - start) / length)


class CyclicLR(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr, self.up, self.down = max_lr, step_size_up, step_size_down or step_size_up
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        t %= self.up + self.down
        fraction = min(t / self.up, (self.up + self.down - t) / self.down)
        return self.base_lr + fraction * (self.max_lr - self.base_lr)


class WarmupCosineLR(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup, self.total, self.eta_min = warmup_steps, total_steps, eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        if t < self.warmup:
            return self.base_lr * (t + 1) / self.warmup
        if t >= self.total:
            return self.eta_min
        return anneal(self.base_lr, self.eta_min, (t - self.warmup) / (self.total - self.warmup))
