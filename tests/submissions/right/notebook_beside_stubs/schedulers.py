"""Six learning-rate schedules. Write the body of each `lr_at`; the constructors are done.

In every formula t counts the scheduler's steps from 0, and base_lr is `self.base_lr`, the rate that the
optimizer had when the scheduler was made. `lr_at` may be asked for any t ≥ 0 in any order, so compute
it from t, never from the optimizer's present rate. It returns a float.
"""

from base import LRScheduler, Optimizer


class StepLR(LRScheduler):
    """Step decay: the rate is multiplied by gamma every step_size steps.

        base_lr·gamma^⌊t / step_size⌋

    >>> schedule = StepLR(Optimizer([], lr=0.8), step_size=2, gamma=0.5)
    >>> [schedule.lr_at(t) for t in range(6)]
    [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        """The learning rate of step t."""
        raise NotImplementedError("StepLR.lr_at")


class ExponentialLR(LRScheduler):
    """Exponential decay: the rate is multiplied by gamma at every step.

        base_lr·gammaᵗ

    >>> schedule = ExponentialLR(Optimizer([], lr=0.8), gamma=0.5)
    >>> [schedule.lr_at(t) for t in range(4)]
    [0.8, 0.4, 0.2, 0.1]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        """The learning rate of step t."""
        raise NotImplementedError("ExponentialLR.lr_at")


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from base_lr at t = 0 down to eta_min at t = T_max.

        eta_min + (base_lr - eta_min)·(1 + cos(π·t / T_max)) / 2

    Equation 5 of Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017).
    It is asked for t ≤ T_max only.

    >>> schedule = CosineAnnealingLR(Optimizer([], lr=1.0), T_max=4, eta_min=0.2)
    >>> [round(schedule.lr_at(t), 4) for t in range(5)]
    [1.0, 0.8828, 0.6, 0.3172, 0.2]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        """The learning rate of step t."""
        raise NotImplementedError("CosineAnnealingLR.lr_at")


class CosineAnnealingWarmRestarts(LRScheduler):
    """Cosine annealing that starts over (Loshchilov & Hutter, 2017).

    The cycles last T_0, T_0·T_mult, T_0·T_mult², … steps. In a cycle of T steps, s steps after it began,

        eta_min + (base_lr - eta_min)·(1 + cos(π·s / T)) / 2

    so that the first step of each cycle has the rate base_lr, and eta_min itself is never reached.

    >>> schedule = CosineAnnealingWarmRestarts(Optimizer([], lr=1.0), T_0=2, T_mult=2)
    >>> [round(schedule.lr_at(t), 4) for t in range(7)]     # cycles begin at t = 0, 2, 6
    [1.0, 0.5, 1.0, 0.8536, 0.5, 0.1464, 1.0]
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        """The learning rate of step t."""
        raise NotImplementedError("CosineAnnealingWarmRestarts.lr_at")


class CyclicLR(LRScheduler):
    """Triangles (Smith, "Cyclical learning rates for training neural networks", 2017).

    The rate climbs in a straight line from base_lr to max_lr in step_size_up steps, comes down in a
    straight line to base_lr in step_size_down steps (None: as many as up), and so on for ever.

    >>> schedule = CyclicLR(Optimizer([], lr=0.0), max_lr=1.0, step_size_up=2, step_size_down=4)
    >>> [schedule.lr_at(t) for t in range(8)]
    [0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0, 0.5]
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float, step_size_up: int, step_size_down: int | None = None
    ) -> None:
        self.max_lr = max_lr
        self.step_size_up = step_size_up
        self.step_size_down = step_size_down
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        """The learning rate of step t."""
        raise NotImplementedError("CyclicLR.lr_at")


class WarmupCosineLR(LRScheduler):
    """A linear warm-up (Goyal et al., "Accurate, large minibatch SGD", 2017), then half a cosine.

        t < warmup_steps                   base_lr·(t + 1) / warmup_steps
        warmup_steps ≤ t < total_steps     eta_min + (base_lr - eta_min)·(1 + cos(π·x)) / 2
                                           with x = (t - warmup_steps) / (total_steps - warmup_steps)
        t ≥ total_steps                    eta_min

    warmup_steps may be 0.

    >>> schedule = WarmupCosineLR(Optimizer([], lr=1.0), warmup_steps=2, total_steps=6)
    >>> [round(schedule.lr_at(t), 4) for t in range(8)]
    [0.5, 1.0, 1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    """

    def __init__(self, optimizer: Optimizer, warmup_steps: int, total_steps: int, eta_min: float = 0.0) -> None:
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.eta_min = eta_min
        super().__init__(optimizer)

    def lr_at(self, t: int) -> float:
        """The learning rate of step t."""
        raise NotImplementedError("WarmupCosineLR.lr_at")
