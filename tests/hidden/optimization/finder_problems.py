"""The problems that the finder functions are set: seeded inputs, and no answers.

Curves for `suggest_lr` have a hundred rates a decade, so that correct ways of smoothing and of taking differences
are well within a factor of 2 of each other. Curves for `diagnose` are clear-cut by any sensible threshold.
"""

from functools import cache
from math import inf, nan
from typing import Any

import torch
from problems import normal

Data = dict[str, Any]
Curve = dict[str, torch.Tensor]

# ---------------------------------------------------------------- lr_range_test


def model_and_batches(batches: int = 4) -> Data:
    """Weights of the observed model, and batches of 6 samples."""
    shapes = [(4, 3), (4,), (4,), (4,), (1, 4), (1,)]
    weights = [normal(shape, 201 + i, torch.float64) for i, shape in enumerate(shapes)]
    return {
        "weights": weights,
        "inputs": normal((batches, 6, 3), 211, torch.float64),
        "targets": normal((batches, 6, 1), 212, torch.float64),
    }


def sweeps() -> dict[str, Data]:
    """From eval mode, through all batches and again; from train mode and other rates, with some batches to spare."""
    usual = {"lr_min": 1e-3, "lr_max": 0.5, "divergence": 1e3}
    return {
        "sweep of 11 steps over 4 batches": {"arguments": {**usual, "num_steps": 11}, "training": False},
        "sweep of 3 steps over 4 batches": {"arguments": {**usual, "lr_min": 0.02, "num_steps": 3}, "lr": 0.05},
        "sweep of 2 steps over 4 batches": {"arguments": {**usual, "num_steps": 2}, "lr": 2.0},
    }


def default_sweep() -> Data:
    """No argument given. The first rates tell how many there would be, so an infinite loss ends the test after 40."""
    return {**model_and_batches(batches=3), "arguments": {}, "script": [1.5] * 40 + [inf]}


def scripts() -> list[Data]:
    """Losses that end the test somewhere, or seem to."""
    return [
        {"losses": losses, "arguments": arguments}
        for losses, arguments in [
            ([2.0, 1.0, 0.5, 1.875, 2.125, 1.0, 1.0], {}),  # over four times the lowest, not the first
            ([1.0, 3.5, 4.125, 1.0, 1.0], {}),  # over four times the lowest, not the one before
            ([2.0, 1.0, 1.0, 1.0, 5.0, 18.0, 1.0], {}),  # a spike that averages hide
            ([8.0, 1.0, 3.0, 3.5, 3.75, 1.0, 3.0], {}),  # none: the first is the largest
            ([6.0, 20.0, 5.0, 19.0], {}),  # none: large, but not beside the others
            ([1.0, 4.0, 2.0], {}),  # none: as much as four times the lowest is allowed
            ([1.0, 0.25, 1.25, 0.25], {}),  # over four times the lowest, though it fell far
            ([1.0, 0.75, 1.25, 1.75, 0.75], {"divergence": 2.0}),
            ([1.0, 4.5, 1.5, 9.5, 1.0], {"divergence": 8.0}),
            ([1.0, 1.0, 1.0, 1.75, 1.0], {"divergence": 1.5}),  # over the mean of those before, not with itself in it
            ([2.0, 1.0, 1.0, 2.5, 1.0], {"divergence": 1.5}),  # over any mean, not over the highest
            ([2.0, 1.0, nan, 1.0, 0.5], {}),
            ([2.0, 1.0, inf, 1.0, 0.5], {}),
            ([nan, 1.0, 0.5], {}),
            ([inf, 1.0, 0.5], {}),
        ]
    ]


def endings() -> dict[str, Data]:
    """Tests that end in different ways, from different states."""
    usual = {"lr_min": 1e-3, "lr_max": 0.5, "num_steps": 6}
    script = [2.0, 1.5, 1.0]
    return {
        "after all steps, from eval mode": {"arguments": usual, "training": False, "lr": 0.7},
        "after all steps, from train mode": {"arguments": {**usual, "divergence": 1e3}, "lr": 0.02},
        "after divergence": {"arguments": usual, "script": [*script, 9.0], "training": False, "lr": 2.0},
        "after a loss of NaN": {"arguments": usual, "script": [*script, nan], "training": False, "lr": 0.07},
    }


# ---------------------------------------------------------------- smooth


def series() -> dict[str, Data]:
    """Noisy losses with the usual beta and others, a jump, one value alone."""
    noisy = (1.5 + normal((40,), 221, torch.float64).abs()).tolist()
    return {
        "noisy losses, default beta": {"losses": noisy, "arguments": {}},
        "noisy losses, beta=0.5": {"losses": noisy[:12], "arguments": {"beta": 0.5}},
        "noisy losses, beta=0.98": {"losses": noisy[:25], "arguments": {"beta": 0.98}},
        "a jump from 1 to 5, beta=0.8": {"losses": [1.0] * 4 + [5.0] * 8, "arguments": {"beta": 0.8}},
        "one loss alone, default beta": {"losses": [2.5], "arguments": {}},
    }


# ---------------------------------------------------------------- suggest_lr


def even_decades() -> torch.Tensor:
    """The logarithms of the rates: a hundred a decade, from 1e-5 to 10."""
    return torch.linspace(-5, 1, 601, dtype=torch.float64)


def fall(decades: torch.Tensor, at: float, by: float, sharpness: float = 15.0) -> torch.Tensor:
    """A fall centred at 10^at, a logistic curve; `by·sharpness/4` a decade at its steepest. A rise if `by` < 0."""
    return -by * torch.sigmoid(sharpness * (decades - at))


