"""The hidden checks of the learning-rate finder.

The range test is watched step by step, then stopped by losses from a script, then asked what it leaves behind. The
three functions beside it are judged alone: where one calls `smooth`, a wrong one of the student's costs nothing.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import finder_problems as problems
import finder_scenarios as scenarios
import pytest
import torch

ANSWERS = ("too high", "too low", "good")


@pytest.mark.question("lr_range_test", points=4)
def test_range_test_sweeps_geometrically(agree):
    """The rate grows geometrically from lr_min to lr_max: one update at each, on the next batch, in train mode."""
    agree(scenarios.range_test_steps, tests=problems.sweeps(), **problems.model_and_batches())
    agree(scenarios.range_test_rates, count=40, **problems.default_sweep())


@pytest.mark.question("lr_range_test", points=4)
def test_range_test_stops_at_divergence_and_leaves_no_trace(agree):
    """The test ends with a loss that is not finite or exceeds divergence times the lowest; all is then as before."""
    agree(scenarios.range_test_stops, scripts=problems.scripts(), **problems.model_and_batches())
    agree(scenarios.range_test_afterwards, tests=problems.endings(), **problems.model_and_batches())


@pytest.mark.question("smooth", points=3)
def test_smooth(agree):
    """Smoothing is an exponential moving average, divided by the sum of its weights so far."""
    agree(scenarios.smoothing, series=problems.series())


@pytest.mark.question("suggest_lr", points=5)
def test_suggestion_is_the_steepest_fall(agree, reference):
    """The rate suggested is where the smoothed loss falls fastest per decade, whatever single losses do."""
    suggest(agree, reference, problems.usual_curves())
    suggest(agree, reference, problems.rough_curves())
    suggest(agree, reference, problems.broken_off_curves())


@pytest.mark.question("diagnose", points=4)
def test_diagnosis(agree, reference):
    """Spikes, growth and losses that are not finite are too high a rate; hardly any fall is too low a one."""
    diagnose(agree, reference, {**problems.runs_out_of_hand(), **problems.flat_runs(), **problems.good_runs()})


def suggest(agree: Callable[..., None], reference: Any, curves: dict[str, Any]) -> None:
    known = smoothed(reference, [curve["losses"] for curve in curves.values()])
    agree(scenarios.suggestions, unlike=far_off, curves=curves, known=known)


def diagnose(agree: Callable[..., None], reference: Any, curves: dict[str, torch.Tensor]) -> None:
    known = smoothed(reference, list(curves.values()))
    agree(scenarios.diagnoses, unlike=misjudged, curves=curves, known=known)


def smoothed(reference: Any, series: list[torch.Tensor]) -> Any:
    """What `smooth` makes of each series: the same whatever the student's would."""
    return reference.run(scenarios.smoothed_values, series=series, betas=[0.8, 0.9, 0.95, 0.98])


def far_off(expected: Mapping[str, float], got: Any) -> str | None:
    """Which suggestion is off by more than the factor of 2 that the contract grants."""
    for name, rate in expected.items():
        answer = got.get(name) if isinstance(got, dict) else None
        if not isinstance(answer, float) or not isfinite(answer):
            return f"{name}: the suggestion is not a finite number"
        if not rate / 2 <= answer <= rate * 2:
            direction = "high" if answer > rate else "low"
            return f"{name}: the suggested rate is more than a factor of 2 too {direction}"
    return None


def misjudged(expected: Mapping[str, str], got: Any) -> str | None:
    """Which curve was not judged as the contract's words say; what a mistake expects may be in others."""
    words: dict[str, str] = {}
    for name, verdict in expected.items():
        answer = got.get(name) if isinstance(got, dict) else None
        if isinstance(answer, str) and are_others(verdict, answer) and words.setdefault(verdict, answer) == answer:
            continue
        if not isinstance(answer, str) or answer not in ANSWERS:
            return f'{name}: the answer is none of "too high", "too low" and "good"'
        if answer != verdict:
            return f'{name}: the contract does not call this "{answer}"'
    return None


def are_others(verdict: str, answer: str) -> bool:
    """Whether both are words, and neither is the contract's; what is no text comes in brackets."""
    return not any(word in ANSWERS or word.startswith("(") for word in (verdict, answer))
