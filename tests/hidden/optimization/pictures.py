"""What a report draws of a student's code and the reference's, question by question.

The settings are chosen so that the commonest mistakes can be seen. Nothing here is any check's: a student may know all
of it.
"""

import math
from typing import Any

import picture_scenarios as scenarios
import torch

from autograder.compare import first_difference
from autograder.exhibits import Exhibit

RAVINE = {"start": [-9.0, 1.6], "curvatures": [1.0, 12.0], "steps": 40}


def down(question: str, rule: str, lr: float, **settings: Any) -> Exhibit:
    inputs = {"rule": rule, "lr": lr, "settings": settings, **RAVINE}
    return Exhibit(question, "descent", f"{rule} in a ravine, its rate halved half-way", scenarios.path_down, inputs)


def rates(question: str, rule: str, steps: int, **settings: Any) -> Exhibit:
    inputs = {"rule": rule, "base_lr": 0.1, "settings": settings, "steps": steps}
    arguments = ", ".join(f"{name}={value:g}" for name, value in settings.items())
    return Exhibit(question, "rates", f"{rule}({arguments})", scenarios.written_rates, inputs)


def blobs(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points [count, 2] of three overlapping clouds, and which cloud each is of."""
    generator = torch.Generator().manual_seed(seed)
    cloud = torch.arange(count) % 3
    angle = 2 * math.pi * cloud / 3
    centres = 1.6 * torch.stack([angle.cos(), angle.sin()], dim=1)
    return centres + torch.randn(count, 2, generator=generator), cloud


def falling_curve(count: int) -> tuple[list[float], list[float]]:
    """A noisy curve of a range test: flat, then down, then up."""
    generator = torch.Generator().manual_seed(8)
    lrs = [1e-5 * (1e5 ** (i / (count - 1))) for i in range(count)]
    noise = (0.03 * torch.randn(count, generator=generator)).tolist()
    fall = [2.3 - 1.7 / (1 + (0.004 / lr) ** 1.6) + 3 * lr**2 for lr in lrs]
    return lrs, [loss + jitter for loss, jitter in zip(fall, noise, strict=True)]


def noisy_losses(count: int) -> list[float]:
    generator = torch.Generator().manual_seed(9)
    jitter = (0.25 * torch.randn(count, generator=generator)).tolist()
    return [2.3 * math.exp(-i / 25) + 0.4 + noise for i, noise in enumerate(jitter)]


def far_off(expected: dict[str, Any], got: dict[str, Any]) -> str | None:
    """Any rate counts as right that is within a factor of 2."""
    near = (
        got["suggestion"] is not None and expected["suggestion"] / 2 <= got["suggestion"] <= expected["suggestion"] * 2
    )
    return None if near else "more than a factor of 2 away"


def other_sweep(expected: dict[str, Any], got: dict[str, Any]) -> object:
    """The curve counts to the last digit, the rate that is taken from it as `far_off` says."""
    curves = ({name: trace[name] for name in ("lrs", "losses")} for trace in (expected, got))
    return first_difference(*curves) or far_off(expected, got)


def exhibits() -> list[Exhibit]:
    inputs, targets = blobs(96, seed=6)
    val_inputs, val_targets = blobs(64, seed=7)
    lrs, losses = falling_curve(60)
    wide = {"lr_min": 1e-3, "lr_max": 30.0, "num_steps": 40}
    return [
        down("sgd", "SGD", 0.15, weight_decay=0.1),
        down("momentum", "Momentum", 0.03, momentum=0.8, weight_decay=0.1),
        down("nesterov", "Nesterov", 0.03, momentum=0.8, weight_decay=0.1),
        down("rmsprop", "RMSprop", 0.4, alpha=0.9, eps=0.5),
        down("adam", "Adam", 0.8, betas=(0.8, 0.95), eps=0.1, weight_decay=0.2),
        down("adamw", "AdamW", 0.8, betas=(0.8, 0.95), eps=0.1, weight_decay=0.1),
        down("lookahead", "Lookahead", 0.15, k=4, alpha=0.3),
        rates("step_lr", "StepLR", 40, step_size=10, gamma=0.5),
        rates("exponential_lr", "ExponentialLR", 40, gamma=0.93),
        rates("cosine_annealing_lr", "CosineAnnealingLR", 40, T_max=40, eta_min=0.02),
        rates("warm_restarts", "CosineAnnealingWarmRestarts", 80, T_0=10, T_mult=2, eta_min=0.01),
        rates("cyclic_lr", "CyclicLR", 60, max_lr=0.5, step_size_up=6, step_size_down=14),
        rates("warmup_cosine_lr", "WarmupCosineLR", 60, warmup_steps=10, total_steps=50, eta_min=0.01),
        Exhibit(
            "lr_range_test",
            "sweep",
            "A range test of a small network",
            scenarios.range_test_curve,
            {"inputs": inputs, "targets": targets, "batch_size": 96, "settings": wide},
            unlike=other_sweep,
        ),
        Exhibit(
            "smooth",
            "smoothing",
            "smooth(losses, beta=0.9)",
            scenarios.smoothed_curve,
            {"losses": noisy_losses(60), "beta": 0.9},
        ),
        Exhibit(
            "suggest_lr",
            "suggestion",
            "Where this curve falls fastest",
            scenarios.suggested_rate,
            {"lrs": lrs, "losses": losses},
            unlike=far_off,
        ),
        Exhibit(
            "train_epoch",
            "losses",
            "train_epoch on three clouds of points",
            scenarios.epoch_losses,
            {"inputs": inputs, "targets": targets, "batch_size": 40, "lr": 0.1, "count": 8},
        ),
        Exhibit(
            "fit",
            "epochs",
            "fit on three clouds of points",
            scenarios.fit_history,
            {
                "inputs": inputs,
                "targets": targets,
                "val_inputs": val_inputs,
                "val_targets": val_targets,
                "batch_size": 40,
                "lr": 0.05,
                "count": 10,
            },
        ),
    ]
