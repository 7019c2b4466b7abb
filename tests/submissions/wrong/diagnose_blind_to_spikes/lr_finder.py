# finder.py of my group, copied together
import math

import torch


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    ps, bs = list(model.parameters()), list(model.buffers())
    p0, b0 = [p.data.clone() for p in ps], [b.clone() for b in bs]
    lr0, was_training = optimizer.lr, model.training

    model.train()
    lrs, losses = [], []
    lo = math.inf
    bs_list = [b for b in batches]
    n = len(bs_list)
    for i in range(num_steps):
        xb, yb = bs_list[i % n]
        loss = loss_fn(model(xb), yb)
        l = loss.item()
        lr = math.exp(math.log(lr_min) + (math.log(lr_max) - math.log(lr_min)) * i / (num_steps - 1))
        lrs.append(lr)
        losses.append(l)
        lo = min(lo, l)
        if math.isnan(l) or math.isinf(l) or l > divergence * lo:
            break
        # zero_grad may stand anywhere before backward
        optimizer.zero_grad()
        loss.backward()
        optimizer.lr = lr
        optimizer.step()

    with torch.no_grad():
        for p, q in zip(ps, p0):
            p.copy_(q)
        for b, c in zip(bs, b0):
            b.copy_(c)
    optimizer.lr = lr0
    model.train(was_training)
    return lrs, losses


def smooth(losses, beta=0.9):
    out = []
    for n in range(1, len(losses) + 1):
        # the weights of all losses so far, newest first
        ws = [(1 - beta) * beta**k for k in range(n)]
        s = sum(w * losses[n - 1 - k] for k, w in enumerate(ws))
        out.append(s / (1 - beta**n))
    return out


def suggest_lr(lrs, losses):
    xs, values = [], []
    for lr, l in zip(lrs, losses):
        if not (math.isnan(l) or math.isinf(l)):
            xs.append(lr)
            values.append(l)
    # no call of smooth here, the same thing inline
    a, ys = 0.0, []
    for t, l in enumerate(values):
        a = 0.9 * a + 0.1 * l
        ys.append(a / (1 - 0.9 ** (t + 1)))
    lo, where = 0.0, 0
    for i in range(len(xs) - 1):
        d = (ys[i + 1] - ys[i]) / (math.log10(xs[i + 1]) - math.log10(xs[i]))
        if i == 0 or d < lo:
            lo, where = d, i
    return xs[where]


def diagnose(losses):
    for l in losses:
        if math.isnan(l) or math.isinf(l):
            return "too high"
    a = 0.0
    for t, l in enumerate(losses):
        a = 0.9 * a + 0.1 * l
        avg = a / (1 - 0.9 ** (t + 1))
    if avg > 1.1 * losses[0]:
        return "too high"
    if avg > 0.9 * losses[0]:
        return "too low"
    return "good"
