"""Your schedules against torch.optim.lr_scheduler, or a table of exact rates where it has none."""

from collections.abc import Callable, Sequence

import pytest
import torch
from base import LRScheduler, Optimizer
from torch.optim import lr_scheduler

BASE_LR = 0.5


def test_step_lr_falls_every_step_size_steps(schedulers):
    """The rate falls by gamma every step_size steps, and not in between."""
    ours = schedulers("StepLR")
    compare(
        lambda optimizer: ours(optimizer, step_size=3, gamma=0.2),
        torch_rates(lambda optimizer: lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.2), steps=10),
    )


def test_exponential_lr_falls_every_step(schedulers):
    """The rate falls by gamma at every step, from base_lr at step 0."""
    ours = schedulers("ExponentialLR")
    compare(
        lambda optimizer: ours(optimizer, gamma=0.8),
        torch_rates(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma=0.8), steps=10),
    )


def test_cosine_annealing_lr_is_half_a_cosine(schedulers):
    """The rate follows half a cosine down to eta_min at T_max."""
    ours = schedulers("CosineAnnealingLR")
    compare(
        lambda optimizer: ours(optimizer, T_max=10, eta_min=0.1),
        torch_rates(lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=10, eta_min=0.1), steps=10),
    )


def test_warm_restarts_of_equal_length(schedulers):
    """With T_mult = 1 a new cycle starts at base_lr every T_0 steps."""
    ours = schedulers("CosineAnnealingWarmRestarts")
    compare(
        lambda optimizer: ours(optimizer, T_0=4, eta_min=0.1),
        torch_rates(
            lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=4, eta_min=0.1),
            steps=13,
        ),
    )


def test_warm_restarts_of_growing_length(schedulers):
    """With T_mult = 2 each cycle is twice as long as the one before."""
    ours = schedulers("CosineAnnealingWarmRestarts")
    compare(
        lambda optimizer: ours(optimizer, T_0=2, T_mult=2),
        torch_rates(
            lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2),
            steps=16,
        ),
    )


def test_cyclic_lr_climbs_and_falls_alike(schedulers):
    """Without step_size_down the rate falls in as many steps as it climbs."""
    ours = schedulers("CyclicLR")
    compare(
        lambda optimizer: ours(optimizer, max_lr=2.0, step_size_up=3),
        torch_rates(lambda optimizer: torch_triangle(optimizer, step_size_up=3), steps=14),
    )


def test_cyclic_lr_falls_in_step_size_down_steps(schedulers):
    """With step_size_down the rate falls in so many steps."""
    ours = schedulers("CyclicLR")
    compare(
        lambda optimizer: ours(optimizer, max_lr=2.0, step_size_up=2, step_size_down=5),
        torch_rates(lambda optimizer: torch_triangle(optimizer, step_size_up=2, step_size_down=5), steps=16),
    )


def test_warmup_cosine_lr_warms_up_then_falls(schedulers):
    """A straight climb that ends at base_lr, half a cosine, and eta_min from total_steps on."""
    ours = schedulers("WarmupCosineLR")
    compare(
        lambda optimizer: ours(optimizer, warmup_steps=4, total_steps=8, eta_min=0.1),
        [0.125, 0.25, 0.375, 0.5, 0.5, 0.4414213562, 0.3, 0.1585786438, 0.1, 0.1, 0.1],
    )


def test_warmup_cosine_lr_without_warm_up(schedulers):
    """With warmup_steps = 0 it is a plain cosine."""
    ours = schedulers("WarmupCosineLR")
    compare(lambda optimizer: ours(optimizer, warmup_steps=0, total_steps=2), [0.5, 0.25, 0.0, 0.0])


# How they compare.


def compare(make: Callable[[Optimizer], LRScheduler], expected: Sequence[float]) -> None:
    """The optimizer's rate must be the expected one at each step, and `lr_at` must know it in any order."""
    optimizer = Optimizer([], lr=BASE_LR)
    scheduler = make(optimizer)
    for t, rate in enumerate(expected):
        if t > 0:
            scheduler.step()
        same_rate(rate, optimizer.lr, f"step {t}, optimizer.lr")
    for t in reversed(range(len(expected))):
        same_rate(expected[t], scheduler.lr_at(t), f"lr_at({t}), asked after later steps")


def same_rate(expected: float, got: float, where: str) -> None:
    if got != pytest.approx(expected, rel=1e-6, abs=1e-9):
        pytest.fail(f"{where}: expected {expected:.6g}, got {got}", pytrace=False)


def torch_rates(make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler], steps: int) -> list[float]:
    """The rates that PyTorch's own scheduler sets at steps 0, …, `steps`."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=BASE_LR)
    scheduler = make(optimizer)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def torch_triangle(
    optimizer: torch.optim.Optimizer, step_size_up: int, step_size_down: int | None = None
) -> lr_scheduler.CyclicLR:
    return lr_scheduler.CyclicLR(optimizer, BASE_LR, 2.0, step_size_up, step_size_down, cycle_momentum=False)
