# HOMEWORK 3 - LEARNING RATE SCHEDULERS

# we need math for the cosine and for pi
import math

from base import LRScheduler


# 1. Multiply by gamma every step_size steps
class StepLR(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        # this has to come last because it already calls lr_at(0)
        super().__init__(optimizer)

    def lr_at(self, t):
        number_of_drops = math.floor(t / self.step_size)
        return self.base_lr * self.gamma**number_of_drops


# 2. Multiply by gamma every step
class ExponentialLR(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * self.gamma**t


# 3. Half a cosine wave
class CosineAnnealingLR(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        cosine = math.cos(math.pi * t / self.T_max)
        # goes from 1 to 0
        factor = (1 + cosine) / 2
        return self.eta_min + (self.base_lr - self.eta_min) * factor


# 4. Cosine with warm restarts
class CosineAnnealingWarmRestarts(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        # find out in which cycle we are
        cycle_start = 0
        cycle_length = self.T_0
        while t >= cycle_start + cycle_length:
            cycle_start = cycle_start + cycle_length
            cycle_length = cycle_length * self.T_mult
        steps_in_cycle = t - cycle_start
        cosine = math.cos(math.pi * steps_in_cycle / cycle_length)
        factor = (1 + cosine) / 2
        return self.eta_min + (self.base_lr - self.eta_min) * factor


# 5. Triangles
class CyclicLR(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        # if nothing is given, down takes as long as up
        if step_size_down is None:
            self.step_size_down = step_size_up
        else:
            self.step_size_down = step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        cycle_length = self.step_size_up + self.step_size_down
        position = t % cycle_length
        if position < self.step_size_up:
            # on the way up
            factor = position / self.step_size_up
        else:
            # on the way down
            factor = (cycle_length - position) / self.step_size_down
        return self.base_lr + (self.max_lr - self.base_lr) * factor


# 6. Warm-up and then cosine
class WarmupCosineLR(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            # warm up
            return self.base_lr * (t + 1) / self.warmup_steps
        if t > self.total_steps:
            # we are past the end
            return self.eta_min
        steps_after_warmup = t - self.warmup_steps
        length = self.total_steps - self.warmup_steps
        factor = (1 + math.cos(math.pi * steps_after_warmup / length)) / 2
        return self.eta_min + (self.base_lr - self.eta_min) * factor
