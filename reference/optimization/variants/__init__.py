"""Right code that is written otherwise: students' tests must let it pass, as they must the reference.

A test that told broken code by its looks, by what a subclass overrides for example, would refuse some of these.
"""

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


def known(question: str) -> list[type]:
    """The variants of one question."""
    if question in RULES:
        return [type(style.__name__, (style, RULES[question]), {}) for style in (InFloat64, StepReplaced)]
    return [type("Remembers", (Remembers, SCHEDULES[question]), {})] if question in SCHEDULES else []
