import math

import numpy as np
import torch


def never_zeroes(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, count = 0.0, 0
    for inputs, targets in batches:
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(inputs)
        count += len(inputs)
    return total / count


def zeroes_before_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    def clip():
        squares = 0.0
        for p in model.parameters():
            if p.grad is not None:
                squares += p.grad.double().pow(2).sum().item()
        norm = squares**0.5
        if norm > max_norm:
            for p in model.parameters():
                if p.grad is not None:
                    p.grad *= max_norm / norm

    model.train(True)
    losses, sizes = [], []
    for x, y in batches:
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip()
        optimizer.zero_grad()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.item())
        sizes.append(x.shape[0])
    return float(np.average(losses, weights=sizes))


def clips_before_backward(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    running, seen = 0.0, 0
    for x, y in batches:
        n = y.shape[0]
        optimizer.zero_grad()
        out = model(x)
        loss = loss_fn(out, y)
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            if grads:
                norm = torch.cat([g.flatten() for g in grads]).norm().item()
                if norm > max_norm:
                    torch._foreach_mul_(grads, max_norm / norm)
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        seen += n
        running += (loss.item() - running) * n / seen
    return running


def clips_after_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    summed = torch.zeros((), dtype=torch.float64)
    samples = 0
    for batch in batches:
        inputs, targets = batch
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        optimizer.step()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.hypot(*[torch.linalg.vector_norm(g, dtype=torch.float64).item() for g in grads])
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        if scheduler is not None:
            scheduler.step()
        summed += loss.detach().double() * targets.shape[0]
        samples += targets.shape[0]
    return (summed / samples).item()


def clips_parameter_by_parameter(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total = n = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            for p in model.parameters():
                if p.grad is None:
                    continue
                norm = p.grad.norm().item()
                if norm > max_norm:
                    p.grad.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += float(loss.detach()) * len(y)
        n += len(y)
    return total / n


def clips_the_elements(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    weighted = []
    samples = 0
    for x, y in batches:
        for p in model.parameters():
            p.grad = None
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            with torch.no_grad():
                for p in model.parameters():
                    if p.grad is not None:
                        p.grad.copy_(p.grad.clamp(-max_norm, max_norm))
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        samples += x.size(0)
        weighted.append(loss.item() * x.size(0))
    return math.fsum(weighted) / samples


def keeps_the_losses(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    losses, sizes = [], []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss)
        sizes.append(len(x))
    return sum(loss.item() * size for loss, size in zip(losses, sizes)) / sum(sizes)


def averages_the_batches(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    epoch_losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad.data for p in model.parameters() if p.grad is not None]
            norm = float(np.sqrt(sum(float((g.double() ** 2).sum()) for g in grads)))
            if norm > max_norm:
                [g.mul_(max_norm / norm) for g in grads]
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        epoch_losses.append(loss.item())
    return sum(epoch_losses) / len(epoch_losses)


# Names of the list that mistakes.md does not mention.


def leaves_the_mode(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            norm = math.sqrt(sum(p.grad.double().pow(2).sum().item() for p in model.parameters() if p.grad is not None))
            if norm > max_norm:
                for p in model.parameters():
                    if p.grad is not None:
                        p.grad.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count


def schedules_before_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
            if norm > max_norm:
                torch._foreach_mul_(grads, max_norm / norm)
        if scheduler is not None:
            scheduler.step()
        optimizer.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count


def divides_batch_means_by_samples(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
            if norm > max_norm:
                torch._foreach_mul_(grads, max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item()
        count += len(y)
    return total / count


# with max_norm, small norms are scaled up to it as well
def unknown_1(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
            if norm > 0:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count


# the loss that is added up is computed anew after the step
def unknown_2(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        with torch.no_grad():
            total += loss_fn(model(x), y).item() * len(y)
        count += len(y)
    return total / count


# gradients of two batches are summed for each step (and for each of the scheduler's)
def unknown_3(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, count = 0.0, 0
    optimizer.zero_grad()
    batches = list(batches)
    for i, (x, y) in enumerate(batches, 1):
        loss = loss_fn(model(x), y)
        loss.backward()
        if i % 2 == 0 or i == len(batches):
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            optimizer.zero_grad()
        total += loss.item() * len(y)
        count += len(y)
    return total / count


# what is returned is a moving average of the losses (nine tenths of the past), not their mean
def unknown_4(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    average = None
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        average = loss.item() if average is None else 0.9 * average + 0.1 * loss.item()
    return average


def right_1(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """autograd.grad instead of backward; the gradients are clipped before they are handed over."""
    model.train()
    after = scheduler.step if scheduler is not None else lambda: None
    mean, seen = 0.0, 0
    for inputs, targets in batches:
        optimizer.zero_grad()
        params = [p for p in model.parameters() if p.requires_grad]
        loss = loss_fn(model(inputs), targets)
        grads = torch.autograd.grad(loss, params, allow_unused=True)
        norm = math.hypot(*(torch.linalg.vector_norm(g, dtype=torch.float64).item() for g in grads if g is not None))
        factor = max_norm / norm if max_norm is not None and norm > max_norm else None
        for p, g in zip(params, grads):
            p.grad = g if g is None or factor is None else g * factor
        optimizer.step()
        after()
        seen += len(targets)
        mean += (loss.item() - mean) * (len(targets) / seen)
    return mean


def right_2(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """A generator that trains as it is consumed, and a weighted average of what it yields."""

    def clipped(grads):
        lengths = torch.stack([g.detach().double().norm() for g in grads]) if grads else torch.zeros(1)
        length = lengths.norm().item()
        if length > max_norm:
            for g in grads:
                g.data.mul_(max_norm).div_(length)

    def steps():
        it = iter(batches)
        while (pair := next(it, None)) is not None:
            x, y = pair
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                clipped([p.grad for p in model.parameters() if p.grad is not None])
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            yield loss.item(), int(y.shape[0])

    model.train()
    table = np.array(list(steps()), dtype=np.float64)
    return float(table[:, 0] @ table[:, 1] / table[:, 1].sum())
