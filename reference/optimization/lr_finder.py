"""Find a learning rate: sweep it, smooth the losses, read the curve."""

from collections.abc import Callable, Iterable, Sequence
from itertools import cycle
from math import isfinite
from typing import Literal

import numpy as np
import torch
from base import Optimizer
from torch import nn

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]
LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


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
    """Train at rates that grow geometrically, until the loss explodes (Smith, 2017); then undo it all."""
    tensors = [*model.parameters(), *model.buffers()]
    saved = [tensor.detach().clone() for tensor in tensors]
    modes = [(module, module.training) for module in model.modules()]
    lr_before = optimizer.lr

    lrs: list[float] = []
    losses: list[float] = []
    rates = [lr_min * (lr_max / lr_min) ** (i / (num_steps - 1)) for i in range(num_steps)]
    try:
        model.train()
        # Batches may outlast the rates, and start over if they do not.
        for lr, (inputs, targets) in zip(rates, cycle(batches), strict=False):
            optimizer.lr = lr
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), targets)
            lrs.append(lr)
            losses.append(loss.item())
            if not isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
                break
            loss.backward()
            optimizer.step()
    finally:
        with torch.no_grad():
            for tensor, before in zip(tensors, saved, strict=True):
                tensor.copy_(before)
        for module, mode in modes:
            module.training = mode
        optimizer.lr = lr_before
    return lrs, losses


def smooth(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """Exponential moving average; after t values its weights add up to 1 - betaᵗ, so divide by that."""
    average, smoothed = 0.0, []
    for t, loss in enumerate(losses, start=1):
        average = beta * average + (1 - beta) * loss
        smoothed.append(average / (1 - beta**t))
    return smoothed


def suggest_lr(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """Where the smoothed loss falls fastest per decade: not its minimum, where it is about to turn."""
    finite = [(lr, loss) for lr, loss in zip(lrs, losses, strict=True) if isfinite(loss)]
    if len(finite) < 2:
        raise ValueError("suggest_lr needs at least two finite losses")
    rates, values = zip(*finite, strict=True)
    slope = np.gradient(smooth(values), np.log10(rates))
    return float(rates[slope.argmin()])


def diagnose(losses: Sequence[float]) -> Literal["too high", "too low", "good"]:
    """In parts of the first loss: a spike of 0.3 or growth of 0.1 is too high, a fall under 0.1 too low."""
    if not all(isfinite(loss) for loss in losses):
        return "too high"
    start, smoothed = losses[0], smooth(losses)
    lowest_before = np.minimum.accumulate(smoothed[:-1])
    if (losses[1:] - lowest_before > 0.3 * start).any() or smoothed[-1] > 1.1 * start:
        return "too high"
    return "too low" if smoothed[-1] > 0.9 * start else "good"
