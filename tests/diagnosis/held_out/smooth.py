import math
from itertools import accumulate

import numpy as np
import torch


# ---------------------------------------------------------------- the known mistakes
def no_correction(losses, beta=0.9):
    out, avg = [], 0.0
    for loss in losses:
        avg += (1 - beta) * (loss - avg)
        out.append(avg)
    return out


def started_at_the_first_loss(losses, beta=0.9):
    smoothed = []
    for loss in losses:
        if not smoothed:
            smoothed.append(float(loss))
        else:
            smoothed.append(beta * smoothed[-1] + (1 - beta) * loss)
    return smoothed


def weight_on_the_new_loss(losses, beta=0.9):
    return list(accumulate(losses, lambda past, new: beta * new + (1 - beta) * past))


def weights_swapped(losses, beta=0.9):
    a = 0.0
    result = []
    for i, loss in enumerate(losses, start=1):
        a = (1 - beta) * a + beta * loss
        result.append(a / (1 - beta**i))
    return result


def correction_shifted(losses, beta=0.9):
    a = 0.0
    t = 1
    result = []
    for loss in losses:
        a = beta * a + (1 - beta) * loss
        t += 1
        result.append(a / (1 - beta**t))
    return result


def correction_frozen(losses, beta=0.9):
    values = np.zeros(len(losses))
    a = 0.0
    for i in range(len(losses)):
        a = beta * a + (1 - beta) * losses[i]
        values[i] = a / (1 - beta**1)
    return values.tolist()


def correction_of_the_end(losses, beta=0.9):
    avgs = []
    m = 0.0
    for loss in losses:
        m = beta * m + (1 - beta) * loss
        avgs.append(m)
    correction = 1 - beta ** len(losses)
    return [m / correction for m in avgs]


def stores_the_corrected(losses, beta=0.9):
    avg = 0.0
    out = []
    for i, x in enumerate(losses):
        avg = beta * avg + (1 - beta) * x
        avg = avg / (1 - beta ** (i + 1))
        out.append(avg)
    return out


def sum_instead_of_mean(losses, beta=0.9):
    avg = 0.0
    out = []
    for i, x in enumerate(losses, 1):
        avg = beta * avg + x
        out.append(avg / (1 - beta**i))
    return out


def beta_ignored(losses, beta=0.9):
    s, w, res = 0.0, 0.0, []
    for x in losses:
        s = 0.9 * s + 0.1 * x
        w = 0.9 * w + 0.1
        res.append(s / w)
    return res


def other_default(losses, beta=0.98):
    s, power, res = 0.0, 1.0, []
    for x in losses:
        s = beta * s + (1 - beta) * x
        power *= beta
        res.append(s / (1 - power))
    return res


def window_mean(losses, beta=0.9):
    window = max(1, round(1 / (1 - beta)))
    out = []
    for i in range(len(losses)):
        part = losses[max(0, i - window + 1) : i + 1]
        out.append(sum(part) / len(part))
    return out


def mean_so_far(losses, beta=0.9):
    x = np.asarray(losses, dtype=float)
    return (np.cumsum(x) / np.arange(1, len(x) + 1)).tolist()


def one_late(losses, beta=0.9):
    avg = 0.0
    out = []
    for i, loss in enumerate(losses):
        if i == 0:
            out.append(avg)
        else:
            out.append(avg / (1 - beta**i))
        avg = beta * avg + (1 - beta) * loss
    return out


def starts_with_zero(losses, beta=0.9):
    avg = [0.0]
    for loss in losses:
        avg.append(beta * avg[-1] + (1 - beta) * loss)
    return [a / (1 - beta**i) if i > 0 else a for i, a in enumerate(avg)]


def last_value_alone(losses, beta=0.9):
    avg, t = 0.0, 0
    value = 0.0
    for loss in losses:
        t += 1
        avg = beta * avg + (1 - beta) * loss
        value = avg / (1 - beta**t)
    return value


def overwrites_the_losses(losses, beta=0.9):
    avg = 0.0
    for i in range(len(losses)):
        avg = beta * avg + (1 - beta) * losses[i]
        losses[i] = avg / (1 - beta ** (i + 1))
    return losses


# ---------------------------------------------------------------- mistakes in no line of the list
def unknown_1(losses, beta=0.9):
    # multiplies by the correction instead of dividing by it
    a, out = 0.0, []
    for i, x in enumerate(losses, 1):
        a = beta * a + (1 - beta) * x
        out.append(a * (1 - beta**i))
    return out


def unknown_2(losses, beta=0.9):
    # smooths twice
    def once(xs):
        a, out = 0.0, []
        for i, x in enumerate(xs, 1):
            a = beta * a + (1 - beta) * x
            out.append(a / (1 - beta**i))
        return out

    return once(once(losses))


def unknown_3(losses, beta=0.9):
    # runs from the end to the start: an average of the future
    a, out = 0.0, []
    for i, x in enumerate(reversed(list(losses)), 1):
        a = beta * a + (1 - beta) * x
        out.append(a / (1 - beta**i))
    return out[::-1]


def unknown_4(losses, beta=0.9):
    # averages the logarithms (a geometric mean)
    a, out = 0.0, []
    for i, x in enumerate(losses, 1):
        a = beta * a + (1 - beta) * math.log(max(x, 1e-12))
        out.append(math.exp(a / (1 - beta**i)))
    return out


def unknown_5(losses, beta=0.9):
    # the root of the correction, as if it were Adam's second moment
    a, out = 0.0, []
    for i, x in enumerate(losses, 1):
        a = beta * a + (1 - beta) * x
        out.append(a / math.sqrt(1 - beta**i))
    return out


def unknown_6(losses, beta=0.9):
    # the exponent is the loss's index times two: wrong beta in the correction (beta squared)
    a, out = 0.0, []
    for i, x in enumerate(losses, 1):
        a = beta * a + (1 - beta) * x
        out.append(a / (1 - beta ** (2 * i)))
    return out


# ---------------------------------------------------------------- right
def right_1(losses, beta=0.9):
    """Directly: the mean of all losses up to i, weighted by beta to the power of their age."""
    return [
        sum(beta ** (i - j) * losses[j] for j in range(i + 1)) / sum(beta**k for k in range(i + 1))
        for i in range(len(losses))
    ]


def right_2(losses, beta=0.9):
    total = weight = 0.0
    out = []
    for x in losses:
        total, weight = beta * total + x, beta * weight + 1
        out.append(total / weight)
    return out


def right_3(losses, beta=0.9):
    # the corrected average itself, with a rate that depends on the step
    value, out = 0.0, []
    for i, x in enumerate(losses, 1):
        value += (x - value) * (1 - beta) / (1 - beta**i)
        out.append(value)
    return out


def right_4(losses, beta=0.9):
    x = torch.tensor([float(v) for v in losses], dtype=torch.float64)
    n = len(x)
    age = torch.arange(n)[:, None] - torch.arange(n)[None, :]
    weights = torch.where(age >= 0, torch.tensor(beta, dtype=torch.float64) ** age.clamp(min=0), 0.0)
    return (weights / weights.sum(1, keepdim=True) @ x).tolist()


def right_5(losses, beta=0.9):
    def gen():
        a = 0.0
        for i, x in enumerate(losses):
            a = a * beta + x * (1 - beta)
            yield a / (1 - pow(beta, i + 1))

    return list(gen())
