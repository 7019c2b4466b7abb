"""Thresholds come from the tail as it is, and say what they do not know."""

import numpy as np
import pytest

from autograder.training import tails

ROUNDS = 200


def accuracies(rng: np.random.Generator, heavy: bool) -> list[float]:
    """80 accuracies out of 500 images; with `heavy`, one in thirty runs goes badly."""
    usual = rng.normal(0.96, 0.01, 80)
    bad = rng.exponential(0.03, 80) * (rng.random(80) < 1 / 30) if heavy else 0.0
    return (np.clip(usual - bad, 0, 1) * 500).round() / 500


@pytest.mark.parametrize("heavy", [False, True])
def test_a_threshold_is_below_all_that_was_seen_and_rarely_missed_afterwards(heavy):
    """Two seeds of three of the same kind miss it less than once in a thousand, far less than the bound says."""
    rng = np.random.default_rng(1)
    misses = []
    for _ in range(ROUNDS):
        seen = accuracies(rng, heavy)
        threshold = tails.choose(list(seen))
        assert threshold <= min(seen)
        misses.append(np.mean(accuracies(rng, heavy) < threshold))
    assert tails.two_of_three(float(np.mean(misses))) < 1e-3


def test_a_heavier_tail_lowers_the_threshold():
    rng = np.random.default_rng(2)
    light, heavy = ([tails.choose(list(accuracies(rng, h))) for _ in range(ROUNDS)] for h in (False, True))
    assert np.mean(heavy) < np.mean(light) - 0.01


def test_a_tail_never_ends_where_the_seeds_end():
    """Even accuracies that all but coincide leave a chance below the lowest."""
    tail = tails.fit([0.95, 0.952, 0.954, 0.956] * 20)
    assert tail.shape >= 0 and 0 < tail.chance_below(0.94) < tail.chance_below(0.949)


def test_a_bound_says_what_no_failure_in_80_runs_leaves_possible():
    """At most 3.7 % a run, so 0.4 % in two of three; with failures more, and all of them proves nothing."""
    assert tails.at_most(0, 80) == pytest.approx(1 - 0.05 ** (1 / 80))
    assert tails.two_of_three(tails.at_most(0, 80)) == pytest.approx(0.004, rel=0.05)
    assert tails.at_most(0, 80) < tails.at_most(2, 80) < tails.at_most(80, 80) == 1
