import cmath
import math

import numpy as np
import torch
from base import LRScheduler


class _Args(LRScheduler):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)


class NoPi(_Args):
    def lr_at(self, t):
        return self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + math.cos(t / self.T_max))


class EndsOneEarly(_Args):
    def lr_at(self, t):
        last = max(self.T_max - 1, 1)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / last)) / 2


class EndsOneLate(_Args):
    def lr_at(self, t):
        grid = np.linspace(0.0, np.pi, self.T_max + 2)
        curve = self.eta_min + (self.base_lr - self.eta_min) * (1 + np.cos(grid)) / 2
        return float(curve[min(t, self.T_max + 1)])


class IgnoresEtaMin(_Args):
    def lr_at(self, t):
        return self.base_lr * (1 + math.cos(math.pi * t / self.T_max)) / 2


class DoublesEtaMin(_Args):
    def lr_at(self, t):
        cosine = math.cos(math.pi * t / self.T_max)
        low = 2 * self.eta_min
        return low + (self.base_lr - low) * (1 + cosine) / 2


class ShiftedByOne(_Args):
    def lr_at(self, t):
        t = t + 1
        cosine = math.cos(math.pi * t / self.T_max)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cosine) / 2


class OneLate(_Args):
    def step(self):
        self.optimizer.lr = self.lr_at(self.t)
        self.t += 1

    def lr_at(self, t):
        x = t / self.T_max
        return self.eta_min + (self.base_lr - self.eta_min) * 0.5 * (1 + math.cos(math.pi * x))


class StepsAtConstruction(_Args):
    def __init__(self, optimizer, T_max, eta_min=0.0):
        super().__init__(optimizer, T_max, eta_min)
        LRScheduler.step(self)

    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi * t / self.T_max / 2) ** 2


class StartsFromCurrentRate(_Args):
    def lr_at(self, t):
        lr = self.optimizer.lr
        return self.eta_min + (lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class ScalesCurrentRate(_Args):
    def lr_at(self, t):
        span = (1 + math.cos(math.pi * t / self.T_max)) / 2
        floor = self.eta_min / self.base_lr if self.base_lr else 0.0
        return self.optimizer.lr * (floor + (1 - floor) * span)


class Unknown1(_Args):  # sine for cosine
    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.sin(math.pi * t / self.T_max)) / 2


class Unknown2(_Args):  # a quarter of a cosine, b*cos(pi/2 * t/T), instead of half of one
    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi / 2 * t / self.T_max)


class Unknown3(_Args):  # upside down: 1 - cos, so the rate climbs from eta_min to the base rate
    def lr_at(self, t):
        return self.eta_min + (self.base_lr - self.eta_min) * (1 - math.cos(math.pi * t / self.T_max)) / 2


class Unknown4(_Args):  # eta_min is taken as a share of the base rate
    def lr_at(self, t):
        low = self.eta_min * self.base_lr
        return low + (self.base_lr - low) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class Right1(_Args):
    def lr_at(self, t):
        turned = cmath.exp(1j * cmath.pi * t / self.T_max).real
        middle, half = (self.base_lr + self.eta_min) / 2, (self.base_lr - self.eta_min) / 2
        return middle + half * turned


class Right2(_Args):
    def lr_at(self, t):
        x = torch.tensor(t / self.T_max, dtype=torch.float64)
        w = torch.sin(x * torch.pi / 2) ** 2
        return torch.lerp(torch.tensor(self.base_lr, dtype=torch.float64),
                          torch.tensor(self.eta_min, dtype=torch.float64), w).item()
