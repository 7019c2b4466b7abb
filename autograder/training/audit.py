"""A run, step by step: does each recorded state lead to the next by the rule?"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from types import ModuleType
from typing import Any

import torch

from autograder.reference import Reference
from autograder.training.job import Job

_SHARE = 1e-2  # of an update's norm that rounding may take: right code takes 1e-4
_ROUNDING = 1e-6  # and of the weights' norm

Fed = Callable[[torch.Tensor], torch.Tensor]  # gradients [t, P] to states [t + 1, P], in a fresh worker


@dataclass(frozen=True)
class Departure:
    """The first step (from 0) after which the recorded state is not what the rule makes of the one before.

    It is off by `share` times the norm of the step that is due.
    """

    step: int
    share: float
    gradients: torch.Tensor  # [step + 1, P], of all recorded states up to it


def first_departure(job: Job, states: torch.Tensor, reference: Reference, scenarios: ModuleType) -> Departure | None:
    """Go through `states` [T + 1, P], with gradients computed here."""
    take = _stepper(job, states[0], reference, scenarios)
    gradients: list[torch.Tensor] = []
    for step, (before, after) in enumerate(pairwise(states)):
        gradients.append(job.gradient(before, step)[1])
        due = take(step, before, gradients[-1])
        if not _close(after, due, before):
            share = float((after - due).norm() / (due - before).norm().clamp_min(1e-30))
            return Departure(step, share, torch.stack(gradients))
    return None


def is_made_by_the_optimizer(departure: Departure, states: torch.Tensor, fed: Fed) -> bool:
    """Whether the student's optimizer comes to the same state from the same gradients, and not from others."""
    before, after = states[departure.step], states[departure.step + 1]
    if not _close(fed(departure.gradients)[-1], after, before):
        return False
    others = departure.gradients.clone()
    others[-1] = -3 * others[-1].flip(0)
    return not _close(fed(others)[-1], after, before)


def _stepper(
    job: Job, start: torch.Tensor, reference: Reference, scenarios: ModuleType
) -> Callable[[int, torch.Tensor, torch.Tensor], torch.Tensor]:
    """The reference's rule as a function (step, state, gradient) -> state; every element is moved by itself."""
    param = torch.nn.Parameter(start.clone())
    optimizer: Any
    if job.of_a_scheduler:
        optimizer = scenarios.SoftSign([param], float(job.rates[0]))
        clock = scenarios.made(reference.modules.schedulers, job.choice, optimizer)
        rates = [clock.lr_at(t) for t in range(job.steps)]
    else:
        optimizer = scenarios.made(reference.modules.optimizers, job.choice, [param])
        rates = job.rates.tolist()

    def take(step: int, state: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            param.copy_(state)
        param.grad = gradient
        optimizer.lr = rates[step]
        optimizer.step()
        return param.detach().clone()

    return take


def _close(got: torch.Tensor, due: torch.Tensor, before: torch.Tensor) -> bool:
    allowed = _SHARE * (due - before).norm() + _ROUNDING * before.norm()
    return bool((got - due).norm() <= allowed)  # and a NaN is close to nothing
