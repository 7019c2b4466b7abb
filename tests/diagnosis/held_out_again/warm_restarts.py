import itertools
import math

from base import LRScheduler


class _Args(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)


class IgnoresTMult(_Args):
    def lr_at(self, t):
        s = t % self.T_0
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * s / self.T_0)) / 2


class RestartsOneLate(_Args):
    def lr_at(self, t):
        s, T = t, self.T_0
        while s > T:
            s -= T + 1
            T *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * s / T)) / 2


class RestartsIgnoreEtaMin(_Args):
    def lr_at(self, t):
        start, length = 0, self.T_0
        while t >= start + length:
            start += length
            length *= self.T_mult
        return 0.5 * self.base_lr * (1 + math.cos(math.pi * (t - start) / length))


class ShiftedByOne(_Args):
    def lr_at(self, t):
        s, T = t + 1, self.T_0
        while s >= T:
            s, T = s - T, T * self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * s / T)) / 2


class OneLate(_Args):
    def lr_at(self, t):
        T = self.T_0
        while t >= T:
            t -= T
            T *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / T)) / 2

    def step(self):
        self.optimizer.lr, self.t = self.lr_at(self.t), self.t + 1


class StepsAtConstruction(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer)
        self.step()

    def lr_at(self, t):
        start = 0
        for i in itertools.count():
            length = self.T_0 * self.T_mult**i
            if t < start + length:
                break
            start += length
        x = (t - start) / length
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class StartsFromCurrentRate(_Args):
    def lr_at(self, t):
        s, T = t, self.T_0
        while s >= T:
            s, T = s - T, T * self.T_mult
        top = self.optimizer.lr
        return self.eta_min + (top - self.eta_min) * (1 + math.cos(math.pi * s / T)) / 2


class Unknown1(_Args):  # the cosine has no pi
    def lr_at(self, t):
        s, T = t, self.T_0
        while s >= T:
            s, T = s - T, T * self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(s / T)) / 2


class Unknown2(_Args):  # the first cycle is T_0*T_mult long already
    def lr_at(self, t):
        s, T = t, self.T_0 * self.T_mult
        while s >= T:
            s, T = s - T, T * self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * s / T)) / 2


class Unknown3(_Args):  # a straight line within each cycle
    def lr_at(self, t):
        s, T = t, self.T_0
        while s >= T:
            s, T = s - T, T * self.T_mult
        return self.base_lr + (self.eta_min - self.base_lr) * s / T


class Unknown4(_Args):  # cycles become shorter instead of longer: the length is divided by T_mult
    def lr_at(self, t):
        s, T = t, self.T_0
        while s >= T:
            s, T = s - T, max(1, T // self.T_mult)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * s / T)) / 2


class Right1(_Args):
    """closed form with integers: the cycle is found from the geometric sum"""

    def lr_at(self, t):
        if self.T_mult == 1:
            s, T = t % self.T_0, self.T_0
        else:
            n = 0
            while self.T_0 * (self.T_mult ** (n + 1) - 1) // (self.T_mult - 1) <= t:
                n += 1
            s = t - self.T_0 * (self.T_mult**n - 1) // (self.T_mult - 1)
            T = self.T_0 * self.T_mult**n
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi * s / (2 * T)) ** 2


class Right2(_Args):
    """walks through the schedule step by step and stops at t"""

    def _walk(self):
        T = self.T_0
        while True:
            for s in range(T):
                yield (self.base_lr + self.eta_min) / 2 + (self.base_lr - self.eta_min) / 2 * math.cos(s / T * math.pi)
            T *= self.T_mult

    def lr_at(self, t):
        return next(itertools.islice(self._walk(), t, None))
