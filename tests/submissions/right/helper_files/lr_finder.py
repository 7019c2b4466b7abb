"""The finder; averages and rates are in tools/, and so is what is put back."""

from itertools import cycle
from math import isfinite

from tools.averages import corrected, moving_average
from tools.backup import put_back, remember
from tools.rates import geometric, steepest_fall


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    before = remember(model)
    old_lr = optimizer.lr
    lrs, losses = [], []
    model.train()
    for lr, (x, y) in zip(geometric(lr_min, lr_max, num_steps), cycle(batches)):
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(model, before)
    optimizer.lr = old_lr
    return lrs, losses


def smooth(losses, beta=0.9):
    average, smoothed = 0.0, []
    for t, loss in enumerate(losses, 1):
        average = moving_average(average, loss, beta)
        smoothed.append(corrected(average, beta, t))
    return smoothed


def suggest_lr(lrs, losses):
    finite = [i for i, loss in enumerate(losses) if isfinite(loss)]
    rates = [lrs[i] for i in finite]
    return rates[steepest_fall(rates, smooth([losses[i] for i in finite]))]


def diagnose(losses):
    if not all(isfinite(loss) for loss in losses):
        return "too high"
    first, curve = losses[0], smooth(losses)
    rises = [loss - min(curve[:i]) for i, loss in enumerate(losses) if i > 0]
    if max(rises, default=0.0) > first / 3 or curve[-1] > 1.1 * first:
        return "too high"
    return "good" if curve[-1] < 0.9 * first else "too low"
