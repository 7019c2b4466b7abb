"""Find a learning rate: sweep it, smooth the losses, read the curve. Losses are plain floats, in order."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import torch
from base import Optimizer
from torch import nn

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]
"""Pairs (inputs [N, …], targets [N])."""
LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""loss_fn(model(inputs), targets): a 0-d tensor, the mean over the batch."""


def lr_range_test(
    model: nn.Module,
    loss_fn: LossFunction,
    batches: Batches,
    optimizer: Optimizer,
    lr_min: float = 1e-5,
    lr_max: float = 1.0,
    num_steps: int = 100,
    divergence: float = 4.0,
) -> tuple[list[float], list[float]]:
    """Train with a rate that grows at every step (Smith, 2017) and return (lrs, losses), two equal lists.

    The rate of step i = 0, …, num_steps - 1 is lr_min·(lr_max / lr_min)^(i / (num_steps - 1)), so both
    ends are tested; num_steps ≥ 2. Step i, in train mode:

    1. take the next batch (start over when they run out) and zero the gradients;
    2. compute the loss; record the rate and the raw loss;
    3. stop if the loss is not finite or exceeds divergence times the lowest so far: the pair just recorded
       stays, and no update follows;
    4. else go backward and take one optimizer step at that rate.

    Afterwards the model's parameters and buffers, its train/eval mode and `optimizer.lr` are as before.

    >>> from optimizers import SGD
    >>> model = nn.Linear(1, 1, bias=False)
    >>> _ = nn.init.zeros_(model.weight)
    >>> batches = [(torch.ones(1, 1), torch.ones(1, 1))]
    >>> sgd = SGD(model.parameters(), lr=0.5)
    >>> lrs, losses = lr_range_test(model, nn.MSELoss(), batches, sgd, lr_min=0.01, num_steps=3)
    >>> [round(lr, 4) for lr in lrs], [round(loss, 4) for loss in losses]
    ([0.01, 0.1, 1.0], [1.0, 0.9604, 0.6147])
    >>> model.weight.item(), sgd.lr
    (0.0, 0.5)
    """
    raise NotImplementedError("lr_range_test")


def smooth(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The exponential moving average of the losses, with bias correction as in Adam.

        a ← beta·a + (1 - beta)·loss        a starts at 0
        the i-th value is a / (1 - betaⁱ)   i = 1, 2, …

    >>> smooth([4.0, 1.0, 1.0], beta=0.5)
    [4.0, 2.0, 1.4285714285714286]
    """
    raise NotImplementedError("smooth")


def suggest_lr(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The tested rate at which the smoothed loss falls fastest per decade of rate.

    That is where d smooth(loss) / d log₁₀(lr) is lowest; values that are not finite are left out. A
    factor of 2 either way is accepted. At least two finite losses are needed.

    >>> lrs = [10 ** (i / 10 - 4) for i in range(41)]           # 1e-4 … 1, ten rates a decade
    >>> losses = [2.0 if lr < 0.001 else 1.0 for lr in lrs]     # one drop, at 1e-3
    >>> 0.0005 <= suggest_lr(lrs, losses) <= 0.002
    True
    """
    raise NotImplementedError("suggest_lr")


def diagnose(losses: Sequence[float]) -> Literal["too high", "too low", "good"]:
    """Read a training curve, one loss a step, first step first: was the learning rate right?

    "too high"  spikes, growth, or a value that is not finite
    "too low"   none of these, and hardly any fall from the start to the end
    "good"      otherwise

    >>> diagnose([2.3, 1.9, float("nan")])
    'too high'
    >>> diagnose([2.3 - 0.0005 * step for step in range(50)])
    'too low'
    >>> diagnose([2.3 * 0.95 ** step for step in range(50)])
    'good'
    """
    raise NotImplementedError("diagnose")
