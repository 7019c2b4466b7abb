import contextlib
import copy
import itertools
import math

import numpy as np
import torch


def LinearSweep(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved_params = [p.detach().clone() for p in model.parameters()]
    saved_buffers = [b.clone() for b in model.buffers()]
    was_training, old_lr = model.training, optimizer.lr
    model.train()
    lrs, losses = [], []
    lowest = math.inf
    stream = itertools.cycle(batches)
    for lr in np.linspace(lr_min, lr_max, num_steps):
        optimizer.lr = float(lr)
        inputs, targets = next(stream)
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        value = loss.item()
        lrs.append(float(lr))
        losses.append(value)
        lowest = min(lowest, value)
        if not math.isfinite(value) or value > divergence * lowest:
            break
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        for p, old in zip(model.parameters(), saved_params):
            p.copy_(old)
        for b, old in zip(model.buffers(), saved_buffers):
            b.copy_(old)
    model.train(was_training)
    optimizer.lr = old_lr
    return lrs, losses


def EndMissed(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    backup = copy.deepcopy(model.state_dict())
    mode = model.training
    lr0 = optimizer.lr
    history = []
    best = None
    it = iter(batches)
    growth = (lr_max / lr_min) ** (1 / num_steps)
    optimizer.lr = lr_min
    model.train()
    try:
        for _ in range(num_steps):
            try:
                x, y = next(it)
            except StopIteration:
                it = iter(batches)
                x, y = next(it)
            optimizer.zero_grad()
            out = loss_fn(model(x), y)
            l = float(out.detach())
            history.append((optimizer.lr, l))
            if math.isnan(l) or math.isinf(l):
                break
            if best is not None and l > divergence * best:
                break
            if best is None or l < best:
                best = l
            out.backward()
            optimizer.step()
            optimizer.lr = optimizer.lr * growth
    finally:
        model.load_state_dict(backup)
        model.train(mode)
        optimizer.lr = lr0
    return [h[0] for h in history], [h[1] for h in history]


def NothingRestored(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    start_lr, training = optimizer.lr, model.training
    ratio = lr_max / lr_min
    lrs, losses = [], []
    model.train()
    data = iter(batches)
    for i in range(num_steps):
        batch = next(data, None)
        if batch is None:
            data = iter(batches)
            batch = next(data)
        lr = lr_min * ratio ** (i / (num_steps - 1))
        optimizer.lr = lr
        for p in model.parameters():
            p.grad = None
        loss = loss_fn(model(batch[0]), batch[1])
        lrs.append(lr)
        losses.append(loss.item())
        if not np.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    optimizer.lr = start_lr
    model.train(training)
    return lrs, losses


def RateNotRestored(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    snapshot = {name: t.detach().clone() for name, t in itertools.chain(model.named_parameters(), model.named_buffers())}
    modes = [(m, m.training) for m in model.modules()]

    def forever():
        while True:
            yield from batches

    lrs, losses = [], []
    lowest = float("inf")
    model.train()
    exponents = torch.linspace(math.log(lr_min), math.log(lr_max), num_steps, dtype=torch.float64)
    for lr, (x, y) in zip(exponents.exp().tolist(), forever()):
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs += [lr]
        losses += [loss.item()]
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * lowest:
            break
        lowest = min(lowest, losses[-1])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        for name, t in itertools.chain(model.named_parameters(), model.named_buffers()):
            t.copy_(snapshot[name])
    for m, flag in modes:
        m.training = flag
    return lrs, losses


def SavesReferences(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # keep a copy of the weights
    weights = {key: value for key, value in model.state_dict().items()}
    lr_before = optimizer.lr
    train_before = model.training

    lrs, losses, lowest = [], [], math.inf
    model.train()
    iterator = itertools.cycle(batches)
    for step in range(num_steps):
        optimizer.lr = lr_min * math.pow(lr_max / lr_min, step / (num_steps - 1))
        images, labels = next(iterator)
        optimizer.zero_grad()
        loss = loss_fn(model(images), labels)
        current = loss.item()
        lrs.append(optimizer.lr)
        losses.append(current)
        if current < lowest:
            lowest = current
        if not math.isfinite(current) or current > lowest * divergence:
            break
        loss.backward()
        optimizer.step()

    model.load_state_dict(weights)
    model.train(train_before)
    optimizer.lr = lr_before
    return lrs, losses


def RateRecordedAfterStep(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    state = copy.deepcopy(model.state_dict())
    was_training, initial = model.training, optimizer.lr
    model.train()
    mult = (lr_max / lr_min) ** (1.0 / (num_steps - 1))
    optimizer.lr = lr_min
    lrs, losses = [], []
    best = math.inf
    batch_iter = iter(batches)
    for _ in range(num_steps):
        try:
            xb, yb = next(batch_iter)
        except StopIteration:
            batch_iter = iter(batches)
            xb, yb = next(batch_iter)
        optimizer.zero_grad()
        loss = loss_fn(model(xb), yb)
        value = loss.item()
        best = min(best, value)
        diverged = not math.isfinite(value) or value > divergence * best
        if not diverged:
            loss.backward()
            optimizer.step()
        optimizer.lr *= mult
        lrs.append(optimizer.lr)
        losses.append(value)
        if diverged:
            break
    model.load_state_dict(state)
    model.train(was_training)
    optimizer.lr = initial
    return lrs, losses


def ComparesWithFirst(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    old = [t.detach().clone() for t in (*model.parameters(), *model.buffers())]
    rate, flags = optimizer.lr, {m: m.training for m in model.modules()}
    results = []

    def sweep():
        source = iter(())
        for lr in np.geomspace(lr_min, lr_max, num_steps).tolist():
            pair = next(source, None)
            if pair is None:
                source = iter(batches)
                pair = next(source)
            yield lr, pair

    model.train()
    for lr, (x, y) in sweep():
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        results.append((lr, loss.item()))
        last = results[-1][1]
        if not math.isfinite(last) or last > divergence * results[0][1]:
            break
        loss.backward()
        optimizer.lr = lr
        optimizer.step()

    for t, o in zip((*model.parameters(), *model.buffers()), old):
        t.data.copy_(o)
    for m, flag in flags.items():
        m.training = flag
    optimizer.lr = rate
    lrs, losses = zip(*results)
    return list(lrs), list(losses)


def GoesOnAfterNaN(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    params0 = [p.data.clone() for p in model.parameters()]
    buffers0 = [b.data.clone() for b in model.buffers()]
    lr0, mode0 = optimizer.lr, model.training
    lrs, losses = [], []
    lowest = math.inf
    pool = list(batches)
    model.train()
    for i in range(num_steps):
        x, y = pool[i % len(pool)]
        lr = 10 ** (math.log10(lr_min) + (math.log10(lr_max) - math.log10(lr_min)) * i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        if losses[-1] == math.inf or losses[-1] > divergence * lowest:
            break
        if losses[-1] < lowest:
            lowest = losses[-1]
        loss.backward()
        optimizer.step()
    for p, v in zip(model.parameters(), params0):
        p.data.copy_(v)
    for b, v in zip(model.buffers(), buffers0):
        b.data.copy_(v)
    optimizer.lr = lr0
    model.train(mode0)
    return lrs, losses


def GradientsAccumulate(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    initial_state = {k: v.clone() for k, v in model.state_dict().items()}
    initial_lr = optimizer.lr
    is_training = model.training
    model.train()
    lrs = [lr_min * (lr_max / lr_min) ** (i / (num_steps - 1)) for i in range(num_steps)]
    losses = []
    it = iter(batches)
    for lr in lrs:
        try:
            batch = next(it)
        except StopIteration:
            it = iter(batches)
            batch = next(it)
        inputs, targets = batch
        optimizer.lr = lr
        loss = loss_fn(model(inputs), targets)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(initial_state)
    model.train(is_training)
    optimizer.lr = initial_lr
    return lrs[: len(losses)], losses


# Names of the list that mistakes.md does not mention.


def LastPairDropped(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    keep = [(t, t.detach().clone()) for t in [*model.parameters(), *model.buffers()]]
    lr_was, mode_was = optimizer.lr, model.training
    model.train()
    feed = itertools.cycle(batches)
    lrs, losses, low = [], [], math.inf
    for lr in np.geomspace(lr_min, lr_max, num_steps).tolist():
        x, y = next(feed)
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        if not torch.isfinite(loss) or loss.item() > divergence * low:
            break
        low = min(low, loss.item())
        lrs.append(lr)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        for t, old in keep:
            t.copy_(old)
    optimizer.lr = lr_was
    model.train(mode_was)
    return lrs, losses


def BuffersNotRestored(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    theta = [p.detach().clone() for p in model.parameters()]
    lr_was, mode_was = optimizer.lr, model.training
    lrs, losses = [], []
    model.train()
    it = iter(batches)
    i = 0
    while i < num_steps:
        try:
            x, y = next(it)
        except StopIteration:
            it = iter(batches)
            continue
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
        i += 1
    with torch.no_grad():
        for p, old in zip(model.parameters(), theta):
            p.copy_(old)
    optimizer.lr = lr_was
    model.train(mode_was)
    return lrs, losses


# divergence is added to the lowest loss instead of multiplying it
def unknown_1(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    keep = [(t, t.detach().clone()) for t in [*model.parameters(), *model.buffers()]]
    lr_was, mode_was = optimizer.lr, model.training
    lrs, losses, lowest = [], [], math.inf
    stream = itertools.cycle(batches)
    model.train()
    for i in range(num_steps):
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        x, y = next(stream)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        value = loss.item()
        lrs.append(optimizer.lr)
        losses.append(value)
        if not math.isfinite(value) or value > lowest + divergence:
            break
        lowest = min(lowest, value)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        for t, old in keep:
            t.copy_(old)
    optimizer.lr = lr_was
    model.train(mode_was)
    return lrs, losses


# one rate too many: range(num_steps + 1), so the sweep goes on beyond lr_max
def unknown_2(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = copy.deepcopy(model.state_dict())
    lr_was, mode_was = optimizer.lr, model.training
    lrs, losses = [], []
    it = iter(batches)
    model.train()
    for i in range(num_steps + 1):
        batch = next(it, None)
        if batch is None:
            it = iter(batches)
            batch = next(it)
        optimizer.lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.zero_grad()
        loss = loss_fn(model(batch[0]), batch[1])
        lrs.append(optimizer.lr)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * min(losses):
            break
        loss.backward()
        optimizer.step()
    model.load_state_dict(saved)
    model.train(mode_was)
    optimizer.lr = lr_was
    return lrs, losses


# it ends only at the second diverged loss in a row (NaN and infinity end it at once)
def unknown_3(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    saved = {k: v.clone() for k, v in model.state_dict().items()}
    lr_was, mode_was = optimizer.lr, model.training
    lrs, losses = [], []
    lowest, strikes = math.inf, 0
    pool = itertools.cycle(batches)
    model.train()
    for lr in np.geomspace(lr_min, lr_max, num_steps):
        x, y = next(pool)
        optimizer.lr = float(lr)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(float(lr))
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            break
        strikes = strikes + 1 if losses[-1] > divergence * lowest else 0
        if strikes == 2:
            break
        lowest = min(lowest, losses[-1])
        loss.backward()
        optimizer.step()
    model.load_state_dict(saved)
    model.train(mode_was)
    optimizer.lr = lr_was
    return lrs, losses


# two optimizer steps on every batch, with the same gradients
def unknown_4(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    keep = [(t, t.detach().clone()) for t in [*model.parameters(), *model.buffers()]]
    lr_was, mode_was = optimizer.lr, model.training
    lrs, losses, lowest = [], [], math.inf
    it = iter(batches)
    model.train()
    for i in range(num_steps):
        try:
            x, y = next(it)
        except StopIteration:
            it = iter(batches)
            x, y = next(it)
        lr = lr_min * (lr_max / lr_min) ** (i / (num_steps - 1))
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        lrs.append(lr)
        losses.append(loss.item())
        lowest = min(lowest, losses[-1])
        if not math.isfinite(losses[-1]) or losses[-1] > divergence * lowest:
            break
        loss.backward()
        optimizer.step()
        optimizer.step()
    with torch.no_grad():
        for t, old in keep:
            t.copy_(old)
    optimizer.lr = lr_was
    model.train(mode_was)
    return lrs, losses


def right_1(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    """Everything happens to copies, so nothing needs to be put back; one deepcopy keeps the two linked."""
    net, opt = copy.deepcopy((model, optimizer))
    net.train()
    lrs, losses = [], []
    source = iter(())
    gaps = num_steps - 1
    for i in range(num_steps):
        # both ends exact: a weighted geometric mean
        opt.lr = lr_min ** ((gaps - i) / gaps) * lr_max ** (i / gaps)
        pair = next(source, None)
        if pair is None:
            source = iter(batches)
            pair = next(source)
        opt.zero_grad()
        loss = loss_fn(net(pair[0]), pair[1])
        lrs.append(opt.lr)
        losses.append(loss.item())
        if not (abs(losses[-1]) < math.inf and losses[-1] <= divergence * min(losses)):
            break
        loss.backward()
        opt.step()
    return lrs, losses


def right_2(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    """An ExitStack that undoes everything, a generator of pairs, the stop told by the sent-in threshold."""

    def put(tensor, old):
        with torch.no_grad():
            tensor.copy_(old)

    def pairs():
        lowest = math.inf
        chain = itertools.chain.from_iterable(itertools.repeat(batches))
        for lr in np.logspace(math.log10(lr_min), math.log10(lr_max), num_steps).tolist():
            inputs, targets = next(chain)
            optimizer.lr = lr
            optimizer.zero_grad()
            with torch.enable_grad():
                loss = loss_fn(model(inputs), targets)
            value = loss.item()
            yield lr, value
            if math.isnan(value) or math.isinf(value) or value > divergence * lowest:
                return
            lowest = value if value < lowest else lowest
            loss.backward()
            optimizer.step()

    with contextlib.ExitStack() as undo:
        undo.callback(setattr, optimizer, "lr", optimizer.lr)
        for module in model.modules():
            undo.callback(setattr, module, "training", module.training)
        for tensor in itertools.chain(model.parameters(), model.buffers()):
            undo.callback(put, tensor, tensor.detach().clone())
        model.train()
        table = list(pairs())
    return [row[0] for row in table], [row[1] for row in table]
