"""The schedules, each a function of t: no rate is computed from the one before, so any t may be asked."""

from math import cos, pi

from base import LRScheduler, Optimizer


def cosine(start: float, end: float, share: float) -> float:
    """Half a cosine from `start` at share 0 to `end` at share 1 (Loshchilov & Hutter, 2017, equation 5)."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


class StepLR(LRScheduler):
    """Down by gamma every step_size steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        return self.base_lr * self.gamma ** (t // self.step_size)


class ExponentialLR(LRScheduler):
    """Down by gamma at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        return self.base_lr * self.gamma**t


class CosineAnnealingLR(LRScheduler):
    """Half a cosine, once."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, t / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine, again and again, each T_mult times as long as the one before."""

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        length = self.T_0
        while t >= length:
            t -= length
            length *= self.T_mult
        return cosine(self.base_lr, self.eta_min, t / length)


class CyclicLR(LRScheduler):
    """Triangles (Smith, 2017): up in step_size_up steps, down in step_size_down."""

    def __init__(
        self, optimizer: Optimizer, max_lr: float, step_size_up: int, step_size_down: int | None = None
    ) -> None:
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_down
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        up = self.step_size_up
        down = up if self.step_size_down is None else self.step_size_down
        s = t % (up + down)
        height = s / up if s <= up else (up + down - s) / down
        return self.base_lr + (self.max_lr - self.base_lr) * height


class WarmupCosineLR(LRScheduler):
    """A straight climb (Goyal et al., 2017), half a cosine down, and flat from there on.

    The climb starts at 1/warmup_steps, not at 0: a step of rate 0 would be a batch wasted.
    """

    def __init__(self, optimizer: Optimizer, warmup_steps: int, total_steps: int, eta_min: float = 0.0) -> None:
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        if t < self.warmup_steps:
            return self.base_lr * (t + 1) / self.warmup_steps
        if t >= self.total_steps:
            return self.eta_min
        share = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return cosine(self.base_lr, self.eta_min, share)
