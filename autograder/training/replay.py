"""A recorded run of the reference, and whether a student's part follows it."""

from dataclasses import dataclass
from types import ModuleType

import torch

from autograder.reference import Reference
from autograder.training.job import Job
from autograder.training.runs import Run

# How far an element may be off: right code in 17 styles drifts by 8.3e-7 at most, the nearest known mistake that shows
# at all (AdamW's decay after the step) by 2.4e-4.
_DRIFT = 1e-5
_RATE = 1e-6  # relative, of a scheduler's rates


@dataclass(frozen=True)
class Recording:
    """The reference's states [T + 1, P] and gradients [T, P] of one job; a scheduler's has rates [T] alone."""

    job: Job
    states: torch.Tensor
    gradients: torch.Tensor

    def is_tracked(self, run: Run, scenarios: ModuleType) -> bool:
        """Feed the gradients to the student's optimizer and compare its parameters, which run free, at every step."""
        job = self.job
        if job.of_a_scheduler:
            return self._is_swept(run, scenarios)
        inputs = {"optimizer": job.choice, "rates": job.rates, "weights": job.weights, "gradients": self.gradients}
        got = run(scenarios.fed, inputs, 4 * self.states.numel())
        if not isinstance(got, torch.Tensor) or got.shape != self.states.shape or got.dtype != self.states.dtype:
            return False
        return bool(((got - self.states).abs_() <= _DRIFT).all())  # and a NaN is not

    def _is_swept(self, run: Run, scenarios: ModuleType) -> bool:
        """A schedule does nothing to a run but set its rates."""
        job = self.job
        inputs = {"scheduler": job.choice, "rate": float(job.rates[0]), "steps": job.steps}
        got = run(scenarios.sweep, inputs, 8 * job.steps)
        if not isinstance(got, torch.Tensor) or got.shape != self.states.shape:
            return False
        return bool(((got - self.states).abs() <= _RATE * self.states.abs()).all())


def record(
    job: Job, states: torch.Tensor, gradients: torch.Tensor, reference: Reference, scenarios: ModuleType
) -> Recording:
    """The recording of a run that went through `states` [T + 1, P] by `gradients` [T, P]."""
    if job.of_a_scheduler:
        rates = scenarios.sweep(reference.modules, job.choice, float(job.rates[0]), job.steps)
        return Recording(job, rates, torch.empty(0))
    return Recording(job, states, gradients)
