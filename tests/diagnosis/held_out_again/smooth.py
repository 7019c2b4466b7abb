import itertools
import math

import numpy as np


def no_correction(losses, beta=0.9):
    out = []
    avg = 0.0
    for loss in losses:
        avg = beta * avg + (1 - beta) * loss
        out.append(avg)
    return out


# Names of the list that mistakes.md does not mention.


def started_at_the_first_loss(losses, beta=0.9):
    return list(itertools.accumulate(losses, lambda a, x: beta * a + (1 - beta) * x))


def weights_swapped(losses, beta=0.9):
    # exact weighted mean, newest first, but 1 - beta fades the past
    num = den = 0.0
    result = []
    for x in losses:
        num = (1 - beta) * num + beta * x
        den = (1 - beta) * den + beta
        result.append(num / den)
    return result


def correction_shifted(losses, beta=0.9):
    ema, smoothed, i = 0.0, [], 1
    for loss in losses:
        i += 1
        ema += (1 - beta) * (loss - ema)
        smoothed.append(ema / (1 - beta**i))
    return smoothed


def stores_the_corrected(losses, beta=0.9):
    avg, out = 0.0, []
    for t, loss in enumerate(losses, 1):
        avg = beta * avg + (1 - beta) * loss
        avg = avg / (1 - beta**t)
        out.append(avg)
    return out


def one_late(losses, beta=0.9):
    a, out = 0.0, []
    for i, loss in enumerate(losses, start=1):
        out.append(a / (1 - beta ** (i - 1)) if i > 1 else 0.0)
        a = beta * a + (1 - beta) * loss
    return out


def beta_ignored(losses, beta=0.9):
    values = np.zeros(len(losses))
    running = 0.0
    for i in range(len(losses)):
        running = 0.9 * running + 0.1 * losses[i]
        values[i] = running / (1 - 0.9 ** (i + 1))
    return values.tolist()


def overwrites_the_losses(losses, beta=0.9):
    a = 0.0
    for i, loss in enumerate(losses):
        a = beta * a + (1 - beta) * loss
        losses[i] = a / (1 - beta ** (i + 1))
    return losses


def window_mean(losses, beta=0.9):
    width = max(1, round(1 / (1 - beta)))
    return [float(np.mean(losses[max(0, i + 1 - width) : i + 1])) for i in range(len(losses))]


# runs from the end to the start, so each value is a mean of the losses to come
def unknown_1(losses, beta=0.9):
    out, a = [], 0.0
    for i, x in enumerate(reversed(losses), 1):
        a = beta * a + (1 - beta) * x
        out.append(a / (1 - beta**i))
    return out[::-1]


# averages the logarithms: a geometric mean
def unknown_2(losses, beta=0.9):
    out, a = [], 0.0
    for i, x in enumerate(losses, 1):
        a = beta * a + (1 - beta) * math.log(x)
        out.append(math.exp(a / (1 - beta**i)))
    return out


# rounded to two decimals, as for a table
def unknown_3(losses, beta=0.9):
    out, a = [], 0.0
    for i, x in enumerate(losses, 1):
        a = beta * a + (1 - beta) * x
        out.append(round(a / (1 - beta**i), 2))
    return out


# the correction ends after 1/(1 - beta) steps, while the average still lacks a third of its weight
def unknown_4(losses, beta=0.9):
    out, a = [], 0.0
    for i, x in enumerate(losses, 1):
        a = beta * a + (1 - beta) * x
        out.append(a / (1 - beta**i) if i <= 1 / (1 - beta) else a)
    return out


def right_1(losses, beta=0.9):
    """1 - beta cancels: a weighted sum over the sum of its weights."""
    sums = itertools.accumulate(losses, lambda s, x: (beta * s[0] + x, beta * s[1] + 1.0), initial=(0.0, 0.0))
    return [float(top / bottom) for top, bottom in itertools.islice(sums, 1, None)]


def right_2(losses, beta=0.9):
    """Each value by itself, as a dot product with powers of beta."""
    x = np.asarray(losses, dtype=np.float64)
    powers = np.power(float(beta), np.arange(x.size))
    return [float(np.dot(powers[: n][::-1], x[:n]) / powers[:n].sum()) for n in range(1, x.size + 1)]
