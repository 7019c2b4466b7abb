"""What a worker says of its run: of the right form, an end that is one, and true of the states that it wrote down."""

from collections.abc import Mapping
from typing import Any

import torch

from autograder.errors import StudentError, Verdict
from autograder.training.job import Job

COMPARED = 10  # losses at the start of a run, before rounding grows
_DIVERGED = 1.5  # times the first loss
_LOSS_SLACK = 1e-4  # relative, between a loss as it is told and as it is computed here


def flat(weights: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([value.reshape(-1) for value in weights])


def part(reply: Any, name: str, shape: tuple[int, ...]) -> torch.Tensor:
    return checked(reply.get(name) if isinstance(reply, dict) else None, shape)


def checked(got: Any, shape: tuple[int, ...]) -> torch.Tensor:
    if not isinstance(got, torch.Tensor) or got.shape != shape or got.dtype != torch.float32:
        raise StudentError(Verdict.FAILED, "In training, the parameters changed their shape or dtype.")
    return got


def refuse_bad_ends(losses: torch.Tensor, last: torch.Tensor) -> None:
    """A loss that grows diverges, also where it ends in infinity; a NaN out of the blue has a verdict of its own."""
    bad = (~losses.isfinite()).nonzero()
    step = int(bad[0]) if len(bad) else len(losses)
    first, end = float(losses[0]), float(losses[max(0, step - COMPARED) : step].mean()) if step else 0.0
    if end > _DIVERGED * first:
        then = f", and is not finite at step {step + 1}" if len(bad) else ""
        raise StudentError(Verdict.DIVERGED, f"Training diverges: the loss grows from {first:.3g} to {end:.3g}{then}.")
    if len(bad):
        raise StudentError(Verdict.NOT_FINITE, f"In training, the loss of step {step + 1} is not a finite number.")
    if not last.isfinite().all():
        raise StudentError(Verdict.NOT_FINITE, "In training, some weights are not finite numbers at the end.")


def refuse_other_losses(job: Job, told: torch.Tensor, states: Mapping[int, torch.Tensor], last: torch.Tensor) -> None:
    """What the worker says of its run must hold of the states that it wrote down."""
    for step, state in states.items():
        if step == job.steps:
            if not torch.equal(state, last):
                raise StudentError(Verdict.INVENTED, "The weights at the end are not those that training left.")
            continue
        ours = job.loss(state, step)
        if abs(ours - float(told[step])) > _LOSS_SLACK * max(1.0, abs(ours)):
            raise StudentError(Verdict.INVENTED, f"The loss told for step {step + 1} is not that of the weights.")
