import math

import numpy as np
from base import LRScheduler


class _Args(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)


class HalfTheCycle(_Args):
    def lr_at(self, t):
        up, down = self.up / 2, self.down / 2
        s = t % (up + down)
        frac = s / up if s < up else 1 - (s - up) / down
        return self.base_lr + (self.max_lr - self.base_lr) * frac


class IgnoresStepSizeDown(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr, self.step_size_up, self.step_size_down = max_lr, step_size_up, step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        cycle = math.floor(1 + t / (2 * self.step_size_up))
        x = abs(t / self.step_size_up - 2 * cycle + 1)
        return self.base_lr + (self.max_lr - self.base_lr) * max(0.0, 1 - x)


class ShiftedByOne(_Args):
    def lr_at(self, t):
        s = (t + 1) % (self.up + self.down)
        if s <= self.up:
            return self.base_lr + (self.max_lr - self.base_lr) * s / self.up
        return self.max_lr - (self.max_lr - self.base_lr) * (s - self.up) / self.down


class OneLate(_Args):
    def lr_at(self, t):
        s = t % (self.up + self.down)
        frac = min(s / self.up, (self.up + self.down - s) / self.down)
        return self.base_lr + (self.max_lr - self.base_lr) * frac

    def step(self):
        now = self.t
        self.t += 1
        self.optimizer.lr = self.lr_at(now)


class StepsAtConstruction(_Args):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        super().__init__(optimizer, max_lr, step_size_up, step_size_down)
        self.step()

    def lr_at(self, t):
        s = t % (self.up + self.down)
        return float(np.interp(s, [0, self.up, self.up + self.down], [self.base_lr, self.max_lr, self.base_lr]))


class StartsFromCurrentRate(_Args):
    def lr_at(self, t):
        s = t % (self.up + self.down)
        frac = s / self.up if s <= self.up else (self.up + self.down - s) / self.down
        low = self.optimizer.lr
        return low + (self.max_lr - low) * frac


class Unknown1(_Args):  # triangular2: the height halves with every cycle
    def lr_at(self, t):
        cycle, s = divmod(t, self.up + self.down)
        frac = s / self.up if s <= self.up else (self.up + self.down - s) / self.down
        return self.base_lr + (self.max_lr - self.base_lr) * frac / 2**cycle


class Unknown2(_Args):  # half cosines up and down instead of straight lines
    def lr_at(self, t):
        s = t % (self.up + self.down)
        frac = s / self.up if s <= self.up else (self.up + self.down - s) / self.down
        return self.base_lr + (self.max_lr - self.base_lr) * (1 - math.cos(math.pi * frac)) / 2


class Unknown3(_Args):  # up and down are mixed up: climbs in step_size_down steps and falls in step_size_up
    def lr_at(self, t):
        s = t % (self.up + self.down)
        frac = s / self.down if s <= self.down else (self.up + self.down - s) / self.up
        return self.base_lr + (self.max_lr - self.base_lr) * frac


class Unknown4(_Args):  # climbs once and then stays at max_lr
    def lr_at(self, t):
        return self.base_lr + (self.max_lr - self.base_lr) * min(t / self.up, 1.0)


class Right1(_Args):
    """one period as a table"""

    def lr_at(self, t):
        rise = np.linspace(self.base_lr, self.max_lr, self.up, endpoint=False)
        fall = np.linspace(self.max_lr, self.base_lr, self.down, endpoint=False)
        return np.concatenate([rise, fall])[t % (self.up + self.down)].item()


class Right2(_Args):
    """distance from the nearest foot or peak, with signs"""

    def lr_at(self, t):
        x = (t - self.up) % (self.up + self.down)  # steps since the last peak
        slope_down = (self.base_lr - self.max_lr) / self.down
        slope_up = (self.max_lr - self.base_lr) / self.up
        if x < self.down:
            return self.max_lr + x * slope_down
        return self.base_lr + (x - self.down) * slope_up
