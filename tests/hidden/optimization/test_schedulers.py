"""The hidden checks of the schedulers.

Each goes step by step as usual; then with every argument set, asked in any order, and another scheduler of the
class alive beside it; then through the shortest cycles that there are.
"""

from functools import partial

import problems
import pytest
import scenarios


@pytest.mark.question("step_lr", points=2)
def test_step_lr(agree):
    """StepLR multiplies the rate by gamma every step_size steps, not in between, whatever t is asked for."""
    schedule = partial(agree, scenarios.schedule, rule="StepLR")
    asked = problems.shuffled(range(14), range(60, 66))
    usual, full = {"step_size": 4}, {"step_size": 3, "gamma": 0.7}
    schedule(base_lr=0.8, arguments=usual, steps=14, asked=[])
    schedule(base_lr=0.5, arguments=full, steps=8, asked=asked, turns=2, company=usual)
    schedule(base_lr=0.5, arguments={"step_size": 1, "gamma": 0.9}, steps=4, asked=[])


@pytest.mark.question("exponential_lr", points=2)
def test_exponential_lr(agree):
    """ExponentialLR multiplies the rate by gamma at every step, whatever t is asked for."""
    schedule = partial(agree, scenarios.schedule, rule="ExponentialLR")
    asked = problems.shuffled(range(10), range(30, 33))
    schedule(base_lr=0.8, arguments={"gamma": 0.9}, steps=14, asked=[])
    schedule(base_lr=0.5, arguments={"gamma": 0.7}, steps=6, asked=asked, turns=2, company={"gamma": 0.9})


@pytest.mark.question("cosine_annealing_lr", points=2)
def test_cosine_annealing_lr(agree):
    """CosineAnnealingLR goes down half a cosine, from the base rate to eta_min at T_max."""
    schedule = partial(agree, scenarios.schedule, rule="CosineAnnealingLR")
    full, longer = {"T_max": 14, "eta_min": 0.1}, {"T_max": 20}  # nobody is asked for a t beyond T_max
    schedule(base_lr=0.8, arguments={"T_max": 9}, steps=9, asked=[])
    schedule(base_lr=0.5, arguments=full, steps=14, asked=problems.shuffled(range(15)), turns=3, company=longer)
    schedule(base_lr=0.5, arguments={"T_max": 1}, steps=1, asked=[])


@pytest.mark.question("warm_restarts", points=4)
def test_warm_restarts(agree):
    """CosineAnnealingWarmRestarts starts again at the base rate, T_mult times later each time, down to eta_min."""
    schedule = partial(agree, scenarios.schedule, rule="CosineAnnealingWarmRestarts")
    # Cycles begin at 3, 9, 21, 45, 93; and at 2, 8, 26, 80 for T_mult = 3.
    usual, full = {"T_0": 4}, {"T_0": 3, "T_mult": 2, "eta_min": 0.1}
    asked = problems.shuffled(range(4), range(8, 11), range(20, 23), range(44, 47), range(91, 95))
    schedule(base_lr=0.8, arguments=usual, steps=17, asked=[])
    schedule(base_lr=0.5, arguments=full, steps=47, asked=asked, turns=2, company=usual)
    asked = problems.shuffled(range(1, 4), range(7, 10), range(25, 28), range(79, 82))
    schedule(base_lr=0.4, arguments={"T_0": 2, "T_mult": 3, "eta_min": 0.05}, steps=9, asked=asked)
    schedule(base_lr=0.5, arguments={"T_0": 1}, steps=3, asked=[])


@pytest.mark.question("cyclic_lr", points=4)
def test_cyclic_lr(agree):
    """CyclicLR climbs to max_lr and comes down, in as many steps or in step_size_down, whatever t is asked for."""
    schedule = partial(agree, scenarios.schedule, rule="CyclicLR")
    usual, full = {"max_lr": 0.9, "step_size_up": 4}, {"max_lr": 0.8, "step_size_up": 3, "step_size_down": 5}
    asked = problems.shuffled(range(12), range(500, 509))
    schedule(base_lr=0.3, arguments=usual, steps=19, asked=[])
    schedule(base_lr=0.2, arguments=full, steps=10, asked=asked, turns=2, company=usual)
    schedule(base_lr=0.1, arguments={**full, "step_size_up": 5, "step_size_down": 2}, steps=9, asked=asked)
    schedule(base_lr=0.1, arguments={**full, "step_size_up": 1, "step_size_down": 1}, steps=4, asked=[])


@pytest.mark.question("warmup_cosine_lr", points=4)
def test_warmup_cosine_lr(agree):
    """WarmupCosineLR climbs in warmup_steps, goes down half a cosine to eta_min, and stays down."""
    schedule = partial(agree, scenarios.schedule, rule="WarmupCosineLR")
    usual, full = {"warmup_steps": 4, "total_steps": 13}, {"warmup_steps": 5, "total_steps": 17, "eta_min": 0.1}
    asked = problems.shuffled(range(20), range(30, 33), range(500, 502))
    schedule(base_lr=0.8, arguments=usual, steps=18, asked=[])
    schedule(base_lr=0.5, arguments=full, steps=12, asked=asked, turns=2, company=usual)
    schedule(base_lr=0.5, arguments={"warmup_steps": 1, "total_steps": 3}, steps=4, asked=[])
