"""Right code that is written otherwise: students' tests must let it pass, as they must the reference.

A test that told broken code by its looks, by what a subclass overrides for example, would refuse some of these.
"""

from collections.abc import Iterable
from typing import Any

import torch
from base import Optimizer
from optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSprop
from schedulers import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    StepLR,
    WarmupCosineLR,
)

RULES = {
    "sgd": SGD, "momentum": Momentum, "nesterov": Nesterov, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW,
}  # fmt: skip
SCHEDULES = {
    "step_lr": StepLR, "exponential_lr": ExponentialLR, "cosine_annealing_lr": CosineAnnealingLR,
    "warm_restarts": CosineAnnealingWarmRestarts, "cyclic_lr": CyclicLR, "warmup_cosine_lr": WarmupCosineLR,
}  # fmt: skip


class InFloat64:
    """Computed in float64, and rounded back."""

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        wide = param.double()
        super().update(wide, grad.double(), state)
        param.copy_(wide)


class StepReplaced(Optimizer):
    """The loop over the parameters is its own, and works on their data."""

    def step(self) -> None:
        for param, state in zip(self.params, self.state, strict=True):
            if param.grad is not None:
                moved = param.data.clone()
                self.update(moved, param.grad.detach().clone(), state)
                param.data.copy_(moved)


class Remembers:
    """Every rate is computed once, and kept."""

    def lr_at(self, t: int) -> float:
        kept = self.__dict__.setdefault("kept", {})
        if t not in kept:
            kept[t] = float(super().lr_at(t))
        return kept[t]


# ---------------------------------------------------------------- from scratch: other names, another order of terms


class PlainSteps(Optimizer):
    """SGD: the decay shrinks first, then the gradient pulls."""

    def __init__(self, params: Iterable[torch.Tensor], lr: float, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr)
        self.shrinkage = weight_decay

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        param.mul_(1 - self.lr * self.shrinkage).sub_(grad, alpha=self.lr)


class Rolling(Optimizer):
    """Momentum: velocities in a dict by parameter, in place."""

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, lr)
        self.inertia, self.shrinkage = momentum, weight_decay
        self.velocities: dict[torch.Tensor, torch.Tensor] = {}

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        velocity = self.velocities.setdefault(param, torch.zeros_like(param))
        velocity.mul_(self.inertia).add_(grad).add_(param, alpha=self.shrinkage)
        param.add_(velocity, alpha=-self.lr)


class Scaling(Optimizer):
    """Adam and AdamW: the corrections are folded into the step, and count down as products of the betas."""

    decoupled = False

    def __init__(
        self,
        params: Iterable[torch.Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float | None = None,
    ) -> None:
        super().__init__(params, lr)
        self.fade, self.floor = betas, eps
        self.shrinkage = (0.01 if self.decoupled else 0.0) if weight_decay is None else weight_decay

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        if not state:
            state.update(mean=torch.zeros_like(param), power=torch.zeros_like(param), left=(1.0, 1.0))
        if self.decoupled:
            param.mul_(1 - self.lr * self.shrinkage)
        else:
            grad = grad.add(param, alpha=self.shrinkage)
        slow, fast = self.fade
        state["left"] = state["left"][0] * slow, state["left"][1] * fast
        state["mean"].lerp_(grad, 1 - slow)
        state["power"].mul_(fast).addcmul_(grad, grad, value=1 - fast)
        size = state["power"].sqrt() / (1 - state["left"][1]) ** 0.5 + self.floor
        param.addcdiv_(state["mean"], size, value=-self.lr / (1 - state["left"][0]))


class ScalingApart(Scaling):
    """AdamW."""

    decoupled = True


FROM_SCRATCH = {"sgd": PlainSteps, "momentum": Rolling, "adam": Scaling, "adamw": ScalingApart}


def known(question: str) -> list[type]:
    """The variants of one question."""
    if question in RULES:
        styles = [type(style.__name__, (style, RULES[question]), {}) for style in (InFloat64, StepReplaced)]
        return styles + [FROM_SCRATCH[question]] * (question in FROM_SCRATCH)
    return [type("Remembers", (Remembers, SCHEDULES[question]), {})] if question in SCHEDULES else []
