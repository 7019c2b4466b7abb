# Schedulers that simply walk from step 0 to step t and count.
import math

from base import LRScheduler


class StepLR(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.base_lr
        for step in range(1, t + 1):
            if step % self.step_size == 0:
                lr = lr * self.gamma
        return lr


class ExponentialLR(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.base_lr
        for _ in range(t):
            lr = lr * self.gamma
        return lr


class CosineAnnealingLR(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        angle = math.pi * t / self.T_max
        return self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + math.cos(angle))


class CosineAnnealingWarmRestarts(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T_i = self.T_0
        T_cur = 0
        for _ in range(t):
            T_cur += 1
            if T_cur >= T_i:
                T_cur = 0
                T_i = T_i * self.T_mult
        angle = math.pi * T_cur / T_i
        return self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + math.cos(angle))


class CyclicLR(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        if step_size_down is None:
            step_size_down = step_size_up
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        position = 0
        for _ in range(t):
            position += 1
            if position == self.step_size_up + self.step_size_down:
                position = 0
        climb = self.max_lr - self.base_lr
        if position <= self.step_size_up:
            return self.base_lr + climb * position / self.step_size_up
        return self.max_lr - climb * (position - self.step_size_up) / self.step_size_down


class WarmupCosineLR(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            lr = 0.0
            for _ in range(t + 1):
                lr += self.base_lr / self.warmup_steps
            return lr
        elif t < self.total_steps:
            angle = math.pi * (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
            return self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + math.cos(angle))
        else:
            return self.eta_min
