# -*- coding: utf-8 -*-
# Übung 3 – Lernratensuche: für jede Schrittweite η ein Schritt
import copy
import math


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # Zustand merken (tief kopieren, sonst ändert er sich mit!)
    zustand = copy.deepcopy(model.state_dict())
    alte_lr = optimizer.lr
    war_training = model.training

    model.train()
    lrs, losses = [], []
    faktor = (lr_max / lr_min) ** (1 / (num_steps - 1))
    lr = lr_min
    it = iter(batches)
    for i in range(num_steps):
        try:
            x, y = next(it)
        except StopIteration:
            # von vorn
            it = iter(batches)
            x, y = next(it)
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(float(loss))
        if not math.isfinite(losses[-1]):
            break
        if losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
        lr = lr * faktor

    # alles zurück
    model.load_state_dict(zustand)
    model.train(war_training)
    optimizer.lr = alte_lr
    return lrs, losses


def smooth(losses, beta=0.9):
    # gewichtetes Mittel, direkt ausgerechnet: Gewichte β^(i-j)
    geglättet = []
    zähler = nenner = 0.0
    for loss in losses:
        zähler = beta * zähler + loss
        nenner = beta * nenner + 1.0
        geglättet.append(zähler / nenner)
    return geglättet


def suggest_lr(lrs, losses):
    paare = [(lr, l) for lr, l in zip(lrs, losses) if math.isfinite(l)]
    x = [math.log10(lr) for lr, _ in paare]
    y = smooth([l for _, l in paare])
    # zentrale Differenzen, am Rand einseitig
    steigung = []
    n = len(x)
    for i in range(n):
        a = i - 1 if i > 0 else 0
        b = i + 1 if i < n - 1 else n - 1
        steigung.append((y[b] - y[a]) / (x[b] - x[a]))
    i = steigung.index(min(steigung))
    return paare[i][0]


def diagnose(losses):
    if any(not math.isfinite(l) for l in losses):
        return "too high"
    anfang = losses[0]
    mittel = smooth(losses)
    for i in range(1, len(losses)):
        # Ausreißer über dem bisherigen Tiefpunkt
        if losses[i] - min(mittel[:i]) > 0.33 * anfang:
            return "too high"
    if mittel[-1] > 1.1 * anfang:
        return "too high"
    if mittel[-1] > 0.9 * anfang:
        return "too low"
    return "good"
