"""Schedulers written with torch scalars."""

import torch

from base import LRScheduler


def cosine_weight(fraction):
    """1 at the start, 0 at the end; double precision, or the rate loses digits."""
    x = torch.tensor(float(fraction), dtype=torch.float64)
    return (0.5 * (1 + torch.cos(torch.pi * x))).item()


class StepLR(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * self.gamma ** (t // self.step_size)


class ExponentialLR(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        rate = torch.tensor(self.gamma, dtype=torch.float64).pow(t) * self.base_lr
        return rate.item()


class CosineAnnealingLR(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * cosine_weight(t / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        length = self.T_0
        while t >= length:
            t = t - length
            length = length * self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * cosine_weight(t / length)


class CyclicLR(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        t = t % (self.step_size_up + self.step_size_down)
        if t <= self.step_size_up:
            x = t / self.step_size_up
        else:
            x = 1 - (t - self.step_size_up) / self.step_size_down
        return self.base_lr + x * (self.max_lr - self.base_lr)


class WarmupCosineLR(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        t = min(t, self.total_steps)
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * cosine_weight(x)
