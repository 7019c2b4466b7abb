import math
from math import cos, pi

import numpy as np
import torch
from base import LRScheduler, Optimizer


# ---------------------------------------------------------------- the known mistakes
class WholeDivision(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * ((t + 1) // self.warmup_steps)
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * x)) / 2


class WarmsUpFromZero(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.w = warmup_steps
        self.n = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.w:
            return t / self.w * self.base_lr
        progress = min(1.0, (t - self.w) / max(1, self.n - self.w))
        if t >= self.n:
            progress = 1.0
        return self.eta_min + (self.base_lr - self.eta_min) * 0.5 * (1 + math.cos(math.pi * progress))


class NoWarmup(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t >= self.total_steps and t >= self.warmup_steps:
            return self.eta_min
        since = max(t - self.warmup_steps, 0)
        if since == 0:
            return self.base_lr
        return (
            self.eta_min
            + (self.base_lr - self.eta_min) * (1 + cos(pi * since / (self.total_steps - self.warmup_steps))) / 2
        )


class ClockNotReset(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            lr = self.base_lr * (t + 1) / self.warmup_steps
        elif t < self.total_steps:
            lr = self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / self.total_steps)) / 2
        else:
            lr = self.eta_min
        return lr


class WarmupAddedToTotal:
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        self.t = 0
        self.optimizer.lr = self.lr_at(0)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        k = t - self.warmup_steps
        if k >= self.total_steps:
            return self.eta_min
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * k / self.total_steps)) / 2

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class RisesAgain(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        x = (t - self.warmup_steps) / max(self.total_steps - self.warmup_steps, 1)
        return self.eta_min + (self.base_lr - self.eta_min) * cos(pi * x / 2) ** 2


class DropsToZeroAfterwards(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = 0.0
        if t < self.warmup_steps:
            lr = self.base_lr * (t + 1) / self.warmup_steps
        elif t < self.total_steps:
            x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
            lr = self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * x)) / 2
        return lr


class WarmupIgnoresEtaMin(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return 0.0
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.base_lr * (1 + np.cos(np.pi * x).item()) / 2


class WarmsUpFromEtaMin(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        span = self.base_lr - self.eta_min
        if t < self.warmup_steps:
            factor = (t + 1) / self.warmup_steps
        elif t >= self.total_steps:
            factor = 0.0
        else:
            factor = 0.5 + 0.5 * cos(pi * (t - self.warmup_steps) / (self.total_steps - self.warmup_steps))
        return self.eta_min + span * factor


class LinearAfterWarmup(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        left = (self.total_steps - t) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * left


class ShiftedByOne(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        step = t + 1
        if step < self.warmup_steps:
            return self.base_lr * (step + 1) / self.warmup_steps
        if step >= self.total_steps:
            return self.eta_min
        x = (step - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * x)) / 2


class OneLate(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def _factor(self, t):
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return math.cos(math.pi / 2 * x) ** 2

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t < self.total_steps:
            return self.eta_min + (self.base_lr - self.eta_min) * self._factor(t)
        return self.eta_min

    def step(self):
        self.optimizer.lr = self.lr_at(self.t)
        self.t += 1


class StepsAtConstruction(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)
        self.step()

    def lr_at(self, t):
        w, n, b, e = self.warmup_steps, self.total_steps, self.base_lr, self.eta_min
        if t < w:
            return b * (t + 1) / w
        if t >= n:
            return e
        return e + (b - e) * (1 + cos(pi * (t - w) / (n - w))) / 2


class ScalesCurrentRate(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.optimizer.lr
        if t < self.warmup_steps:
            return lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (lr - self.eta_min) * (1 + cos(pi * x)) / 2


class DoesNotWrite:
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.args = (warmup_steps, total_steps, eta_min)
        self.t = 0

    def lr_at(self, t):
        w, n, eta = self.args
        if t < w:
            return self.base_lr * (t + 1) / w
        if t >= n:
            return eta
        return eta + (self.base_lr - eta) * (1 + cos(pi * (t - w) / (n - w))) / 2

    def step(self):
        self.t += 1
        return self.lr_at(self.t)


class RemembersAsking(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        self.n_calls = 0
        super().__init__(optimizer)

    def lr_at(self, t):
        t = self.n_calls
        self.n_calls += 1
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * x)) / 2


class AssumesRateOne(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (1 - self.eta_min) * (1 + cos(pi * x)) / 2


# ---------------------------------------------------------------- mistakes in no line of the list
class Unknown1(LRScheduler):
    # the warm-up is quadratic
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * ((t + 1) / self.warmup_steps) ** 2
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * x)) / 2


class Unknown2(LRScheduler):
    # divides by warmup_steps + 1, so the full rate is not reached within the warm-up
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / (self.warmup_steps + 1)
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * x)) / 2


class Unknown3(LRScheduler):
    # warm-up multiplied onto a cosine that runs over all total_steps from step 0 (both factors at once)
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        warm = min(1.0, (t + 1) / self.warmup_steps) if self.warmup_steps else 1.0
        x = min(t / self.total_steps, 1.0)
        return warm * (self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * x)) / 2)


