"""Your optimizers against torch.optim: the same start and the same gradients must lead the same way."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import torch
from base import Optimizer

FIRST_STEP = [0.1]
STEADY = [0.1] * 6
CHANGING = [0.1, 0.1, 0.02, 0.02, 0.5, 0.5]

torch_momentum = partial(torch.optim.SGD, momentum=0.9)
torch_nesterov = partial(torch.optim.SGD, momentum=0.9, nesterov=True)


def test_sgd_first_step(optimizers):
    """SGD goes down the gradient."""
    compare(optimizers("SGD"), torch.optim.SGD, FIRST_STEP)


def test_sgd_uses_the_present_rate(optimizers):
    """SGD uses the learning rate of the moment."""
    compare(optimizers("SGD"), torch.optim.SGD, CHANGING)


def test_sgd_decays_weights(optimizers):
    """SGD adds the weight decay to the gradient."""
    compare(optimizers("SGD"), torch.optim.SGD, STEADY, weight_decay=0.5)


def test_momentum_first_step(optimizers):
    """The first step of momentum is that of SGD."""
    compare(optimizers("Momentum"), torch_momentum, FIRST_STEP)


def test_momentum_keeps_its_velocity(optimizers):
    """Momentum remembers its velocity, and the rate stays outside it."""
    compare(optimizers("Momentum"), torch_momentum, CHANGING)


def test_momentum_decays_weights(optimizers):
    """Momentum adds the weight decay to the gradient."""
    compare(optimizers("Momentum"), torch_momentum, STEADY, momentum=0.5, weight_decay=0.5)


def test_nesterov_first_step(optimizers):
    """The first step of Nesterov's momentum already looks ahead."""
    compare(optimizers("Nesterov"), torch_nesterov, FIRST_STEP)


def test_nesterov_keeps_its_velocity(optimizers):
    """Nesterov's momentum remembers its velocity, and the rate stays outside it."""
    compare(optimizers("Nesterov"), torch_nesterov, CHANGING)


def test_nesterov_decays_weights(optimizers):
    """Nesterov's momentum adds the weight decay to the gradient."""
    compare(optimizers("Nesterov"), torch_nesterov, STEADY, momentum=0.5, weight_decay=0.5)


def test_rmsprop_first_step(optimizers):
    """RMSprop divides by the root of an average that starts at zero."""
    compare(optimizers("RMSprop"), torch.optim.RMSprop, FIRST_STEP)


def test_rmsprop_keeps_its_average(optimizers):
    """RMSprop remembers its average, and uses the learning rate of the moment."""
    compare(optimizers("RMSprop"), torch.optim.RMSprop, CHANGING)


def test_rmsprop_uses_alpha_and_eps(optimizers):
    """RMSprop uses the alpha and the eps that it was given."""
    compare(optimizers("RMSprop"), torch.optim.RMSprop, STEADY, alpha=0.5, eps=0.1)


def test_adam_first_step(optimizers):
    """Adam corrects the bias of both averages at the first step."""
    compare(optimizers("Adam"), torch.optim.Adam, FIRST_STEP)


def test_adam_keeps_its_averages(optimizers):
    """Adam remembers both averages and its step, and uses the learning rate of the moment."""
    compare(optimizers("Adam"), torch.optim.Adam, CHANGING)


def test_adam_decays_weights(optimizers):
    """Adam adds the weight decay to the gradient."""
    compare(optimizers("Adam"), torch.optim.Adam, STEADY, betas=(0.5, 0.9), weight_decay=0.5)


def test_adamw_first_step(optimizers):
    """AdamW shrinks the weights by lr·weight_decay, then steps like Adam."""
    compare(optimizers("AdamW"), torch.optim.AdamW, FIRST_STEP)


def test_adamw_keeps_its_averages(optimizers):
    """AdamW remembers both averages and its step, and uses the learning rate of the moment."""
    compare(optimizers("AdamW"), torch.optim.AdamW, CHANGING)


def test_adamw_decays_weights(optimizers):
    """AdamW keeps the decay out of the averages."""
    compare(optimizers("AdamW"), torch.optim.AdamW, STEADY, betas=(0.5, 0.9), weight_decay=0.5)


def test_lookahead_returns_to_the_slow_weights(optimizers):
    """Every k-th step moves the slow weights by alpha of the way and takes the fast ones back to them."""
    param = torch.zeros(1)
    optimizer = optimizers("Lookahead")(Downhill([param], lr=1.0), k=2, alpha=0.25)
    walk(optimizer, param, expected=[-1.0, -0.5, -1.5, -1.0, -2.0, -1.5])


def test_lookahead_hands_its_rate_on(optimizers):
    """A learning rate that is set on Lookahead reaches the wrapped optimizer."""
    param = torch.zeros(1)
    optimizer = optimizers("Lookahead")(Downhill([param], lr=1.0), k=5)
    optimizer.lr = 0.25
    walk(optimizer, param, expected=[-0.25, -0.5])


# How they compare.

START = {"weight": [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], "bias": [0.5, -0.5], "scale": 2.0}


def compare(
    rule: Callable[..., Optimizer],
    torch_rule: Callable[..., torch.optim.Optimizer],
    rates: Sequence[float],
    **hyper: Any,
) -> None:
    """Drive both over the same random gradients, one step for each rate; every parameter must agree."""
    ours, theirs = parameters(), parameters()
    optimizer = rule(list(ours.values()), lr=rates[0], **hyper)
    torch_optimizer = torch_rule(list(theirs.values()), lr=rates[0], **hyper)
    random = torch.Generator().manual_seed(0)
    for step, rate in enumerate(rates, start=1):
        optimizer.lr = torch_optimizer.param_groups[0]["lr"] = rate
        before = {name: param.detach().clone() for name, param in ours.items()}
        for name in START:
            grad = torch.randn(ours[name].shape, generator=random)
            ours[name].grad, theirs[name].grad = grad.clone(), grad.clone()
        optimizer.step()
        torch_optimizer.step()
        for name in START:
            got, expected = ours[name].detach(), theirs[name].detach()
            if not torch.allclose(got, expected, rtol=1e-5, atol=1e-6):
                worst = torch.unravel_index((got - expected).abs().argmax(), got.shape)
                hint = "\nIt has not moved: change `param` in place." * torch.equal(got, before[name])
                pytest.fail(
                    f"step {step}, learning rate {rate}, parameter {name!r}{[int(i) for i in worst]}: "
                    f"expected {expected[worst]:.6g}, got {got[worst]:.6g}{hint}",
                    pytrace=False,
                )


def parameters() -> dict[str, torch.Tensor]:
    return {name: torch.tensor(values, requires_grad=True) for name, values in START.items()}


class Downhill(Optimizer):
    """The simplest optimizer to wrap, so that these checks need none of yours."""

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        param -= self.lr * grad


def walk(optimizer: Optimizer, param: torch.Tensor, expected: Sequence[float]) -> None:
    """With a gradient of 1 at every step, `param` must pass through the expected values."""
    for step, value in enumerate(expected, start=1):
        param.grad = torch.ones(1)
        optimizer.step()
        if abs(param.item() - value) > 1e-6:
            pytest.fail(f"step {step}: expected {value}, got {param.item()}", pytrace=False)
