import math
from math import cos, pi

import numpy as np
import torch
from base import LRScheduler, Optimizer


# ---------------------------------------------------------------- the known mistakes
class NeverRestarts(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / self.T_0)) / 2


class IgnoresTMult(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T_cur = t % self.T_0
        return self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * T_cur / self.T_0))


class LengthensOnce(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.T_0:
            s, T = t, self.T_0
        else:
            T = self.T_0 * self.T_mult
            s = (t - self.T_0) % T
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * s / T)) / 2


class LengthensByAddition(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        cycle = 0
        length = self.T_0
        while t >= length:
            t -= length
            cycle += 1
            length = cycle * self.T_mult * self.T_0
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / length)) / 2


class RestartsOneLate(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T_i, T_cur = self.T_0, 0
        for _ in range(t):
            T_cur += 1
            if T_cur > T_i:
                T_cur = 0
                T_i *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * T_cur / T_i)) / 2


class RestartsLower:
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.t = 0
        optimizer.lr = self.lr_at(0)

    def lr_at(self, t):
        top = self.base_lr
        T = self.T_0
        while t >= T:
            t = t - T
            T = T * self.T_mult
            top = top / 2
        return self.eta_min + (top - self.eta_min) * (1 + math.cos(math.pi * t / T)) / 2

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class RestartsIgnoreEtaMin(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        super().__init__(optimizer)

    def lr_at(self, t):
        start, end = 0, self.T_0
        while not start <= t < end:
            start, end = end, end + (end - start) * self.T_mult
        return self.base_lr * math.cos(math.pi / 2 * (t - start) / (end - start)) ** 2


class CycleOfT0(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        s = t
        T = self.T_0
        while s >= T:
            s -= T
            T *= self.T_mult
        x = s / self.T_0
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2


class ShiftedByOne(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        remaining, length = t + 1, self.T_0
        while remaining >= length:
            remaining, length = remaining - length, length * self.T_mult
        w = 0.5 * (1 + np.cos(np.pi * remaining / length))
        return float(w * self.base_lr + (1 - w) * self.eta_min)


class OneLate(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        length = self.T_0
        while t >= length:
            t -= length
            length *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) / 2 * (1 + cos(pi * t / length))

    def step(self):
        self.optimizer.lr = self.lr_at(self.t)
        self.t += 1


class StepsAtConstruction(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)
        LRScheduler.step(self)

    def _where(self, t):
        T = self.T_0
        while True:
            if t < T:
                return t / T
            t -= T
            T *= self.T_mult

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * self._where(t))) / 2


class ScalesCurrentRate(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0
        while t >= T:
            t -= T
            T *= self.T_mult
        lr = self.optimizer.lr
        return self.eta_min + (lr - self.eta_min) * (1 + math.cos(math.pi * t / T)) / 2


class DoesNotWrite(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0
        while t >= T:
            t, T = t - T, T * self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / T)) / 2

    def step(self):
        self.t += 1
        optimizer_lr = self.lr_at(self.t)
        return optimizer_lr


class RemembersAsking(LRScheduler):
    # walks along: T_cur and T_i are kept between calls, as in torch's own class
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur = -1
        super().__init__(optimizer)

    def lr_at(self, t):
        self.T_cur += 1
        if self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * self.T_cur / self.T_i)) / 2


class AssumesRateOne(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0
        while t >= T:
            t -= T
            T *= self.T_mult
        return self.eta_min + (1 - self.eta_min) * (1 + math.cos(math.pi * t / T)) / 2


# ---------------------------------------------------------------- mistakes in no line of the list
class Unknown1(LRScheduler):
    # the cosine's clock is not reset: the cycle's length is right but t counts from the very beginning
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        s, T = t, self.T_0
        while s >= T:
            s -= T
            T *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / T)) / 2


class Unknown2(LRScheduler):
    # T - 1 in the cosine, so eta_min is reached in the last step of each cycle
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0
        while t >= T:
            t -= T
            T *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / max(T - 1, 1))) / 2


class Unknown3(LRScheduler):
    # the first cycle is already T_0 * T_mult long
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0 * self.T_mult
        while t >= T:
            t -= T
            T *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / T)) / 2


class Unknown4(LRScheduler):
    # goes down in a straight line within each cycle
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0
        while t >= T:
            t -= T
            T *= self.T_mult
        return self.base_lr + (self.eta_min - self.base_lr) * t / T


class Unknown5(LRScheduler):
    # one restart only: after the second cycle the rate stays at eta_min
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0
        if t >= T:
            t -= T
            T *= self.T_mult
        if t >= T:
            return self.eta_min
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / T)) / 2


class Unknown6(LRScheduler):
    # each cycle restarts one step too early
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0
        while t >= max(T - 1, 1):
            t -= max(T - 1, 1)
            T *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / T)) / 2


class Unknown7(LRScheduler):
    # each cycle climbs from eta_min to the base rate (1 - cos)
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        T = self.T_0
        while t >= T:
            t -= T
            T *= self.T_mult
        return self.eta_min + (self.base_lr - self.eta_min) * (1 - cos(pi * t / T)) / 2


# ---------------------------------------------------------------- right
class Right1(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t, T=None):
        T = T or self.T_0
        if self.T_mult == 1:
            t %= T
        if t >= T:
            return self.lr_at(t - T, T * self.T_mult)
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi * t / (2 * T)) ** 2


class Right2(LRScheduler):
    """Closed form for the number of the cycle, corrected for rounding."""

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def _begin(self, n):
        m = self.T_mult
        return n * self.T_0 if m == 1 else self.T_0 * (m**n - 1) // (m - 1)

    def lr_at(self, t):
        if self.T_mult == 1:
            n = t // self.T_0
        else:
            n = int(math.log(t / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            while self._begin(n + 1) <= t:
                n += 1
            while self._begin(n) > t:
                n -= 1
        s, T = t - self._begin(n), self.T_0 * self.T_mult**n
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * s / T)) / 2


class Right3:
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.optimizer, self.b, self.eta = optimizer, optimizer.lr, eta_min
        self.base_lr = self.b
        self.T_0, self.m = T_0, T_mult
        self.t = 0

    def lr_at(self, t):
        positions = []
        length = self.T_0
        while len(positions) <= t:
            positions.extend(k / length for k in range(length))
            length *= self.m
        return self.eta + (self.b - self.eta) * (1 + math.cos(math.pi * positions[t])) / 2

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class Right4(LRScheduler):
    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.edges = [0, T_0]
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        while self.edges[-1] <= t:
            self.edges.append(self.edges[-1] + (self.edges[-1] - self.edges[-2]) * self.T_mult)
        i = int(np.searchsorted(self.edges, t, side="right")) - 1
        x = (t - self.edges[i]) / (self.edges[i + 1] - self.edges[i])
        w = (1 + np.cos(np.pi * x)) / 2
        return float(w * self.base_lr + (1 - w) * self.eta_min)
