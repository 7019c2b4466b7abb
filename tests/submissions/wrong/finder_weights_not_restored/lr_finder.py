"""LR finder: a generator tries the rates."""

import math


def endless(batches):
    """All batches, and then the same ones again and again."""
    seen = []
    for batch in batches:
        seen.append(batch)
        yield batch
    while True:
        yield from seen


def geometric(start, end, count):
    for i in range(count):
        yield start * (end / start) ** (i / (count - 1))


def running_mean(beta):
    """Send a loss, get the corrected average so far."""
    average, power = 0.0, 1.0
    corrected = None
    while True:
        loss = yield corrected
        average = beta * average + (1 - beta) * loss
        power *= beta
        corrected = average / (1 - power)


def attempts(model, loss_fn, batches, optimizer, rates, divergence):
    """One training step for each rate; yields (rate, loss) as soon as they are known."""
    lowest_loss = math.inf
    for lr, (x, y) in zip(rates, endless(batches)):
        optimizer.lr = lr
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        value = loss.item()
        yield lr, value
        lowest_loss = min(lowest_loss, value)
        if math.isnan(value) or math.isinf(value) or value > lowest_loss * divergence:
            return
        loss.backward()
        optimizer.step()


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    lr, training = optimizer.lr, model.training
    model.train()
    rates = geometric(lr_min, lr_max, num_steps)
    pairs = list(attempts(model, loss_fn, batches, optimizer, rates, divergence))
    model.train(training)
    optimizer.lr = lr
    return [lr for lr, _ in pairs], [loss for _, loss in pairs]


def smooth(losses, beta=0.9):
    mean = running_mean(beta)
    next(mean)
    return [mean.send(loss) for loss in losses]


def finite(lrs, losses):
    for lr, loss in zip(lrs, losses):
        if math.isfinite(loss):
            yield lr, loss


def slopes(lrs, curve):
    """(slope per decade, rate) at every inner point and at both ends."""
    last = len(lrs) - 1
    for i, lr in enumerate(lrs):
        left, right = max(i - 1, 0), min(i + 1, last)
        yield (curve[right] - curve[left]) / math.log10(lrs[right] / lrs[left]), lr


def suggest_lr(lrs, losses):
    rates, values = zip(*finite(lrs, losses))
    return min(slopes(rates, smooth(values)))[1]


def jumps(losses):
    """How far each loss lies above the lowest average before it."""
    mean = running_mean(0.9)
    next(mean)
    lowest = mean.send(losses[0])
    for loss in losses[1:]:
        yield loss - lowest
        lowest = min(lowest, mean.send(loss))


def diagnose(losses):
    if any(math.isnan(loss) or math.isinf(loss) for loss in losses):
        return "too high"
    end = smooth(losses)[-1] / losses[0]
    if end > 1.1 or any(jump > 0.3 * losses[0] for jump in jumps(losses)):
        return "too high"
    return "good" if end < 0.93 else "too low"
