import math
from functools import reduce
from operator import mul

import numpy as np
import torch
from base import LRScheduler, Optimizer


# ---------------------------------------------------------------- the known mistakes
class FadesTheCurrentRate(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        if t == 0:
            return self.base_lr
        return self.gamma * self.optimizer.lr


class Subtracts(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        # the rate loses (1 - gamma) of itself each step
        amount = self.base_lr * (1 - self.gamma)
        return self.base_lr - amount * t


class GammaTimesT(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * self.gamma * t


class NaturalExponential:
    def __init__(self, optimizer, gamma):
        self.opt = optimizer
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.gamma = gamma
        self.t = 0

    def lr_at(self, t):
        return self.base_lr * math.exp(-self.gamma * t)

    def step(self):
        self.t += 1
        self.opt.lr = self.lr_at(self.t)


class ShiftedByOne(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.base_lr
        for i in range(t + 1):
            lr = lr * self.gamma
        return lr


class OneLate:
    def __init__(self, optimizer, gamma):
        self.optimizer = optimizer
        self.gamma = gamma
        self.base_lr = optimizer.lr
        self.t = 0
        self.optimizer.lr = self.lr_at(self.t)

    def lr_at(self, t):
        return self.base_lr * self.gamma**t

    def step(self):
        self.optimizer.lr = self.lr_at(self.t)
        self.t += 1


class StepsAtConstruction(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        LRScheduler.__init__(self, optimizer)
        self.step()  # set the first rate

    def lr_at(self, t):
        return self.base_lr * pow(self.gamma, t)


class ScalesCurrentRate(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        decay = self.gamma**t
        return decay * self.optimizer.lr


class DoesNotWrite(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)
        self.lr = self.base_lr

    def step(self):
        self.t += 1
        self.lr = self.lr_at(self.t)
        return self.lr

    def lr_at(self, t):
        return self.base_lr * self.gamma**t


class RemembersAsking(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        self.factor = None
        super().__init__(optimizer)

    def lr_at(self, t):
        if self.factor is None:
            self.factor = 1.0
        else:
            self.factor *= self.gamma
        return self.base_lr * self.factor


class AssumesRateOne(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return math.exp(t * math.log(self.gamma))


# ---------------------------------------------------------------- mistakes in no line of the list
class Unknown1(LRScheduler):
    # gamma is read as the share that is lost: (1 - gamma)^t
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * (1 - self.gamma) ** t


class Unknown2(LRScheduler):
    # brackets: the base rate is raised to the power as well
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return (self.base_lr * self.gamma) ** t


class Unknown3(LRScheduler):
    # inverse time decay b / (1 + gamma t)
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr / (1 + self.gamma * t)


class Unknown4(LRScheduler):
    # divides by gamma^t, so the rate grows
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * self.gamma ** (-t)


class Unknown5(LRScheduler):
    # base and exponent swapped: t ** gamma
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * t**self.gamma


class Unknown6(LRScheduler):
    # the product runs over gamma, gamma^2, gamma^3, ...: exponent t (t + 1) / 2
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        lr = self.base_lr
        for i in range(1, t + 1):
            lr *= self.gamma**i
        return lr


class Unknown7(LRScheduler):
    # never falls below a tenth of the base rate
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return max(self.base_lr * self.gamma**t, 0.1 * self.base_lr)


# ---------------------------------------------------------------- right
class Right1(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        if t == 0:
            return self.base_lr
        if t == 1:
            return self.base_lr * self.gamma
        left = t // 2
        return self.lr_at(left) * self.lr_at(t - left) / self.base_lr if self.base_lr else 0.0


class Right2(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return reduce(mul, [self.gamma] * t, self.base_lr)


class Right3:
    def __init__(self, optimizer, gamma):
        self.optimizer = optimizer
        self.gamma = gamma
        self.base_lr = optimizer.lr
        self.t = 0

    def step(self):
        self.t += 1
        setattr(self.optimizer, "lr", self.lr_at(self.t))

    def lr_at(self, t):
        return float(self.base_lr * np.exp(t * np.log(np.float64(self.gamma))))


class Right4(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        # exponentiation by squaring
        result, base = 1.0, self.gamma
        while t:
            if t & 1:
                result *= base
            base *= base
            t >>= 1
        return self.base_lr * result


class Right5(LRScheduler):
    """Keeps all rates seen so far."""

    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        self.rates = {}
        super().__init__(optimizer)

    def lr_at(self, t):
        if t not in self.rates:
            self.rates[t] = self.base_lr * self.gamma**t
        return self.rates[t]
