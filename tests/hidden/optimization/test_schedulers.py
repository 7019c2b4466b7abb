"""The hidden checks of the schedulers: step by step as usual, then every argument, asked in any order."""

import problems
import pytest
import scenarios


@pytest.mark.question("step_lr", points=2)
def test_step_lr(agree):
    """StepLR multiplies the rate by gamma every step_size steps, not in between, whatever t is asked for."""
    agree(scenarios.schedule, rule="StepLR", base_lr=0.8, arguments={"step_size": 4}, steps=14, asked=[])
    asked = problems.shuffled(range(14), range(60, 66))
    arguments = {"step_size": 3, "gamma": 0.7}
    agree(scenarios.schedule, rule="StepLR", base_lr=0.5, arguments=arguments, steps=8, asked=asked, turns=2)


@pytest.mark.question("exponential_lr", points=2)
def test_exponential_lr(agree):
    """ExponentialLR multiplies the rate by gamma at every step, whatever t is asked for."""
    arguments = {"gamma": 0.9}
    agree(scenarios.schedule, rule="ExponentialLR", base_lr=0.8, arguments=arguments, steps=14, asked=[])
    call = {"arguments": {"gamma": 0.7}, "steps": 6, "turns": 2}
    asked = problems.shuffled(range(10), range(30, 33))
    agree(scenarios.schedule, rule="ExponentialLR", base_lr=0.5, asked=asked, **call)


@pytest.mark.question("cosine_annealing_lr", points=2)
def test_cosine_annealing_lr(agree):
    """CosineAnnealingLR goes down half a cosine, from the base rate to eta_min at T_max."""
    arguments = {"T_max": 9}
    agree(scenarios.schedule, rule="CosineAnnealingLR", base_lr=0.8, arguments=arguments, steps=9, asked=[])
    asked = problems.shuffled(range(15))
    call = {"arguments": {"T_max": 14, "eta_min": 0.1}, "steps": 14, "turns": 3}
    agree(scenarios.schedule, rule="CosineAnnealingLR", base_lr=0.5, asked=asked, **call)


@pytest.mark.question("warm_restarts", points=4)
def test_warm_restarts(agree):
    """CosineAnnealingWarmRestarts starts again at the base rate, T_mult times later each time, down to eta_min."""
    call = {"arguments": {"T_0": 4}, "steps": 17, "asked": []}
    agree(scenarios.schedule, rule="CosineAnnealingWarmRestarts", base_lr=0.8, **call)
    # Cycles begin at 3, 9, 21, 45, 93; and at 2, 8, 26, 80 for T_mult = 3.
    call = {"arguments": {"T_0": 3, "T_mult": 2, "eta_min": 0.1}, "steps": 47, "turns": 2}
    asked = problems.shuffled(range(4), range(8, 11), range(20, 23), range(44, 47), range(91, 95))
    agree(scenarios.schedule, rule="CosineAnnealingWarmRestarts", base_lr=0.5, asked=asked, **call)
    call = {"arguments": {"T_0": 2, "T_mult": 3, "eta_min": 0.05}, "steps": 9, "turns": 1}
    asked = problems.shuffled(range(1, 4), range(7, 10), range(25, 28), range(79, 82))
    agree(scenarios.schedule, rule="CosineAnnealingWarmRestarts", base_lr=0.4, asked=asked, **call)


@pytest.mark.question("cyclic_lr", points=4)
def test_cyclic_lr(agree):
    """CyclicLR climbs to max_lr and comes down, in as many steps or in step_size_down, whatever t is asked for."""
    call = {"arguments": {"max_lr": 0.9, "step_size_up": 4}, "steps": 19, "asked": []}
    agree(scenarios.schedule, rule="CyclicLR", base_lr=0.3, **call)
    asked = problems.shuffled(range(12), range(500, 509))
    call = {"arguments": {"max_lr": 0.8, "step_size_up": 3, "step_size_down": 5}, "steps": 10, "turns": 2}
    agree(scenarios.schedule, rule="CyclicLR", base_lr=0.2, asked=asked, **call)
    call = {"arguments": {"max_lr": 0.8, "step_size_up": 5, "step_size_down": 2}, "steps": 9, "turns": 1}
    agree(scenarios.schedule, rule="CyclicLR", base_lr=0.1, asked=asked, **call)


@pytest.mark.question("warmup_cosine_lr", points=4)
def test_warmup_cosine_lr(agree):
    """WarmupCosineLR climbs in warmup_steps, goes down half a cosine to eta_min, and stays down."""
    call = {"arguments": {"warmup_steps": 4, "total_steps": 13}, "steps": 18, "asked": []}
    agree(scenarios.schedule, rule="WarmupCosineLR", base_lr=0.8, **call)
    asked = problems.shuffled(range(20), range(30, 33), range(500, 502))
    call = {"arguments": {"warmup_steps": 5, "total_steps": 17, "eta_min": 0.1}, "steps": 12, "turns": 2}
    agree(scenarios.schedule, rule="WarmupCosineLR", base_lr=0.5, asked=asked, **call)