def exploding(decades: torch.Tensor, at: float = 0.6) -> torch.Tensor:
    """So wide that the place where the loss is back at its start is not the one where it rises fastest."""
    return fall(decades, at, by=-8, sharpness=3)


def curve(decades: torch.Tensor, losses: torch.Tensor) -> Curve:
    return {"lrs": 10**decades, "losses": losses}


@cache
def usual_curves() -> dict[str, Curve]:
    """Without noise: each has one steepest fall, and other places that other rules of thumb take."""
    d = even_decades()
    early = 2.6 + fall(d, at=-4, by=1) + fall(d, at=-2.2, by=1.2, sharpness=2) + exploding(d)
    late = 2.6 + fall(d, at=-3.5, by=1, sharpness=2) + fall(d, at=-0.8, by=1) + exploding(d)
    two = 3.2 + fall(d, at=-3.5, by=2, sharpness=2.5) + fall(d, at=-1.5, by=0.8)
    rising = 1.5 + fall(d, at=-4, by=-1.5) + fall(d, at=-2, by=1)
    deep = 10.02 + fall(d, at=-3.5, by=9) + fall(d, at=-1, by=1)
    return {
        "a curve that falls steeply early and slowly later": curve(d, early),
        "a curve that falls slowly early and steeply before it explodes": curve(d, late),
        "a curve with two falls, the later one smaller and steeper": curve(d, two),
        "a curve that rises steeply before it falls": curve(d, rising),
        "a curve whose later fall is to almost nothing": curve(d, deep),
    }


@cache
def rough_curves() -> dict[str, Curve]:
    """Single losses that jump: the curve needs the smoothing."""
    d = even_decades()
    jagged = 2.5 + fall(d, at=-3, by=1, sharpness=10) + fall(d, at=-1.2, by=0.5, sharpness=2) + exploding(d)
    jagged[[220, 260]] += torch.tensor([0.05, -0.1]).double()
    return {"a curve with single losses that jump": curve(d, 4 * jagged)}


@cache
def broken_off_curves() -> dict[str, Curve]:
    """What `lr_range_test` returns when it stopped: the last loss is not finite, or large."""
    d = even_decades()[:520]
    losses = 2.5 + fall(d, at=-2.5, by=1) + fall(d, at=-1, by=0.5, sharpness=2) + exploding(d, at=0.1)
    ends = {"a NaN": nan, "an infinite loss": inf, "a loss far above the others": 100.0}
    return {
        f"a curve that ends in {words}": curve(d, torch.cat([losses[:-1], torch.tensor([end])]))
        for words, end in ends.items()
    }


# ---------------------------------------------------------------- diagnose

STEPS = 200


def noise(size: float, seed: int) -> torch.Tensor:
    """Factors within `size` of 1, in no order."""
    return 1 + size * normal((STEPS,), seed, torch.float64).clamp(-1, 1)


def falling(start: float = 2.3, size: float = 0.0, seed: int = 0, rate: float = 1.0) -> torch.Tensor:
    """A steady fall to a tenth, or at a higher rate to that in part of the steps and flat from there on."""
    progress = torch.linspace(0, rate, STEPS, dtype=torch.float64).clamp(max=1.0)
    return start * 0.1**progress * noise(size, seed)


def changed(losses: torch.Tensor, *places: int, to: float) -> torch.Tensor:
    losses = losses.clone()
    losses[list(places)] = to
    return losses


@cache
def good_runs() -> dict[str, torch.Tensor]:
    return {
        "a steady fall to a tenth": falling(),
        "a steady fall to a tenth, with noise of 2 %": falling(4.6, size=0.02, seed=231),
        "a fall to a tenth in a third of the steps, then flat": falling(size=0.01, seed=232, rate=3.0),
        "a steady fall from 0.7 to 0.07": falling(0.7),
        "a steady fall from 46 to 4.6": falling(46.0),
    }


@cache
def flat_runs() -> dict[str, torch.Tensor]:
    slow = torch.linspace(1.0, 0.994, STEPS, dtype=torch.float64)
    return {
        "losses that stay the same": torch.full((STEPS,), 2.3, dtype=torch.float64),
        "losses that fall by less than 1 %": 2.3 * slow,
        "losses that fall by less than 1 %, with noise of 0.1 %": 6.9 * slow * noise(0.001, 233),
    }


@cache
def runs_out_of_hand() -> dict[str, torch.Tensor]:
    growing = 2.3 * 10 ** torch.linspace(0, 1, STEPS, dtype=torch.float64)
    turning = torch.cat([falling()[::2], falling()[::2].flip(0) * torch.linspace(1, 3, STEPS // 2).double()])
    return {
        "losses that end in NaN": torch.cat([falling()[:120], torch.tensor([nan])]),
        "losses with a NaN in the middle": changed(falling(), 90, to=nan),
        "losses that begin with NaN": torch.full((5,), nan, dtype=torch.float64),
        "losses that end in infinity": torch.cat([falling()[:120], torch.tensor([inf])]),
        "losses with an infinite one in the middle": changed(falling(), 90, to=inf),
        "losses that grow to ten times the first": growing,
        "losses that jump to ten times the first and stay there": torch.cat([falling()[:60], growing[-1].expand(140)]),
        "losses that fall at first and grow to three times the first": turning,
        "falling losses with a spike of ten times the first": changed(falling(), 80, to=23.0),
        "falling losses with spikes of twenty times the first": changed(falling(), 40, 90, 150, to=46.0),
        "flat losses with spikes of ten times the first": changed(
            flat_runs()["losses that stay the same"], 70, 130, to=23.0
        ),
    }
