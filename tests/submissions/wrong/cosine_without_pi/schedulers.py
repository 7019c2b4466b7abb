import numpy as np

from base import LRScheduler


class StepLR(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        drops = np.floor_divide(t, self.step_size)
        return float(self.base_lr * np.power(self.gamma, float(drops)))


class ExponentialLR(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return float(self.base_lr * np.power(self.gamma, float(t)))


class CosineAnnealingLR(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        weight = 0.5 * (1.0 + np.cos(t / self.T_max))
        return float(weight * self.base_lr + (1.0 - weight) * self.eta_min)


class CosineAnnealingWarmRestarts(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        # enough cycles to cover t; starts[i] is the step at which cycle i begins
        lengths = [self.T_0]
        while sum(lengths) <= t:
            lengths.append(lengths[-1] * self.T_mult)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        cycle = np.searchsorted(starts, t, side="right") - 1
        x = (t - starts[cycle]) / lengths[cycle]
        weight = 0.5 * (1.0 + np.cos(np.pi * x))
        return float(weight * self.base_lr + (1.0 - weight) * self.eta_min)


class CyclicLR(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_down or step_size_up
        super().__init__(optimizer)

    def lr_at(self, t):
        total = self.step_size_up + self.step_size_down
        corners = [0, self.step_size_up, total]
        return float(np.interp(t % total, corners, [self.base_lr, self.max_lr, self.base_lr]))


class WarmupCosineLR(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps, self.total_steps, self.eta_min = warmup_steps, total_steps, eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return float(self.base_lr * (t + 1) / self.warmup_steps)
        x = (t - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps)
        weight = 0.5 * (1.0 + np.cos(np.pi * np.clip(x, 0.0, 1.0)))
        return float(weight * self.base_lr + (1.0 - weight) * self.eta_min)
