import math
import bisect
import itertools

import numpy as np
import torch
from base import LRScheduler, Optimizer


# ---------------------------------------------------------------- the known mistakes
class GammaEveryStep(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.base_lr
        for _ in range(t):
            lr = lr * self.gamma
        return lr


class SmoothSteps(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.cfg = dict(step=step_size, g=gamma)
        super().__init__(optimizer)

    def lr_at(self, t):
        exponent = t / self.cfg["step"]
        return self.base_lr * math.pow(self.cfg["g"], exponent)


class DropsOnlyOnce:
    """no base class used"""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.optimizer = optimizer
        self.step_size = step_size
        self.gamma = gamma
        self.base_lr = optimizer.lr
        self.t = 0

    def lr_at(self, t):
        if t >= self.step_size:
            return self.base_lr * self.gamma
        return self.base_lr

    def step(self):
        self.t = self.t + 1
        self.optimizer.lr = self.lr_at(self.t)


class DropsOneLate(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        # count how many boundaries lie behind us
        drops = 0
        boundary = self.step_size
        while t > boundary:
            drops += 1
            boundary += self.step_size
        return self.base_lr * self.gamma**drops


class DropsTheCurrentRate(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.optimizer.lr
        if t != 0 and t % self.step_size == 0:
            lr *= self.gamma
        return lr


class FixedGamma(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        super().__init__(optimizer)

    def lr_at(self, t):
        k, _ = divmod(t, self.step_size)
        return self.base_lr * 10.0**-k


class ShiftedByOne(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        epoch = t + 1  # epochs are counted 1, 2, 3, ...
        return self.base_lr * self.gamma ** (epoch // self.step_size)


class OneLate(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def step(self):
        new_lr = self.lr_at(self.t)
        self.optimizer.lr = new_lr
        self.t += 1

    def lr_at(self, t):
        return self.base_lr * self.gamma ** int(t / self.step_size)


class StepsAtConstruction(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)
        self.step()

    def lr_at(self, t):
        n = t // self.step_size
        return self.base_lr * (self.gamma**n)


class ScalesCurrentRate(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        factor = self.gamma ** math.floor(t / self.step_size)
        return self.optimizer.lr * factor


class DoesNotWrite(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * self.gamma ** (t // self.step_size)

    def step(self):
        self.t += 1
        lr = self.lr_at(self.t)
        return lr


class RemembersAsking(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        self.counter = -1
        super().__init__(optimizer)

    def lr_at(self, t):
        self.counter += 1
        return self.base_lr * self.gamma ** (self.counter // self.step_size)


class AssumesRateOne(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return float(np.power(float(self.gamma), t // self.step_size))


# ---------------------------------------------------------------- mistakes in no line of the list
class Unknown1(LRScheduler):
    # the quotient is rounded to the nearest whole number, so drops come half a period early
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * self.gamma ** round(t / self.step_size)


class Unknown2(LRScheduler):
    # remainder instead of quotient
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * self.gamma ** (t % self.step_size)


class Unknown3(LRScheduler):
    # gamma is read as the share that is taken away: factor 1 - gamma
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * (1 - self.gamma) ** (t // self.step_size)


class Unknown4(LRScheduler):
    # divides by 1 + gamma * drops (inverse time decay in steps)
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr / (1.0 + self.gamma * (t // self.step_size))


class Unknown5(LRScheduler):
    # one drop too many: the first block is already at gamma times the base rate
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.base_lr
        for i in range(0, t + 1, self.step_size):
            lr *= self.gamma
        return lr


class Unknown6(LRScheduler):
    # step_size is doubled with each drop (the blocks grow)
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        lr, length = self.base_lr, self.step_size
        while t >= length:
            t -= length
            length *= 2
            lr *= self.gamma
        return lr


class Unknown7(LRScheduler):
    # the base rate is raised to the power too: (b * gamma) ** k, and 1 in the first block
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return (self.base_lr * self.gamma) ** (t // self.step_size)


# ---------------------------------------------------------------- right
class Right1:
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.optimizer, self.base_lr, self.t = optimizer, float(optimizer.lr), 0
        self.lr_at = lambda t: self.base_lr * gamma ** (t // step_size)
        optimizer.lr = self.lr_at(0)

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class Right2(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        rate = self.base_lr
        while t >= self.step_size:
            rate *= self.gamma
            t -= self.step_size
        return rate


class Right3(LRScheduler):
    """A cache of the blocks' rates that grows when needed."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.size = step_size
        self.gamma = gamma
        self.table = []
        super().__init__(optimizer)

    def lr_at(self, t):
        block = t // self.size
        while len(self.table) <= block:
            self.table.append(self.table[-1] * self.gamma if self.table else self.base_lr)
        return self.table[block]


class Right4(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        def power(k):
            if k == 0:
                return 1.0
            half = power(k // 2)
            return half * half * (self.gamma if k % 2 else 1.0)

        return self.base_lr * power((t - t % self.step_size) // self.step_size)


class Right5(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.period = step_size
        self.gamma = torch.tensor(gamma, dtype=torch.float64)
        super().__init__(optimizer)

    def lr_at(self, t):
        k = torch.div(torch.tensor(t), self.period, rounding_mode="floor")
        return (self.base_lr * self.gamma**k).item()
