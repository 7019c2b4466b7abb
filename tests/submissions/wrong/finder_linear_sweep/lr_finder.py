"""Homework: LR range test (Smith)."""

from copy import deepcopy

import numpy as np


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    weights, lr, training = deepcopy(model.state_dict()), optimizer.lr, model.training
    lrs, losses = [], []
    batches = list(batches)
    model.train()
    for step in range(num_steps):
        images, labels = batches[step % len(batches)]
        optimizer.lr = lr_min + (lr_max - lr_min) * step / (num_steps - 1)
        optimizer.zero_grad()
        loss = loss_fn(model(images), labels)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not np.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(weights)
    model.train(training)
    optimizer.lr = lr
    return lrs, losses


def smooth(losses, beta=0.9):
    smoothed, avg = [], 0.0
    for i, loss in enumerate(losses):
        avg = beta * avg + (1 - beta) * loss
        smoothed.append(avg / (1 - beta ** (i + 1)))
    return smoothed


def suggest_lr(lrs, losses):
    pairs = [(lr, loss) for lr, loss in zip(lrs, losses) if np.isfinite(loss)]
    smoothed = smooth([loss for _, loss in pairs])
    gradient = np.gradient(smoothed, [np.log10(lr) for lr, _ in pairs])
    return pairs[int(np.argmin(gradient))][0]


def diagnose(losses):
    smoothed = smooth(losses)
    if not np.isfinite(smoothed).all():
        return "too high"
    best_so_far = np.minimum.accumulate(smoothed)
    worst_jump = max(np.array(losses[1:]) - best_so_far[:-1], default=0)
    if worst_jump > 0.3 * losses[0] or smoothed[-1] > 1.1 * losses[0]:
        return "too high"
    if smoothed[-1] > 0.9 * losses[0]:
        return "too low"
    return "good"
