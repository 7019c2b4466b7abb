import math

import numpy as np
from base import LRScheduler


class _Args(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)


class WholeDivision(_Args):
    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * ((t + 1) // self.warmup_steps)
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class ClockNotReset(_Args):
    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / self.total_steps)) / 2


class RisesAgain(_Args):
    def lr_at(self, t):
        w = self.warmup_steps
        if t < w:
            return self.base_lr * (t + 1) / w
        x = (t - w) / max(1, self.total_steps - w)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class WarmupIgnoresEtaMin(_Args):
    def lr_at(self, t):
        if t < self.warmup_steps:
            return (t + 1) / self.warmup_steps * self.base_lr
        if t < self.total_steps:
            x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
            return 0.5 * self.base_lr * (1 + math.cos(math.pi * x))
        return 0.0


class ShiftedByOne(_Args):
    def lr_at(self, t):
        n = t + 1
        if n < self.warmup_steps:
            return self.base_lr * (n + 1) / self.warmup_steps
        if n >= self.total_steps:
            return self.eta_min
        x = (n - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class OneLate(_Args):
    def step(self):
        self.optimizer.lr = self.lr_at(self.t)
        self.t += 1

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi * x / 2) ** 2


class StepsAtConstruction(_Args):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        super().__init__(optimizer, warmup_steps, total_steps, eta_min)
        self.step()

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        span = self.total_steps - self.warmup_steps
        x = min((t - self.warmup_steps) / span, 1.0) if span > 0 else 1.0
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class StartsFromCurrentRate(_Args):
    def lr_at(self, t):
        lr = self.optimizer.lr
        if t < self.warmup_steps:
            return lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class Unknown1(_Args):  # the warm-up divides by warmup_steps + 1, so it ends below the base rate
    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / (self.warmup_steps + 1)
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class Unknown2(_Args):  # the cosine has no pi
    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(x)) / 2


class Unknown3(_Args):  # after total_steps the rate is back at the base rate
    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.base_lr
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class Unknown4(_Args):  # the warm-up is quadratic
    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * ((t + 1) / self.warmup_steps) ** 2
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class Right1(_Args):
    """the whole table at once; beyond it, eta_min"""

    def lr_at(self, t):
        w, n = self.warmup_steps, self.total_steps
        warm = self.base_lr * np.arange(1, w + 1) / w if w else np.empty(0)
        x = np.arange(max(n - w, 0)) / max(n - w, 1)
        cool = self.eta_min + (self.base_lr - self.eta_min) * (1 + np.cos(np.pi * x)) / 2
        table = np.append(np.concatenate([warm, cool]), self.eta_min)
        return float(table[min(t, len(table) - 1)])


class Right2(_Args):
    """height of the ramp, less the share of the way that has been sunk; sine form of the cosine"""

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * ((t + 1) / self.warmup_steps)
        left = max(self.total_steps - t, 0)
        if left == 0:
            return float(self.eta_min)
        sunk = math.sin(math.pi / 2 * (1 - left / (self.total_steps - self.warmup_steps))) ** 2
        return self.base_lr - sunk * (self.base_lr - self.eta_min)
