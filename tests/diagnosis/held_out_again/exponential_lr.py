import math

from base import LRScheduler


class _Args(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)


class ShiftedByOne(_Args):
    def lr_at(self, t):
        lr = self.base_lr * self.gamma
        for _ in range(t):
            lr *= self.gamma
        return lr


class OneLate(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * pow(self.gamma, t)

    def step(self):
        lr = self.lr_at(self.t)
        self.t += 1
        self.optimizer.lr = lr


class StepsAtConstruction(_Args):
    def __init__(self, optimizer, gamma):
        super().__init__(optimizer, gamma)
        self.step()

    def lr_at(self, t):
        return self.base_lr * self.gamma**t


class ScalesCurrentRate(_Args):
    def lr_at(self, t):
        return self.optimizer.lr * self.gamma**t


class FadesTheCurrentRate(_Args):
    def lr_at(self, t):
        if t == 0:
            return self.base_lr
        return self.optimizer.lr * self.gamma


class Unknown1(_Args):  # gamma is taken for the share that is lost: (1 - gamma)^t
    def lr_at(self, t):
        return self.base_lr * (1 - self.gamma) ** t


class Unknown2(_Args):  # misplaced bracket: (b*gamma)^t, from t = 1 on
    def lr_at(self, t):
        return (self.base_lr * self.gamma) ** t if t > 0 else self.base_lr


class Unknown3(_Args):  # inverse-time decay: b / (1 + gamma*t)
    def lr_at(self, t):
        return self.base_lr / (1 + self.gamma * t)


class Unknown4(_Args):  # gamma in the denominator: the rate grows
    def lr_at(self, t):
        return self.base_lr * self.gamma**-t


class Right1(_Args):
    """square and multiply"""

    def lr_at(self, t):
        result, factor = self.base_lr, self.gamma
        while t:
            if t & 1:
                result *= factor
            factor *= factor
            t >>= 1
        return result


class Right2(_Args):
    """through the logarithm; remembers what it has computed"""

    def __init__(self, optimizer, gamma):
        self.cache = {0: float(optimizer.lr)}
        super().__init__(optimizer, gamma)

    def lr_at(self, t):
        if t not in self.cache:
            factor = math.exp(t * math.log(self.gamma)) if self.gamma > 0 else self.gamma**t
            self.cache[t] = self.base_lr * factor
        return self.cache[t]
