"""Small functions that call each other."""

import math
from itertools import cycle

import torch


def save(model, optimizer):
    return [t.detach().clone() for t in tensors(model)], model.training, optimizer.lr


def load(model, optimizer, saved):
    values, training, lr = saved
    with torch.no_grad():
        for t, value in zip(tensors(model), values):
            t.copy_(value)
    model.train(training)
    optimizer.lr = lr


def tensors(model):
    return [*model.parameters(), *model.buffers()]


def explodes(losses, divergence):
    return not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses)


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = save(model, optimizer)
    lrs, losses = [], []
    model.train()
    try:
        for i, (x, y) in enumerate(cycle(batches)):
            if i == num_steps:
                break
            optimizer.zero_grad()
            optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
            loss = loss_fn(model(x), y)
            lrs.append(optimizer.lr)
            losses.append(loss.item())
            if explodes(losses, divergence):
                break
            loss.backward()
            optimizer.step()
    finally:
        load(model, optimizer, saved)
    return lrs, losses


def smooth(losses, beta=0.9):
    a, out = 0.0, []
    for i, loss in enumerate(losses, start=1):
        a = beta * a + (1 - beta) * loss
        out.append(a / (1 - beta**i))
    return out


def slopes(lrs, losses):
    curve = smooth(losses)
    return [(curve[i + 1] - curve[i]) / math.log10(lrs[i + 1] / lrs[i]) for i in range(len(curve) - 1)]


def suggest_lr(lrs, losses):
    good = [i for i in range(len(losses)) if math.isfinite(losses[i])]
    lrs, losses = [lrs[i] for i in good], [losses[i] for i in good]
    slope = slopes(lrs, losses)
    return lrs[slope.index(min(slope)) + 1]


def spikes(losses):
    curve = smooth(losses)
    return any(losses[i] - min(curve[:i]) > 0.3 * losses[0] for i in range(1, len(losses)))


def fall(losses):
    """In parts of the first loss; negative where the curve grew."""
    return 1 - smooth(losses)[-1] / losses[0]


def diagnose(losses):
    if not all(math.isfinite(loss) for loss in losses) or spikes(losses) or fall(losses) < -0.1:
        return "too high"
    return "too low" if fall(losses) < 0.1 else "good"
