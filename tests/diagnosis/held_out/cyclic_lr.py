import math

import numpy as np
import torch
from base import LRScheduler, Optimizer


# ---------------------------------------------------------------- the known mistakes
class HalfTheCycle(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        period = self.step_size_up
        peak = period * self.step_size_up / (self.step_size_up + self.step_size_down)
        x = t % period
        if x <= peak:
            height = x / peak
        else:
            height = (period - x) / (period - peak)
        return self.base_lr + (self.max_lr - self.base_lr) * height


class IgnoresStepSizeDown(LRScheduler):
    # Smith's formula
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.stepsize = step_size_up
        super().__init__(optimizer)

    def lr_at(self, t):
        cycle = math.floor(1 + t / (2 * self.stepsize))
        x = abs(t / self.stepsize - 2 * cycle + 1)
        return self.base_lr + (self.max_lr - self.base_lr) * max(0.0, 1 - x)


class Sawtooth(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        frac = (t % self.step_size_up) / self.step_size_up
        return self.base_lr + frac * (self.max_lr - self.base_lr)


class StartsAtTop(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_down or step_size_up
        super().__init__(optimizer)

    def lr_at(self, t):
        pos = t % (self.up + self.down)
        if pos < self.down:
            return self.max_lr - (self.max_lr - self.base_lr) * pos / self.down
        return self.base_lr + (self.max_lr - self.base_lr) * (pos - self.down) / self.up


class AddsWholePeak:
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.max_lr = max_lr
        self.up = step_size_up
        if step_size_down is None:
            step_size_down = step_size_up
        self.down = step_size_down
        self.t = 0

    def lr_at(self, t):
        total = self.up + self.down
        t = t % total
        scale = t / self.up if t < self.up else (total - t) / self.down
        return self.base_lr + self.max_lr * scale

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class StartsFromZero(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        k = t % (self.up + self.down)
        return self.max_lr * min(k / self.up, (self.up + self.down - k) / self.down)


class OnlyOneCycle(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        xs = [0, self.up, self.up + self.down]
        ys = [self.base_lr, self.max_lr, self.base_lr]
        return float(np.interp(t, xs, ys))


class PeakOneLate(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        rise = [i / self.up for i in range(self.up + 1)]
        fall = [1 - i / self.down for i in range(self.down)]
        shape = rise + fall
        return self.base_lr + (self.max_lr - self.base_lr) * shape[t % len(shape)]


class ShiftedByOne(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        t += 1
        up = self.step_size_up
        down = self.step_size_down if self.step_size_down is not None else up
        pos = t % (up + down)
        if pos <= up:
            return self.base_lr + (self.max_lr - self.base_lr) * pos / up
        return self.max_lr - (self.max_lr - self.base_lr) * (pos - up) / down


class OneLate(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def step(self):
        self.optimizer.lr = self.lr_at(self.t)
        self.t += 1

    def lr_at(self, t):
        total = self.up + self.down
        return float(np.interp(t % total, [0, self.up, total], [self.base_lr, self.max_lr, self.base_lr]))


class StepsAtConstruction(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)
        self.step()

    def lr_at(self, t):
        n = t % (self.up + self.down)
        going_up = n < self.up
        w = n / self.up if going_up else 1 - (n - self.up) / self.down
        return (1 - w) * self.base_lr + w * self.max_lr


class ScalesCurrentRate(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        n = t % (self.up + self.down)
        if n <= self.up:
            w = n / self.up
        else:
            w = (self.up + self.down - n) / self.down
        lr = self.optimizer.lr
        return lr + (self.max_lr - lr) * w


class DoesNotWrite:
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_down if step_size_down else step_size_up
        self.t = 0
        self.current = self.base_lr

    def lr_at(self, t):
        n = t % (self.up + self.down)
        w = min(n / self.up, 1 + (self.up - n) / self.down)
        return self.base_lr + w * (self.max_lr - self.base_lr)

    def step(self):
        self.t += 1
        self.current = self.lr_at(self.t)
        return self.current


class RemembersAsking(LRScheduler):
    # goes along the triangle by itself, one step for each question
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        self.pos = 0
        super().__init__(optimizer)

    def lr_at(self, t):
        n = self.pos
        self.pos = (self.pos + 1) % (self.up + self.down)
        w = n / self.up if n <= self.up else (self.up + self.down - n) / self.down
        return self.base_lr + w * (self.max_lr - self.base_lr)


class AssumesRateOne(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        n = t % (self.up + self.down)
        w = n / self.up if n <= self.up else (self.up + self.down - n) / self.down
        return 1.0 + w * (self.max_lr - 1.0)


# ---------------------------------------------------------------- mistakes in no line of the list
class Unknown1(LRScheduler):
    # "triangular2": the height is halved with each cycle
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        cycle, n = divmod(t, self.up + self.down)
        w = n / self.up if n <= self.up else (self.up + self.down - n) / self.down
        return self.base_lr + w * (self.max_lr - self.base_lr) / 2**cycle


class Unknown2(LRScheduler):
    # up and down are swapped
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.down = step_size_up
        self.up = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        n = t % (self.up + self.down)
        w = n / self.up if n <= self.up else (self.up + self.down - n) / self.down
        return self.base_lr + w * (self.max_lr - self.base_lr)


class Unknown3(LRScheduler):
    # sines instead of straight lines
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        n = t % (self.up + self.down)
        w = n / self.up if n <= self.up else (self.up + self.down - n) / self.down
        return self.base_lr + (1 - math.cos(math.pi * w)) / 2 * (self.max_lr - self.base_lr)


class Unknown4(LRScheduler):
    # the way down ends at zero, not at the base rate
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        n = t % (self.up + self.down)
        if n <= self.up:
            return self.base_lr + (self.max_lr - self.base_lr) * n / self.up
        return self.max_lr * (1 - (n - self.up) / self.down)


class Unknown5(LRScheduler):
    # the climb is geometric (straight in the logarithm)
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        n = t % (self.up + self.down)
        w = n / self.up if n <= self.up else (self.up + self.down - n) / self.down
        if self.base_lr <= 0:
            return self.max_lr * w
        return self.base_lr * (self.max_lr / self.base_lr) ** w


class Unknown6(LRScheduler):
    # no triangle: climbs once and stays at max_lr for good
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr + (self.max_lr - self.base_lr) * min(t / self.up, 1.0)


class Unknown7(LRScheduler):
    # whole division: the rate is the base rate but for the peak
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        n = t % (self.up + self.down)
        w = n // self.up if n <= self.up else (self.up + self.down - n) // self.down
        return self.base_lr + w * (self.max_lr - self.base_lr)


# ---------------------------------------------------------------- right
class Right1(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        total = self.up + self.down
        heights = [self.base_lr, self.max_lr, self.base_lr]
        return float(np.interp(t - t // total * total, [0, self.up, total], heights))


class Right2(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.total = step_size_up + (step_size_down or step_size_up)
        self.ratio = step_size_up / self.total
        super().__init__(optimizer)

    def lr_at(self, t):
        # torch's own way
        cycle = math.floor(1 + t / self.total)
        x = 1.0 + t / self.total - cycle
        scale = x / self.ratio if x <= self.ratio else (x - 1) / (self.ratio - 1)
        return self.base_lr + (self.max_lr - self.base_lr) * scale


class Right3:
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        down = step_size_up if step_size_down is None else step_size_down
        b = optimizer.lr
        up_ramp = torch.linspace(b, max_lr, step_size_up + 1, dtype=torch.float64)[:-1]
        down_ramp = torch.linspace(max_lr, b, down + 1, dtype=torch.float64)[:-1]
        self.wave = torch.cat([up_ramp, down_ramp]).tolist()
        self.optimizer, self.base_lr, self.t = optimizer, b, 0
        optimizer.lr = self.wave[0]

    def lr_at(self, t):
        return self.wave[t % len(self.wave)]

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class Right4(LRScheduler):
    def __init__(self, optimizer, max_lr, step_size_up, step_size_down=None):
        self.max_lr = max_lr
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer)

    def lr_at(self, t):
        lr, delta = self.base_lr, self.max_lr - self.base_lr
        for k in range(t % (self.up + self.down)):
            lr += delta / self.up if k < self.up else -delta / self.down
        return lr
