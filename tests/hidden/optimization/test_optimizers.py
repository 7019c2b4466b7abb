"""The hidden checks of the optimizers: a title that a student sees, a scenario, a problem."""

import problems
import pytest
import scenarios
from torch import float32, float64


@pytest.mark.question("sgd", points=2)
def test_sgd_follows_its_rule(agree):
    """SGD steps every kind of parameter against its gradient, with weight decay, at whatever rate is set."""
    agree(scenarios.trajectory, rule="SGD", **problems.first_steps(float32))
    agree(scenarios.trajectory, rule="SGD", **problems.settings(float32, weight_decay=0.5))
    agree(scenarios.trajectory, rule="SGD", **problems.hundred_steps(weight_decay=0.05))
    agree(scenarios.side_by_side, rule="SGD", **problems.every_kind(weight_decay=0.5))


@pytest.mark.question("momentum", points=2)
def test_momentum_follows_its_rule(agree):
    """Momentum builds up its velocity from the first step on, at any setting and a changing rate."""
    agree(scenarios.trajectory, rule="Momentum", **problems.first_steps(float32))
    agree(scenarios.trajectory, rule="Momentum", **problems.first_steps(float64))
    agree(scenarios.trajectory, rule="Momentum", **problems.first_steps(float64, momentum=0.0))
    hyper = {"momentum": 0.6, "weight_decay": 0.5}
    agree(scenarios.trajectory, rule="Momentum", **problems.settings(float32, **hyper))
    agree(scenarios.trajectory, rule="Momentum", **problems.hundred_steps(momentum=0.7, weight_decay=0.05))


@pytest.mark.question("momentum", points=1)
def test_momentum_takes_every_kind_of_parameter(agree):
    """Momentum keeps a velocity for each parameter of each optimizer, and skips those without a gradient."""
    agree(scenarios.side_by_side, rule="Momentum", **problems.every_kind(weight_decay=0.5))


@pytest.mark.question("nesterov", points=2)
def test_nesterov_follows_its_rule(agree):
    """Nesterov looks ahead along the new velocity, at any setting and a changing rate."""
    agree(scenarios.trajectory, rule="Nesterov", **problems.first_steps(float32))
    agree(scenarios.trajectory, rule="Nesterov", **problems.first_steps(float64))
    hyper = {"momentum": 0.6, "weight_decay": 0.5}
    agree(scenarios.trajectory, rule="Nesterov", **problems.settings(float32, **hyper))
    agree(scenarios.trajectory, rule="Nesterov", **problems.hundred_steps(momentum=0.7, weight_decay=0.05))


@pytest.mark.question("nesterov", points=1)
def test_nesterov_takes_every_kind_of_parameter(agree):
    """Nesterov keeps a velocity for each parameter of each optimizer, and skips those without a gradient."""
    agree(scenarios.side_by_side, rule="Nesterov", **problems.every_kind(weight_decay=0.5))


@pytest.mark.question("rmsprop", points=2)
def test_rmsprop_follows_its_rule(agree):
    """RMSprop divides by the root of its running average, at any setting and a changing rate."""
    agree(scenarios.trajectory, rule="RMSprop", **problems.first_steps(float32))
    agree(scenarios.trajectory, rule="RMSprop", **problems.first_steps(float64))
    hyper = {"alpha": 0.8, "eps": 1e-2}
    agree(scenarios.trajectory, rule="RMSprop", **problems.settings(float32, **hyper))
    agree(scenarios.trajectory, rule="RMSprop", **problems.hundred_steps(alpha=0.9, eps=1e-3))


@pytest.mark.question("rmsprop", points=1)
def test_rmsprop_takes_every_kind_of_parameter(agree):
    """RMSprop keeps an average for each parameter of each optimizer, and skips those without a gradient."""
    agree(scenarios.side_by_side, rule="RMSprop", **problems.every_kind(alpha=0.4))


@pytest.mark.question("adam", points=2)
def test_adam_follows_its_rule(agree):
    """Adam corrects the bias of both moments from the first step on, with the default settings."""
    agree(scenarios.trajectory, rule="Adam", **problems.first_steps(float32))
    agree(scenarios.trajectory, rule="Adam", **problems.first_steps(float64))
    agree(scenarios.trajectory, rule="Adam", **problems.first_steps(float64, betas=(0.0, 0.4), eps=0.0))


@pytest.mark.question("adam", points=2)
def test_adam_heeds_its_settings(agree):
    """Adam heeds betas, eps, weight decay and a changing rate, also with tiny and huge gradients."""
    hyper = {"betas": (0.7, 0.9), "eps": 1e-2, "weight_decay": 0.5}
    agree(scenarios.trajectory, rule="Adam", **problems.settings(float32, **hyper))
    hyper = {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.05}
    agree(scenarios.trajectory, rule="Adam", **problems.hundred_steps(**hyper))


@pytest.mark.question("adam", points=1)
def test_adam_takes_every_kind_of_parameter(agree):
    """Adam keeps moments and a step count for each parameter, and skips those without a gradient."""
    agree(scenarios.side_by_side, rule="Adam", **problems.every_kind(betas=(0.8, 0.9), weight_decay=0.5))


@pytest.mark.question("adamw", points=3)
def test_adamw_follows_its_rule(agree):
    """AdamW is Adam with decoupled decay, at any setting and a changing rate."""
    agree(scenarios.trajectory, rule="AdamW", **problems.first_steps(float32))
    agree(scenarios.trajectory, rule="AdamW", **problems.first_steps(float64))
    agree(scenarios.trajectory, rule="AdamW", **problems.first_steps(float64, weight_decay=0.0))
    hyper = {"betas": (0.7, 0.9), "eps": 1e-2, "weight_decay": 0.5}
    agree(scenarios.trajectory, rule="AdamW", **problems.settings(float32, **hyper))
    hyper = {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.05}
    agree(scenarios.trajectory, rule="AdamW", **problems.hundred_steps(**hyper))


@pytest.mark.question("adamw", points=1)
def test_adamw_takes_every_kind_of_parameter(agree):
    """AdamW decays every kind of parameter, with moments of its own, and skips those without a gradient."""
    agree(scenarios.side_by_side, rule="AdamW", **problems.every_kind(betas=(0.8, 0.9), weight_decay=0.5))


@pytest.mark.question("lookahead", points=2)
def test_lookahead_follows_its_rule(agree):
    """Lookahead pulls the slow weights, resets the fast ones, and passes on lr and zero_grad."""
    agree(scenarios.lookahead, **problems.wrapped(float32, 12))
    agree(scenarios.lookahead, **problems.wrapped(float64, 10, k=3, alpha=0.8), company=True)
    agree(scenarios.lookahead, **problems.wrapped(float32, 6, k=1, alpha=0.3))
    agree(scenarios.lookahead, **problems.wrapped(float32, 6, k=2, alpha=0.6))