class Unknown4(LRScheduler):
    # no cosine: after the warm-up the rate stays at b until total_steps, then eta_min
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        return self.base_lr if t < self.total_steps else self.eta_min


class Unknown5(LRScheduler):
    # the cosine goes through a whole period between warm-up and end
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(2 * pi * x)) / 2


class Unknown6(LRScheduler):
    # after total_steps the rate stays at the base rate
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t < self.total_steps:
            x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
            return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * x)) / 2
        return self.base_lr


class Unknown7(LRScheduler):
    # the factor 1/2 of the cosine is missing: the rate doubles where the warm-up ends
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * x))


# ---------------------------------------------------------------- right
class Right1(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        match (t < self.warmup_steps, t < self.total_steps):
            case (True, _):
                return self.base_lr / self.warmup_steps * (t + 1)
            case (_, True):
                x = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
                return self.eta_min + (self.base_lr - self.eta_min) * math.cos(math.pi / 2 * x) ** 2
            case _:
                return self.eta_min


class Right2:
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.optimizer, self.base_lr, self.t = optimizer, optimizer.lr, 0
        b = self.base_lr
        ramp = [b * (i + 1) / warmup_steps for i in range(warmup_steps)]
        n = total_steps - warmup_steps
        fall = [eta_min + (b - eta_min) * (1 + math.cos(math.pi * i / n)) / 2 for i in range(n)]
        self.rates = ramp + fall + [eta_min]
        optimizer.lr = self.rates[0]

    def lr_at(self, t):
        return self.rates[min(t, len(self.rates) - 1)]

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)


class Right3(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t):
        if t < self.warmup_steps:
            return float(np.linspace(0, self.base_lr, self.warmup_steps + 1)[t + 1])
        x = np.clip((t - self.warmup_steps) / max(self.total_steps - self.warmup_steps, 1e-12), 0, 1)
        if t >= self.total_steps:
            x = 1.0
        return float(self.eta_min + 0.5 * (self.base_lr - self.eta_min) * (1 + np.cos(np.pi * x)))


class Right4(LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, eta_min=0.0):
        self.phases = [
            (warmup_steps, lambda t: self.base_lr * (t + 1) / warmup_steps),
            (
                total_steps,
                lambda t: (
                    self.base_lr
                    - (self.base_lr - eta_min)
                    * math.sin(math.pi * (t - warmup_steps) / (total_steps - warmup_steps) / 2) ** 2
                ),
            ),
            (math.inf, lambda t: eta_min),
        ]
        super().__init__(optimizer)

    def lr_at(self, t):
        return next(rate(t) for end, rate in self.phases if t < end)
