"""LR finder with numpy arrays."""

import itertools

import numpy as np
import torch


def to_numpy(tensor):
    return tensor.detach().cpu().numpy().copy()


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    tensors = list(model.parameters()) + list(model.buffers())
    before = [to_numpy(t) for t in tensors]
    lr, training = optimizer.lr, model.training

    rates = np.geomspace(lr_min, lr_max, num_steps)
    losses = np.full(num_steps, np.nan)
    done = 0
    model.train()
    endless = itertools.cycle(batches)
    for i in range(num_steps):
        x, y = next(endless)
        optimizer.lr = float(rates[i])
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        losses[i] = loss.item()
        done = i + 1
        if not np.isfinite(losses[i]) or losses[i] > divergence * losses[:done].min():
            break
        loss.backward()
        optimizer.step()

    with torch.no_grad():
        for t, array in zip(tensors, before):
            t.copy_(torch.from_numpy(array))
    model.train(training)
    optimizer.lr = lr
    return rates[:done].tolist(), losses[:done].tolist()


def smooth(losses, beta=0.9):
    losses = np.asarray(losses, dtype=float)
    averages = np.empty_like(losses)
    a = 0.0
    for i, value in enumerate(losses):
        a = beta * a + (1 - beta) * value
        averages[i] = a
    t = np.arange(1, len(losses) + 1)
    return (averages / (1 - np.power(float(beta), t))).tolist()


def suggest_lr(lrs, losses):
    lrs, losses = np.asarray(lrs, dtype=float), np.asarray(losses, dtype=float)
    keep = np.isfinite(losses)
    lrs, losses = lrs[keep], losses[keep]
    return float(lrs[np.argmin(smooth(losses))])


def diagnose(losses):
    losses = np.asarray(losses, dtype=float)
    if not np.isfinite(losses).all():
        return "too high"
    curve = np.array(smooth(losses))
    low = np.minimum.accumulate(curve)
    if np.any(losses[1:] > low[:-1] + 0.4 * losses[0]):
        return "too high"
    change = curve[-1] / losses[0] - 1
    if change > 0.1:
        return "too high"
    return "too low" if change > -0.1 else "good"
