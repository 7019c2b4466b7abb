"""Held-out variants of train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None) -> float."""

import math

import numpy as np
import torch


# helpers that some of the variants call


def clip_all(parameters, limit):
    """The contract's clipping: one norm over all gradients, in place."""
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(g.pow(2).sum()) for g in grads))
    if norm > limit:
        for g in grads:
            g.mul_(limit / norm)
    return norm


class Meter:
    def __init__(self):
        self.sum, self.n = 0.0, 0

    def add(self, value, n):
        self.sum += value * n
        self.n += n

    @property
    def mean(self):
        return self.sum / self.n if self.n else 0.0


# ---------------------------------------------------------------- known mistakes


def never_zeroes(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total_loss = 0.0
    count = 0
    for x, y in batches:
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            norm = 0.0
            for p in model.parameters():
                if p.grad is not None:
                    norm += (p.grad**2).sum().item()
            norm = norm**0.5
            if norm > max_norm:
                for p in model.parameters():
                    if p.grad is not None:
                        p.grad.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total_loss += loss.item() * len(x)
        count += len(x)
    return total_loss / count


def zeroes_once(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    meter = Meter()
    optimizer.zero_grad()
    for inputs, targets in batches:
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler:
            scheduler.step()
        meter.add(loss.item(), inputs.size(0))
    return meter.mean


def zeroes_before_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    running, seen = 0.0, 0
    for images, labels in batches:
        outputs = model(images)
        loss = loss_fn(outputs, labels)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = torch.stack([g.norm() for g in grads]).norm().item()
            if norm > max_norm:
                for g in grads:
                    g *= max_norm / norm
        optimizer.zero_grad()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        running += loss.item() * images.shape[0]
        seen += images.shape[0]
    return running / seen


def clips_before_backward(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    loss_sum = 0
    n = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        loss_sum += loss.item() * y.shape[0]
        n += y.shape[0]
    return loss_sum / n


def clips_after_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train(True)
    weighted, sizes = [], []
    for batch in batches:
        x, y = batch
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        if scheduler is not None:
            scheduler.step()
        weighted.append(float(loss) * len(y))
        sizes.append(len(y))
    return sum(weighted) / sum(sizes)


def ignores_max_norm(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def always_clips_at_one(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        squares = 0.0
        for p in model.parameters():
            if p.grad is not None:
                squares += p.grad.square().sum().item()
        norm = math.sqrt(squares)
        if norm > 1.0:
            for p in model.parameters():
                if p.grad is not None:
                    p.grad /= norm
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def clips_the_elements(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        pred = model(x)
        loss = loss_fn(pred, y)
        loss.backward()
        if max_norm is not None:
            for p in model.parameters():
                if p.grad is not None:
                    p.grad.clamp_(min=-max_norm, max=max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def clips_parameter_by_parameter(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    meter = Meter()
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            for p in model.parameters():
                clip_all([p], max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        meter.add(loss.detach().item(), len(y))
    return meter.mean


def never_steps(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    train_loss = 0.0
    n_samples = 0
    for data, target in batches:
        optimizer.zero_grad()
        output = model(data)
        loss = loss_fn(output, target)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum(g.norm().item() ** 2 for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        if scheduler is not None:
            scheduler.step()
        train_loss += loss.item() * data.size(0)
        n_samples += data.size(0)
    return train_loss / n_samples


def steps_before_backward(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    s = 0.0
    n = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        optimizer.step()
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        if scheduler is not None:
            scheduler.step()
        s += loss.item() * len(x)
        n += len(x)
    return s / n


def steps_twice(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    losses, weights = [], []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = torch.cat([g.flatten() for g in grads]).norm().item()
            if norm > max_norm:
                torch._foreach_mul_(grads, max_norm / norm)
            optimizer.step()
        else:
            optimizer.step()
        losses.append(loss.item())
        weights.append(len(x))
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return float(np.average(losses, weights=weights))


def steps_once_an_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    optimizer.zero_grad()
    for x, y in batches:
        loss = loss_fn(model(x), y)
        loss.backward()
        total += loss.item() * len(x)
        samples += len(x)
        if scheduler is not None:
            scheduler.step()
    if max_norm is not None:
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        norm = math.sqrt(sum((g * g).sum().item() for g in grads))
        if norm > max_norm:
            for g in grads:
                g.mul_(max_norm / norm)
    optimizer.step()
    return total / samples


def schedules_before_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total = 0.0
    number = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            norm = 0.0
            for p in optimizer.params:
                if p.grad is not None:
                    norm += float(p.grad.norm() ** 2)
            norm = norm**0.5
            if norm > max_norm:
                for p in optimizer.params:
                    if p.grad is not None:
                        p.grad.mul_(max_norm / norm)
        if scheduler is not None:
            scheduler.step()
        optimizer.step()
        total += loss.item() * len(x)
        number += len(x)
    return total / number


def schedules_first(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    meter = Meter()
    for x, y in batches:
        if scheduler is not None:
            scheduler.step()
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        meter.add(loss.item(), len(x))
    return meter.mean


def schedules_once_an_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            gs = [p.grad for p in model.parameters() if p.grad is not None]
            norm = sum(g.double().pow(2).sum() for g in gs).sqrt().item()
            if norm > max_norm:
                for g in gs:
                    g.copy_(g * (max_norm / norm))
        optimizer.step()
        total += loss.item() * len(x)
        samples += len(x)
    if scheduler is not None:
        scheduler.step()
    return total / samples


def never_schedules(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            norm = math.sqrt(sum((p.grad**2).sum().item() for p in model.parameters() if p.grad is not None))
            scale = max_norm / norm if norm > max_norm else 1.0
            for p in model.parameters():
                if p.grad is not None and scale != 1.0:
                    p.grad.mul_(scale)
        optimizer.step()
        with torch.no_grad():
            total += (loss * len(x)).item()
        samples += len(x)
    return total / samples


def leaves_out_the_last_schedule(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for i, (x, y) in enumerate(batches):
        if i > 0 and scheduler is not None:
            scheduler.step()
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def leaves_the_mode(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    total_loss = 0.0
    total_samples = 0
    for xb, yb in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        if max_norm is not None:
            total_norm = 0.0
            for param in model.parameters():
                if param.grad is None:
                    continue
                total_norm += param.grad.data.norm(2).item() ** 2
            total_norm = total_norm**0.5
            if total_norm > max_norm:
                for param in model.parameters():
                    if param.grad is None:
                        continue
                    param.grad.data.mul_(max_norm / total_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total_loss += loss.item() * xb.size(0)
        total_samples += xb.size(0)
    return total_loss / total_samples


def trains_in_eval_mode(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.eval()
    meter = Meter()
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        meter.add(loss.item(), len(x))
    return meter.mean


def sets_the_outer_mode_only(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.training = True
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm).div_(norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def averages_the_batches(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def sums_the_batches(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    epoch_loss = 0.0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        epoch_loss += loss.item()
    return epoch_loss


def divides_batch_means_by_samples(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            sq = 0.0
            for p in model.parameters():
                if p.grad is not None:
                    sq += torch.sum(p.grad**2).item()
            if sq**0.5 > max_norm:
                for p in model.parameters():
                    if p.grad is not None:
                        p.grad.mul_(max_norm / sq**0.5)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item()
        samples += len(x)
    return total / samples


def takes_all_batches_for_full(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    batch_size = None
    total, samples = 0.0, 0
    for x, y in batches:
        if batch_size is None:
            batch_size = len(x)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * batch_size
        samples += len(x)
    return total / samples


def returns_the_last_loss(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    loss_value = 0.0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        loss_value = loss.item()
    return loss_value


def returns_no_loss(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    for x, y in batches:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()


def keeps_the_losses(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    losses = []
    sizes = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss)
        sizes.append(len(x))
    return sum(l.item() * n for l, n in zip(losses, sizes)) / sum(sizes)


def returns_a_graph(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total = total + loss * len(x)
        samples += len(x)
    return total / samples


def ends_after_one_batch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
        return total / samples


def leaves_out_short_batches(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    full = 0
    for x, y in batches:
        full = max(full, x.shape[0])
        if x.shape[0] < full:
            continue
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def scales_the_loss(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        (loss / len(x)).backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > max_norm:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


# ---------------------------------------------------------------- unknown mistakes


def unknown_1(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # backward on the sum over the batch (loss times batch size): the steps become too large
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y) * len(x)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item()
        samples += len(x)
    return total / samples


def unknown_2(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # the loss is measured again after the step
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        with torch.no_grad():
            total += loss_fn(model(x), y).item() * len(x)
        samples += len(x)
    return total / samples


def unknown_3(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # gradients are always scaled to max_norm, also when they are shorter
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((g * g).sum().item() for g in grads))
            if norm > 0:
                for g in grads:
                    g.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def unknown_4(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # a step at every second batch only, with the gradients of both (accumulation)
    model.train()
    total, samples = 0.0, 0
    optimizer.zero_grad()
    for i, (x, y) in enumerate(batches, start=1):
        loss = loss_fn(model(x), y)
        loss.backward()
        if i % 2 == 0:
            if max_norm is not None:
                clip_all(model.parameters(), max_norm)
            optimizer.step()
            optimizer.zero_grad()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def unknown_5(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # a softmax before the loss, which has one inside already
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(torch.softmax(model(x), dim=-1), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / samples


def unknown_6(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # returns an exponential moving average of the losses, not their mean
    model.train()
    average = None
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        average = loss.item() if average is None else 0.9 * average + 0.1 * loss.item()
    return average


def unknown_7(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # the scheduler steps twice a batch
    model.train()
    total, samples = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
        if scheduler is not None:
            scheduler.step()
    return total / samples


def unknown_8(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # starts from the second batch (the first was used up to look at its size)
    model.train()
    it = iter(batches)
    samples = 0
    total = 0.0
    size = len(next(it)[0])
    assert size > 0
    for x, y in it:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_all(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        samples += len(x)
    return total / max(samples, 1)


# ---------------------------------------------------------------- right ones


def right_1(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """torch.autograd.grad in place of backward; writes the gradients itself."""
    model.train()
    params = [p for p in model.parameters() if p.requires_grad]
    numerator = denominator = 0.0
    for x, y in batches:
        for p in params:
            p.grad = None
        loss = loss_fn(model(x), y)
        gradients = torch.autograd.grad(loss, params, allow_unused=True)
        for p, g in zip(params, gradients):
            p.grad = None if g is None else g.detach().clone()
        if max_norm is not None:
            clip_all(params, max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        numerator += loss.item() * y.shape[0]
        denominator += y.shape[0]
    return numerator / denominator


def right_2(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """A running mean, no sums; gradients zeroed at the end of the batch and once before."""
    model.train()
    for p in model.parameters():
        p.grad = None
    optimizer.zero_grad()
    mean, n = 0.0, 0
    for inputs, targets in batches:
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        if max_norm is not None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            norm = torch.stack(torch._foreach_norm(grads)).norm().item()
            if norm > max_norm:
                torch._foreach_mul_(grads, max_norm / norm)
        optimizer.step()
        getattr(scheduler, "step", lambda: None)()
        k = len(targets)
        n += k
        mean += (loss.item() - mean) * k / n
        optimizer.zero_grad()
    return mean


def right_3(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """A generator inside that does the work; fsum outside."""

    def run():
        for x, y in batches:
            model.train()
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                clip_all(model.parameters(), max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            yield loss.item(), len(x)

    pairs = list(run())
    return math.fsum(l * n for l, n in pairs) / sum(n for _, n in pairs)


def right_4(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # every module put into train mode by hand, sum of losses kept as a detached float64 tensor
    for module in model.modules():
        module.training = True
    total = torch.zeros((), dtype=torch.float64)
    samples = 0
    iterator = iter(batches)
    while True:
        try:
            x, y = next(iterator)
        except StopIteration:
            break
        model.zero_grad(set_to_none=True)
        optimizer.zero_grad()
        with torch.enable_grad():
            loss = loss_fn(model(x), y)
            loss.backward()
        if max_norm is not None:
            squares = 0.0
            for p in model.parameters():
                if p.grad is not None:
                    squares += float(np.sum(p.grad.detach().cpu().double().numpy() ** 2))
            norm = squares**0.5
            if norm > max_norm:
                for p in model.parameters():
                    if p.grad is not None:
                        p.grad.mul_(max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.detach().double().cpu() * len(x)
        samples += len(x)
    return (total / samples).item()


def right_5(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    # gradients clipped by a factor put together from `optimizer.params`
    model = model.train()
    sums, sizes = [], []
    for x, y in batches:
        optimizer.zero_grad()
        out = model(x)
        loss = loss_fn(out, y)
        loss.backward()
        factor = 1.0
        if max_norm is not None:
            norm = math.hypot(*(float(p.grad.norm()) for p in optimizer.params if p.grad is not None))
            factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
        if factor < 1.0:
            for p in optimizer.params:
                if p.grad is not None:
                    p.grad.data.mul_(factor)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        sums.append(loss.item() * x.size(0))
        sizes.append(x.size(0))
    return float(np.sum(sums) / np.sum(sizes))
