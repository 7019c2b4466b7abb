"""Learning-rate finder. What must be put back is kept in a dictionary keyed by the tensor itself."""

from contextlib import contextmanager
from math import isfinite, log10

import numpy as np
import torch


@contextmanager
def everything_restored(model, optimizer):
    saved = {t: t.detach().clone() for t in [*model.parameters(), *model.buffers()]}
    modes = {m: m.training for m in model.modules()}
    lr = optimizer.lr
    try:
        yield
    finally:
        with torch.no_grad():
            for t, value in saved.items():
                t.copy_(value)
        for m, mode in modes.items():
            m.training = mode
        optimizer.lr = lr


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    curve = {}  # step -> (rate, loss)
    batches = list(batches)
    with everything_restored(model, optimizer):
        model.train()
        for i, lr in enumerate(np.logspace(log10(lr_min), log10(lr_max), num_steps).tolist()):
            x, y = batches[i % len(batches)]
            optimizer.lr = lr
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            curve[i] = lr, loss.item()
            lowest = min(value for _, value in curve.values())
            if not isfinite(curve[i][1]) or curve[i][1] > divergence * lowest:
                break
            loss.backward()
            optimizer.step()
    return [lr for lr, _ in curve.values()], [value for _, value in curve.values()]


def smooth(losses, beta=0.9):
    averages = [0.0]
    for loss in losses:
        averages.append(beta * averages[-1] + (1 - beta) * loss)
    return [average / (1 - beta**t) for t, average in enumerate(averages) if t > 0]


def suggest_lr(lrs, losses):
    finite = {lr: loss for lr, loss in zip(lrs, losses) if isfinite(loss)}
    smoothed = dict(zip(finite, smooth(list(finite.values()))))
    rates = list(smoothed)
    fall = {
        lr: (smoothed[before] - smoothed[lr]) / log10(lr / before) for before, lr in zip(rates, rates[1:])
    }
    return max(fall, key=fall.get)


def diagnose(losses):
    if not all(isfinite(loss) for loss in losses):
        return "too high"
    start, smoothed = losses[0], smooth(losses)
    signs = {
        "spike": any(loss - min(smoothed[:i]) > 0.3 * start for i, loss in enumerate(losses) if i),
        "growth": smoothed[-1] > 1.1 * start,
    }
    if any(signs.values()):
        return "too high"
    return {True: "too low", False: "good"}[smoothed[-1] > 0.9 * start]
