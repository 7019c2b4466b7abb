"""How rarely right code falls below a threshold, from the accuracies of many seeds.

Accuracies have a heavy left tail, so a mean minus some standard deviations promises too much.  A generalized Pareto
distribution is fitted to the lowest quarter instead (peaks over threshold: Balkema and de Haan, 1974; Pickands,
1975); never one that ends, since 80 seeds cannot show an end.  Beside the fit stands what needs none: the upper end
of an exact 95 % interval (Clopper and Pearson, 1934) for the chance of a failure that was seen k times in n.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

TARGET = 1e-5  # the fitted chance that right code fails in two seeds of three
_TAIL = 0.25
_GRID = 0.005


@dataclass(frozen=True)
class Tail:
    """The left tail of accuracies: below `start`, which a share of `weight` are, excesses are generalized Pareto."""

    start: float
    weight: float
    shape: float
    scale: float

    def chance_below(self, threshold: float) -> float:
        """The chance that a run's accuracy is below `threshold`, for one not above `start`."""
        excess = max(0.0, self.start - threshold)
        return float(self.weight * stats.genpareto.sf(excess, self.shape, scale=self.scale))


def fit(accuracies: Sequence[float]) -> Tail:
    """Fit the lowest quarter; with a shape below zero, where the tail would end, an exponential takes its place."""
    ordered = np.sort(np.asarray(accuracies))
    start = float(np.quantile(ordered, _TAIL))
    excesses = start - ordered[ordered <= start] + _GRID / 10  # accuracies are counts, so some are zero
    shape, _, scale = stats.genpareto.fit(excesses, floc=0)
    if shape < 0 or not np.isfinite(shape):
        shape, scale = 0.0, float(excesses.mean())
    return Tail(start, len(excesses) / len(ordered), float(shape), float(scale))


def choose(accuracies: Sequence[float]) -> float:
    """The highest threshold, in steps of half a percent, that right code misses rarely and none of these missed."""
    tail = fit(accuracies)
    highest = min(min(accuracies), tail.start)
    steps = range(int(highest / _GRID + 1e-9), -1, -1)
    return next(
        (round(step * _GRID, 3) for step in steps if two_of_three(tail.chance_below(step * _GRID)) <= TARGET), 0.0
    )


def two_of_three(chance: float) -> float:
    """The chance that something of this chance happens in two independent runs of three, or in all."""
    return 3 * chance**2 - 2 * chance**3


def at_most(failures: int, runs: int) -> float:
    """The upper end of the exact 95 % interval for the chance of what happened in `failures` of `runs`."""
    return 1.0 if failures == runs else float(stats.beta.ppf(0.95, failures + 1, runs - failures))
