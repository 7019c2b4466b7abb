import bisect
import math

from base import LRScheduler


class _Args(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)


class GammaEveryStep(_Args):
    def lr_at(self, t):
        lr = self.base_lr
        for _ in range(t):
            lr *= self.gamma
        return lr


class ShiftedByOne(_Args):
    def lr_at(self, t):
        drops = (t + 1) // self.step_size
        return self.base_lr * self.gamma**drops


class OneLate(_Args):
    def lr_at(self, t):
        return self.base_lr * self.gamma ** (t // self.step_size)

    def step(self):
        self.optimizer.lr = self.lr_at(self.t)
        self.t = self.t + 1


class StepsAtConstruction(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)
        self.step()

    def lr_at(self, t):
        return self.base_lr * math.pow(self.gamma, t // self.step_size)


class ScalesCurrentRate(_Args):
    def lr_at(self, t):
        return self.optimizer.lr * self.gamma ** (t // self.step_size)


class DropsTheCurrentRate(_Args):
    def lr_at(self, t):
        lr = self.optimizer.lr
        if t != 0 and t % self.step_size == 0:
            lr = lr * self.gamma
        return lr


class Unknown1(_Args):  # the number of drops is rounded, so each comes half a step_size early
    def lr_at(self, t):
        return self.base_lr * self.gamma ** round(t / self.step_size)


class Unknown2(_Args):  # remainder instead of quotient
    def lr_at(self, t):
        return self.base_lr * self.gamma ** (t % self.step_size)


class Unknown3(_Args):  # divides by gamma at each drop, so the rate grows
    def lr_at(self, t):
        return self.base_lr / self.gamma ** (t // self.step_size)


class Unknown4(_Args):  # the base rate is raised to the power with gamma: (b*gamma)^k
    def lr_at(self, t):
        k = t // self.step_size
        return (self.base_lr * self.gamma) ** k if k else self.base_lr


class Right1(_Args):
    """counts the drops by subtraction, multiplies them together"""

    def lr_at(self, t):
        lr, left = float(self.base_lr), t
        while left >= self.step_size:
            lr, left = lr * self.gamma, left - self.step_size
        return lr


class Right2(LRScheduler):
    """a table of milestones that grows on demand"""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        self.milestones = [step_size]
        super().__init__(optimizer)

    def lr_at(self, t):
        while self.milestones[-1] <= t:
            self.milestones.append(self.milestones[-1] + self.step_size)
        return self.base_lr * self.gamma ** bisect.bisect_right(self.milestones, t)
