"""HW3: finding a learning rate."""

import itertools

import numpy as np
import torch


def to_numpy(tensor):
    return tensor.detach().cpu().numpy().copy()


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    tensors = list(model.parameters()) + list(model.buffers())
    backup = [to_numpy(t) for t in tensors]
    lr = optimizer.lr

    grid = np.geomspace(lr_min, lr_max, num_steps)
    losses = np.full(num_steps, np.nan)
    count = 0
    model.train()
    stream = itertools.cycle(batches)
    for i in range(num_steps):
        x, y = next(stream)
        optimizer.lr = float(grid[i])
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        losses[i] = loss.item()
        count = i + 1
        if not np.isfinite(losses[i]) or losses[i] > divergence * losses[:count].min():
            break
        loss.backward()
        optimizer.step()

    with torch.no_grad():
        for t, array in zip(tensors, backup):
            t.copy_(torch.from_numpy(array))
    optimizer.lr = lr
    return grid[:count].tolist(), losses[:count].tolist()


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
    slope = np.gradient(smooth(losses), np.log10(lrs))
    return float(lrs[np.argmin(slope)])


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
