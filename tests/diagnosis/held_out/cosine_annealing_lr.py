import math
from math import cos, pi

import numpy as np
import torch
from base import LRScheduler, Optimizer


# ---------------------------------------------------------------- the known mistakes
class NoPi(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        progress = t / self.T_max
        return self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + math.cos(progress))


class TwoPi(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        angle = np.linspace(0.0, 2.0 * np.pi, self.T_max + 1)
        w = (1.0 + np.cos(angle)) / 2.0
        t = min(t, self.T_max)
        return float(w[t] * self.base_lr + (1 - w[t]) * self.eta_min)


class InDegrees(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        # from 0 to 180 degrees
        degrees = math.degrees(math.pi * t / self.T_max)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(degrees)) / 2


class EndsOneEarly(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.last = max(T_max - 1, 1)
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        span = self.base_lr - self.eta_min
        return self.eta_min + span * (1 + cos(pi * t / self.last)) / 2


class EndsOneLate(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        c = math.cos(t * math.pi / (self.T_max + 1))
        return (self.base_lr + self.eta_min) / 2 + (self.base_lr - self.eta_min) / 2 * c


class IgnoresEtaMin(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * math.cos(math.pi * t / (2 * self.T_max)) ** 2


class AddsEtaMin:
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.T_max = T_max
        self.eta_min = eta_min
        self.t = 0
        optimizer.lr = self.lr_at(0)

    def lr_at(self, t):
        return self.eta_min + 0.5 * self.base_lr * (1 + math.cos(math.pi * t / self.T_max))

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class DoublesEtaMin(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        share = (1 + cos(pi * t / self.T_max)) / 2
        lr = share * self.base_lr + (1 - share) * self.eta_min
        return self.eta_min + lr


class NoHalf(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + np.cos(np.pi * t / self.T_max)).item()


class LinearDescent(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        frac = t / self.T_max
        return (1 - frac) * self.base_lr + frac * self.eta_min


class ShiftedByOne(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * (t + 1) / self.T_max)) / 2


class OneLate(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        half = (self.base_lr - self.eta_min) / 2
        return self.eta_min + half + half * math.cos(math.pi * t / self.T_max)

    def step(self):
        self.optimizer.lr, self.t = self.lr_at(self.t), self.t + 1


class StepsAtConstruction(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.t = 0
        self.step()

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi * t / self.T_max / 2) ** 2


class ScalesCurrentRate(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        now = self.optimizer.lr
        return self.eta_min + (now - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class DoesNotWrite:
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.optimizer = optimizer
        self.lr = self.base_lr = optimizer.lr
        self.T_max, self.eta_min = T_max, eta_min
        self.t = 0

    def lr_at(self, t):
        return self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + cos(pi * t / self.T_max))

    def step(self):
        self.t += 1
        self.lr = self.lr_at(self.t)


class RemembersAsking(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        self.T_cur = 0
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + cos(pi * self.T_cur / self.T_max))
        self.T_cur += 1
        return lr


class AssumesRateOne(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (1.0 - self.eta_min) * 0.5 * (1.0 + cos(pi * t / self.T_max))


# ---------------------------------------------------------------- mistakes in no line of the list
class Unknown1(LRScheduler):
    # quarter of a cosine: cos(pi t / 2 T) instead of (1 + cos(pi t / T)) / 2
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi / 2 * t / self.T_max)


class Unknown2(LRScheduler):
    # 1 - cos: the rate climbs from eta_min to the base rate
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 - math.cos(math.pi * t / self.T_max)) / 2


class Unknown3(LRScheduler):
    # sine for cosine
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.sin(math.pi * t / self.T_max)) / 2


class Unknown4(LRScheduler):
    # eta_min as a lower bound that cuts a cosine to zero
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return max(self.eta_min, self.base_lr * (1 + math.cos(math.pi * t / self.T_max)) / 2)


class Unknown5(LRScheduler):
    # whole division inside the cosine: full rate up to T_max, then eta_min
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * (t // self.T_max))) / 2


class Unknown6(LRScheduler):
    # precedence: the 1 is outside: eta + (b - eta) * 1 + cos / 2
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max) / 2)


class Unknown7(LRScheduler):
    # the 1 + is forgotten, so the rate becomes negative
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi * t / self.T_max)


# ---------------------------------------------------------------- right
class Right1(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi * t / self.T_max / 2) ** 2


class Right2(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        s = math.sin(math.pi * t / self.T_max / 2)
        return self.base_lr - (self.base_lr - self.eta_min) * s * s


class Right3:
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.t = 0
        k = torch.arange(T_max + 1, dtype=torch.float64)
        self.table = (eta_min + (self.base_lr - eta_min) * (1 + torch.cos(math.pi * k / T_max)) / 2).tolist()
        self.optimizer.lr = self.table[0]

    def lr_at(self, t):
        return self.table[min(t, len(self.table) - 1)]

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class Right4(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.omega = 1j * math.pi / T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        z = np.exp(self.omega * t)
        mean, radius = (self.base_lr + self.eta_min) / 2, (self.base_lr - self.eta_min) / 2
        return float(mean + radius * z.real)
