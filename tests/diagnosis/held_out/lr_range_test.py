import contextlib
import copy
import itertools
import math

import numpy as np
import torch
from base import Optimizer
from torch import nn


def endless(batches):
    while True:
        yield from batches


def snapshot(model):
    tensors = list(model.parameters()) + list(model.buffers())
    return tensors, [x.detach().clone() for x in tensors], [(m, m.training) for m in model.modules()]


def put_back(saved):
    tensors, values, modes = saved
    with torch.no_grad():
        for tensor, value in zip(tensors, values):
            tensor.copy_(value)
    for module, mode in modes:
        module.training = mode


# ---------------------------------------------------------------- the known mistakes
def LinearSweep(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    old_state = copy.deepcopy(model.state_dict())
    old_lr = optimizer.lr
    was_training = model.training
    model.train()
    lrs, losses = [], []
    best = float("inf")
    it = iter(batches)
    for lr in np.linspace(lr_min, lr_max, num_steps):
        try:
            x, y = next(it)
        except StopIteration:
            it = iter(batches)
            x, y = next(it)
        optimizer.lr = float(lr)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(float(lr))
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    model.load_state_dict(old_state)
    model.train(was_training)
    optimizer.lr = old_lr
    return lrs, losses


def EndMissed(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    lr_before = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        rate = lr_min * (lr_max / lr_min) ** (i / num_steps)
        optimizer.lr = rate
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        value = loss.item()
        lrs.append(rate)
        losses.append(value)
        if not math.isfinite(value) or value > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = lr_before
    return lrs, losses


def StartMissed(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    params = {n: p.detach().clone() for n, p in model.named_parameters()}
    buffers = {n: b.detach().clone() for n, b in model.named_buffers()}
    mode = model.training
    original = optimizer.lr
    mult = (lr_max / lr_min) ** (1 / num_steps)
    lr = lr_min
    lrs = []
    losses = []
    model.train()
    for x, y in itertools.islice(itertools.cycle(batches), num_steps):
        lr *= mult
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.detach().tolist())
        if math.isnan(losses[-1]) or math.isinf(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        for n, p in model.named_parameters():
            p.copy_(params[n])
        for n, b in model.named_buffers():
            b.copy_(buffers[n])
    model.train(mode)
    optimizer.lr = original
    return lrs, losses


def RecordsSmoothed(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    backup = copy.deepcopy(model.state_dict())
    training, lr0 = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    avg, best, beta = 0.0, math.inf, 0.98
    data = endless(batches)
    for i in range(num_steps):
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        inputs, targets = next(data)
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        avg = beta * avg + (1 - beta) * loss.item()
        smoothed = avg / (1 - beta ** (i + 1))
        lrs.append(lr)
        losses.append(smoothed)
        if not math.isfinite(smoothed) or smoothed > divergence * best:
            break
        if smoothed < best:
            best = smoothed
        loss.backward()
        optimizer.step()
    model.load_state_dict(backup)
    model.train(training)
    optimizer.lr = lr0
    return lrs, losses


def JudgesSmoothed(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    lr0 = optimizer.lr
    model.train()
    history = {"lr": [], "loss": []}
    ema = 0.0
    lowest = None
    stream = endless(batches)
    try:
        for i in range(num_steps):
            lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
            optimizer.lr = lr
            x, y = next(stream)
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            history["lr"].append(lr)
            history["loss"].append(loss.item())
            ema = 0.98 * ema + 0.02 * loss.item()
            smooth_loss = ema / (1 - 0.98 ** (i + 1))
            if not math.isfinite(loss.item()):
                break
            if lowest is not None and smooth_loss > divergence * lowest:
                break
            if lowest is None or smooth_loss < lowest:
                lowest = smooth_loss
            loss.backward()
            optimizer.step()
    finally:
        put_back(saved)
        optimizer.lr = lr0
    return history["lr"], history["loss"]


def SweepsDown(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = {k: v.clone() for k, v in model.state_dict().items()}
    was_training = model.training
    old = optimizer.lr
    model.train()
    rates = torch.logspace(math.log10(lr_max), math.log10(lr_min), num_steps, dtype=torch.float64).tolist()
    losses = []
    it = iter(batches)
    for rate in rates:
        batch = next(it, None)
        if batch is None:
            it = iter(batches)
            batch = next(it)
        optimizer.lr = rate
        optimizer.zero_grad()
        loss = loss_fn(model(batch[0]), batch[1])
        losses.append(loss.item())
        if not np.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    model.train(was_training)
    optimizer.lr = old
    return rates[: len(losses)], losses


def StartsAtOptimizersRate(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    lr_before = optimizer.lr
    factor = (lr_max / lr_min) ** (1 / (num_steps - 1))
    lrs, losses = [], []
    best = math.inf
    model.train()
    batch_source = endless(batches)
    for step in range(num_steps):
        x, y = next(batch_source)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        current = loss.item()
        lrs.append(optimizer.lr)
        losses.append(current)
        if not math.isfinite(current) or current > best * divergence:
            break
        best = min(best, current)
        loss.backward()
        optimizer.step()
        optimizer.lr *= factor
    put_back(saved)
    optimizer.lr = lr_before
    return lrs, losses


def RateRecordedAfterStep(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    backup = copy.deepcopy(model.state_dict())
    training = model.training
    old_lr = optimizer.lr
    growth = (lr_max / lr_min) ** (1 / (num_steps - 1))
    lr = lr_min
    lrs, losses = [], []
    model.train()
    for x, y in itertools.islice(endless(batches), num_steps):
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lr = lr * growth
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(backup)
    model.train(training)
    optimizer.lr = old_lr
    return lrs, losses


def RateNotSet(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        for group in getattr(optimizer, "param_groups", []):
            group["lr"] = lr
        x, y = next(data)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    put_back(saved)
    return lrs, losses


def RateSetAfterStep(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    initial_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        x, y = next(data)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
        optimizer.lr = lr
    put_back(saved)
    optimizer.lr = initial_lr
    return lrs, losses


def OneBatchOnly(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    old = copy.deepcopy(model.state_dict())
    mode, old_lr = model.training, optimizer.lr
    lrs, losses = [], []
    model.train()
    for i in range(num_steps):
        inputs, targets = next(iter(batches))
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            break
        if losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(old)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def EndsWithTheBatches(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    for i, (x, y) in enumerate(batches):
        if i == num_steps:
            break
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def RepeatsTheLastBatch(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    it = iter(batches)
    batch = None
    for i in range(num_steps):
        try:
            batch = next(it)
        except StopIteration:
            pass
        x, y = batch
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def SkipsABatchOnRestart(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    before = copy.deepcopy(model.state_dict())
    was_training, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    it = iter(batches)
    for i in range(num_steps):
        try:
            x, y = next(it)
        except StopIteration:
            it = iter(batches)
            next(it)
            x, y = next(it)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    model.load_state_dict(before)
    model.train(was_training)
    optimizer.lr = old_lr
    return lrs, losses


def GradientsAccumulate(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    rates = np.geomspace(lr_min, lr_max, num_steps).tolist()
    for rate, (x, y) in zip(rates, endless(batches)):
        optimizer.lr = rate
        loss = loss_fn(model(x), y)
        lrs.append(rate)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def ZeroesBeforeTheStep(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        x, y = next(data)
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def TrainModeNotSet(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = copy.deepcopy(model.state_dict())
    old_lr = optimizer.lr
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    optimizer.lr = old_lr
    return lrs, losses


def RunsInEvalMode(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.eval()
    lrs, losses = [], []
    it = itertools.cycle(batches)
    for i in range(num_steps):
        x, y = next(it)
        lr = math.exp(math.log(lr_min) + (math.log(lr_max) - math.log(lr_min)) * i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def RecordsRunningMean(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    total, best = 0.0, math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        raw = loss.item()
        total += raw
        lrs.append(lr)
        losses.append(total / (i + 1))
        if not math.isfinite(raw) or raw > divergence * best:
            break
        best = min(best, raw)
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def RecordsLowest(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best_loss = float("inf")
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        if loss.item() < best_loss:
            best_loss = loss.item()
        lrs.append(lr)
        losses.append(best_loss)
        if not torch.isfinite(loss) or loss.item() > divergence * best_loss:
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def RecordsLossAfterUpdate(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        if not math.isfinite(loss.item()) or loss.item() > divergence * best:
            losses.append(loss.item())
            break
        best = min(best, loss.item())
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            losses.append(loss_fn(model(x), y).item())
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def ComparesWithFirst(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = copy.deepcopy(model.state_dict())
    mode, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * losses[0]:
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def ComparesWithPrevious(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    previous = None
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        now = loss.item()
        lrs.append(lr)
        losses.append(now)
        if not math.isfinite(now):
            break
        if previous is not None and now > divergence * previous:
            break
        previous = now
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def ComparesWithMean(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        value = loss.item()
        mean_so_far = sum(losses) / len(losses) if losses else math.inf
        lrs.append(lr)
        losses.append(value)
        if not math.isfinite(value) or value > divergence * mean_so_far:
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def ThresholdIsAbsolute(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence:
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def DivergenceIgnored(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    rates, record = [], []
    q = (lr_max / lr_min) ** (1 / (num_steps - 1))
    data = endless(batches)
    lr = lr_min
    while len(rates) < num_steps:
        x, y = next(data)
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        rates.append(lr)
        record.append(loss.item())
        if not math.isfinite(record[-1]) or record[-1] > 4 * min(record):
            break
        loss.backward()
        optimizer.step()
        lr *= q
    put_back(saved)
    optimizer.lr = old_lr
    return rates, record


def NeverStops(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = copy.deepcopy(model.state_dict())
    mode, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def StopsAtEquality(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        ok = math.isfinite(losses[-1]) and losses[-1] < divergence * best
        if not ok:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def StopsAtAnyRise(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or (i > 0 and losses[-1] > losses[-2]):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def GoesOnAfterNaN(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        value = loss.item()
        lrs.append(lr)
        losses.append(value)
        if value == float("inf") or value > divergence * best:
            break
        if value < best:
            best = value
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def GoesOnAfterFirstInfinity(
    model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0
):
    state = copy.deepcopy(model.state_dict())
    mode, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    best = None
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        value = loss.item()
        if best is None or value < best:
            best = value
        lrs.append(lr)
        losses.append(value)
        if math.isnan(value) or value > divergence * best:
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def LastPairDropped(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    pairs = []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        value = loss.item()
        if not math.isfinite(value) or value > divergence * best:
            break
        pairs.append((lr, value))
        best = min(best, value)
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return [p[0] for p in pairs], [p[1] for p in pairs]


def LastRateDropped(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        lrs.append(optimizer.lr)
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def UpdatesAfterDivergence(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = copy.deepcopy(model.state_dict())
    mode, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
    model.load_state_dict(state)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def NothingRestored(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    modes = [(m, m.training) for m in model.modules()]
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    for m, flag in modes:
        m.training = flag
    optimizer.lr = old_lr
    return lrs, losses


def SavesReferences(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = model.state_dict().copy()
    mode, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def RebindsTheModel(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    original_model = copy.deepcopy(model)
    original_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    model = original_model
    optimizer.lr = original_lr
    return lrs, losses


def BuffersNotRestored(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    weights = [p.data.clone() for p in model.parameters()]
    mode, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    for p, w in zip(model.parameters(), weights):
        p.data.copy_(w)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def RestoredOnlyAtTheEnd(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = copy.deepcopy(model.state_dict())
    mode, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            return lrs, losses
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def SavesAfterTheFirstUpdate(
    model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0
):
    state = None
    mode, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
        if state is None:
            state = copy.deepcopy(model.state_dict())
    if state is not None:
        model.load_state_dict(state)
    model.train(mode)
    optimizer.lr = old_lr
    return lrs, losses


def RateNotRestored(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    return lrs, losses


def RateSetToMinimum(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = copy.deepcopy(model.state_dict())
    mode = model.training
    optimizer.lr = lr_min
    start_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = start_lr * (lr_max / start_lr) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    model.train(mode)
    optimizer.lr = start_lr
    return lrs, losses


def LeftInTrainMode(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = copy.deepcopy(model.state_dict())
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    optimizer.lr = old_lr
    return lrs, losses


def LeftInEvalMode(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    initial = [t.detach().clone() for t in itertools.chain(model.parameters(), model.buffers())]
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    for t, v in zip(itertools.chain(model.parameters(), model.buffers()), initial):
        t.data.copy_(v)
    model.eval()
    optimizer.lr = old_lr
    return lrs, losses


def OnlyTheTopModuleRestored(
    model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0
):
    state = copy.deepcopy(model.state_dict())
    training_before, lr_before = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(state)
    model.training = training_before
    optimizer.lr = lr_before
    return lrs, losses


def losses_first(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * best:
            break
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return losses, lrs


def losses_alone(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    losses = []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return losses


# ---------------------------------------------------------------- mistakes in no line of the list
def unknown_1(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # one step too many: num_steps + 1 rates, the last one beyond lr_max
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps + 1):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def unknown_2(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # mixes the logarithms: exponents in base 10, but e is raised to them
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for e in np.linspace(math.log10(lr_min), math.log10(lr_max), num_steps):
        x, y = next(data)
        optimizer.lr = float(np.exp(e))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def unknown_3(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # the loss is recorded times the number of samples in the batch (judged as it should be)
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    best = math.inf
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item() * len(x))
        if not math.isfinite(loss.item()) or loss.item() > divergence * best:
            break
        best = min(best, loss.item())
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def unknown_4(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # a checkpoint of the lowest loss is put back, not the weights from before the test
    checkpoint = snapshot(model)
    old_lr = optimizer.lr
    modes = checkpoint[2]
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        if losses[-1] == min(losses):
            tensors, values, _ = snapshot(model)
            checkpoint = tensors, values, modes
        loss.backward()
        optimizer.step()
    put_back(checkpoint)
    optimizer.lr = old_lr
    return lrs, losses


def unknown_5(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # divergence is added to the lowest loss instead of multiplied with it
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > min(losses) + divergence:
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def unknown_6(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # the rates come back as their decimal logarithms
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(math.log10(optimizer.lr))
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def unknown_7(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # compares with the highest loss so far instead of the lowest
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    worst = None
    data = endless(batches)
    for i in range(num_steps):
        x, y = next(data)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or (worst is not None and losses[-1] > divergence * worst):
            break
        worst = losses[-1] if worst is None else max(worst, losses[-1])
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


def unknown_8(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # the last batch of each round is left out (the next round begins one batch too early)
    saved = snapshot(model)
    old_lr = optimizer.lr
    model.train()
    lrs, losses = [], []
    stored = list(batches)
    for i in range(num_steps):
        x, y = stored[i % max(len(stored) - 1, 1)]
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    put_back(saved)
    optimizer.lr = old_lr
    return lrs, losses


# ---------------------------------------------------------------- right
def right_1(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    @contextlib.contextmanager
    def untouched():
        tensors = [*model.parameters(), *model.buffers()]
        values = [t.detach().clone() for t in tensors]
        modes = {m: m.training for m in model.modules()}
        lr = optimizer.lr
        try:
            yield
        finally:
            for t, v in zip(tensors, values):
                t.data.copy_(v)
            for m, flag in modes.items():
                m.training = flag
            optimizer.lr = lr

    lrs, losses = [], []
    with untouched():
        model.train()
        for rate, (x, y) in zip(np.geomspace(lr_min, lr_max, num_steps).tolist(), endless(batches)):
            optimizer.lr = rate
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            lowest = min(losses, default=math.inf)
            lrs.append(rate)
            losses.append(loss.item())
            if not (math.isfinite(losses[-1]) and losses[-1] <= divergence * lowest):
                break
            loss.backward()
            optimizer.step()
    return lrs, losses


def right_2(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    """Multiplies from rate to rate; restores from lists of NumPy arrays."""
    params = [p.detach().cpu().numpy().copy() for p in model.parameters()]
    bufs = [b.detach().cpu().numpy().copy() for b in model.buffers()]
    flags = [m.training for m in model.modules()]
    old_lr = optimizer.lr
    model.train()
    ratio = (lr_max / lr_min) ** (1.0 / (num_steps - 1))
    lr = lr_min
    best = None
    out = []
    it = iter(batches)
    while len(out) < num_steps:
        try:
            x, y = next(it)
        except StopIteration:
            it = iter(batches)
            continue
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        v = loss.item()
        out.append((lr, v))
        if math.isnan(v) or math.isinf(v):
            break
        if best is not None and v > divergence * best:
            break
        best = v if best is None else min(best, v)
        loss.backward()
        optimizer.step()
        lr *= ratio
    with torch.no_grad():
        for p, a in zip(model.parameters(), params):
            p.copy_(torch.as_tensor(a))
        for b, a in zip(model.buffers(), bufs):
            b.copy_(torch.as_tensor(a))
    for m, f in zip(model.modules(), flags):
        m.training = f
    optimizer.lr = old_lr
    lrs, losses = map(list, zip(*out))
    return lrs, losses


def right_3(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    twin = copy.deepcopy(model)  # what is to be put back
    lr_before = optimizer.lr
    lrs, losses, best = [], [], math.inf
    model.train()

    def one_step(i, x, y):
        nonlocal best
        optimizer.lr = lr_min ** (1 - i / (num_steps - 1)) * lr_max ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.detach().item())
        if not torch.isfinite(loss).item() or losses[-1] > divergence * best:
            return False
        best = min(best, losses[-1])
        loss.backward()
        optimizer.step()
        return True

    try:
        all(one_step(i, *batch) for i, batch in zip(range(num_steps), endless(batches)))
    finally:
        with torch.no_grad():
            for mine, kept in zip(model.parameters(), twin.parameters()):
                mine.copy_(kept)
            for mine, kept in zip(model.buffers(), twin.buffers()):
                mine.copy_(kept)
        for mine, kept in zip(model.modules(), twin.modules()):
            mine.training = kept.training
        optimizer.lr = lr_before
    return lrs, losses


def right_4(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # beginner's style
    saved_parameters = {}
    for name, parameter in model.named_parameters():
        saved_parameters[name] = parameter.data.clone()
    saved_buffers = {}
    for name, buffer in model.named_buffers():
        saved_buffers[name] = buffer.data.clone()
    saved_modes = {}
    for name, module in model.named_modules():
        saved_modes[name] = module.training
    saved_lr = optimizer.lr

    lrs = []
    losses = []
    i = 0
    stop = False
    model.train()
    while not stop:
        for x, y in batches:
            optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            lrs.append(optimizer.lr)
            losses.append(loss.item())
            if losses[-1] != losses[-1] or abs(losses[-1]) == float("inf"):
                stop = True
                break
            if len(losses) > 1 and losses[-1] > divergence * min(losses[:-1]):
                stop = True
                break
            loss.backward()
            optimizer.step()
            i += 1
            if i >= num_steps:
                stop = True
                break

    for name, parameter in model.named_parameters():
        parameter.data.copy_(saved_parameters[name])
    for name, buffer in model.named_buffers():
        buffer.data.copy_(saved_buffers[name])
    for name, module in model.named_modules():
        module.training = saved_modes[name]
    optimizer.lr = saved_lr
    return lrs, losses
