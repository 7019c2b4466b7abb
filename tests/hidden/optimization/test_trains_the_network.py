"""The hidden checks that train: the lab's network, with one optimizer or schedule of the student's at a time."""

import convergence_scenarios
import pytest


@pytest.mark.question("sgd", points=2)
def test_sgd_trains_the_network(trains):
    """SGD trains the network: the reference's losses at first, and the accuracy asked for in the end."""
    trains(convergence_scenarios)


@pytest.mark.question("momentum", points=2)
def test_momentum_trains_the_network(trains):
    """Momentum trains the network: the reference's losses at first, and the accuracy asked for in the end."""
    trains(convergence_scenarios)


@pytest.mark.question("nesterov", points=2)
def test_nesterov_trains_the_network(trains):
    """Nesterov trains the network: the reference's losses at first, and the accuracy asked for in the end."""
    trains(convergence_scenarios)


@pytest.mark.question("rmsprop", points=2)
def test_rmsprop_trains_the_network(trains):
    """RMSprop trains the network: the reference's losses at first, and the accuracy asked for in the end."""
    trains(convergence_scenarios)


@pytest.mark.question("adam", points=2)
def test_adam_trains_the_network(trains):
    """Adam trains the network: the reference's losses at first, and the accuracy asked for in the end."""
    trains(convergence_scenarios)


@pytest.mark.question("adamw", points=2)
def test_adamw_trains_the_network(trains):
    """AdamW trains the network: the reference's losses at first, and the accuracy asked for in the end."""
    trains(convergence_scenarios)


@pytest.mark.question("warmup_cosine_lr", points=2)
def test_warmup_cosine_lr_trains_the_network(trains):
    """WarmupCosineLR trains the network: the reference's losses at first, and the accuracy asked for in the end."""
    trains(convergence_scenarios)
