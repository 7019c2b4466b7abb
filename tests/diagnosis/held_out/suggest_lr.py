import math

import numpy as np
import torch


def ema(values, beta=0.9):
    avg, out = 0.0, []
    for i, v in enumerate(values, 1):
        avg = beta * avg + (1 - beta) * v
        out.append(avg / (1 - beta**i))
    return out


def finite_pairs(lrs, losses):
    return [(lr, loss) for lr, loss in zip(lrs, losses) if math.isfinite(loss)]


# ---------------------------------------------------------------- the known mistakes
def minimum(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    return min(pairs, key=lambda pair: pair[1])[0]


def minimum_over_ten(lrs, losses):
    x = np.array(lrs, dtype=float)
    y = np.array(losses, dtype=float)
    ok = np.isfinite(y)
    x, y = x[ok], np.array(ema(y[ok]))
    return float(x[np.argmin(y)]) / 10


def valley(lrs, losses):
    # after fastai: the longest decreasing subsequence, and the middle of it
    pairs = finite_pairs(lrs, losses)
    rates = [p[0] for p in pairs]
    y = ema([p[1] for p in pairs])
    n = len(y)
    max_start, max_end = 0, 0
    lds = [1] * n
    for i in range(1, n):
        for j in range(i):
            if y[i] < y[j] and lds[i] < lds[j] + 1:
                lds[i] = lds[j] + 1
            if lds[max_end] < lds[i]:
                max_end = i
                max_start = max_end - lds[max_end]
    sections = (max_end - max_start) / 3
    idx = max_start + int(sections) + int(sections / 2)
    return float(rates[max(idx, 0)])


def valley_at_two_thirds(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    rates = [p[0] for p in pairs]
    y = ema([p[1] for p in pairs])
    best_start, best_len = 0, 0
    start = 0
    for i in range(1, len(y)):
        if y[i] >= y[i - 1]:
            start = i
        elif i - start > best_len:
            best_start, best_len = start, i - start
    return rates[best_start + int(best_len * 2 / 3)]


def steepest_raw_step(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    y = np.array([loss for _, loss in pairs])
    return float(pairs[np.gradient(y).argmin()][0])


def largest_before_divergence(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    y = ema([p[1] for p in pairs])
    suggestion = pairs[0][0]
    for (lr, _), v in zip(pairs, y):
        if v <= y[0] and lr > suggestion:
            suggestion = lr
    return suggestion


def steepest_per_rate(lrs, losses):
    keep = [i for i, v in enumerate(losses) if math.isfinite(v)]
    x = np.array([lrs[i] for i in keep], dtype=float)
    y = np.array(ema([losses[i] for i in keep]))
    slope = np.gradient(y, x)
    return float(x[slope.argmin()])


def steepest_either_way(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    x = np.array([p[0] for p in pairs], dtype=float)
    y = np.array(ema([p[1] for p in pairs]))
    slope = np.gradient(y, np.log10(x))
    return float(x[np.argmax(np.abs(slope))])


def steepest_rise(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    smoothed = ema([p[1] for p in pairs])
    best_slope, best_lr = -math.inf, None
    for i in range(len(pairs) - 1):
        slope = (smoothed[i + 1] - smoothed[i]) / (math.log10(pairs[i + 1][0]) - math.log10(pairs[i][0]))
        if slope > best_slope:
            best_slope, best_lr = slope, pairs[i + 1][0]
    return best_lr


def steepest_in_proportion(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    x = np.log10([p[0] for p in pairs])
    y = np.log10(np.maximum(ema([p[1] for p in pairs]), 1e-12))
    return float(pairs[int(np.argmin(np.gradient(y, x)))][0])


def keeps_what_is_not_finite(lrs, losses):
    x = np.log10(np.asarray(lrs, dtype=float))
    y = np.array(ema(losses))
    return float(lrs[int(np.argmin(np.gradient(y, x)))])


def tenth_of_the_steepest(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    x = torch.tensor([p[0] for p in pairs], dtype=torch.float64)
    y = torch.tensor(ema([p[1] for p in pairs]), dtype=torch.float64)
    slope = torch.diff(y) / torch.diff(x.log10())
    return x[slope.argmin() + 1].item() / 10


def place_of_the_steepest(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    x = np.log10([p[0] for p in pairs])
    y = ema([p[1] for p in pairs])
    return int(np.argmin(np.gradient(y, x)))


def exponent_of_the_steepest(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    x = np.log10([p[0] for p in pairs])
    y = ema([p[1] for p in pairs])
    return float(x[np.argmin(np.gradient(y, x))])


def loss_of_the_steepest(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    x = np.log10([p[0] for p in pairs])
    y = ema([p[1] for p in pairs])
    slopes = (np.diff(y) / np.diff(x)).tolist()
    return float(pairs[slopes.index(min(slopes))][1])


def last_rate(lrs, losses):
    return float(lrs[-1])


# ---------------------------------------------------------------- mistakes in no line of the list
def unknown_1(lrs, losses):
    # the geometric middle between the first rate and that of the lowest loss
    pairs = finite_pairs(lrs, losses)
    y = ema([p[1] for p in pairs])
    return math.sqrt(pairs[0][0] * pairs[y.index(min(y))][0])


def unknown_2(lrs, losses):
    # the first rate at which the smoothed loss has fallen by a tenth of its start
    pairs = finite_pairs(lrs, losses)
    y = ema([p[1] for p in pairs])
    for (lr, _), v in zip(pairs, y):
        if v < 0.9 * y[0]:
            return lr
    return pairs[-1][0]


def unknown_3(lrs, losses):
    # ten times the rate of the steepest fall
    pairs = finite_pairs(lrs, losses)
    x = np.array([p[0] for p in pairs])
    y = ema([p[1] for p in pairs])
    return float(10 * x[np.argmin(np.gradient(y, np.log10(x)))])


def unknown_4(lrs, losses):
    # where the curve bends most (second derivative), not where it falls fastest
    pairs = finite_pairs(lrs, losses)
    x = np.log10([p[0] for p in pairs])
    y = ema([p[1] for p in pairs])
    curvature = np.gradient(np.gradient(y, x), x)
    return float(pairs[int(np.argmax(curvature))][0])


def unknown_5(lrs, losses):
    # the rate in the middle of the test, whatever the losses are
    return float(sorted(lrs)[len(lrs) // 2])


def unknown_6(lrs, losses):
    # the first rate, whatever the losses are
    return float(lrs[0])


def unknown_7(lrs, losses):
    # the first fall that is followed by a rise: the first local minimum of the smoothed loss
    pairs = finite_pairs(lrs, losses)
    y = ema([p[1] for p in pairs])
    for i in range(1, len(y) - 1):
        if y[i] < y[i - 1] and y[i] <= y[i + 1]:
            return pairs[i][0]
    return pairs[-1][0]


# ---------------------------------------------------------------- right
def right_1(lrs, losses):
    pairs = finite_pairs(lrs, losses)
    y = ema([p[1] for p in pairs])
    x = [math.log10(p[0]) for p in pairs]
    _, rate = min(((y[i] - y[i - 1]) / (x[i] - x[i - 1]), pairs[i][0]) for i in range(1, len(x)))
    return rate


def right_2(lrs, losses):
    x = np.asarray(lrs, dtype=float)
    y = np.asarray(losses, dtype=float)
    mask = np.isfinite(y)
    x, y = x[mask], y[mask]
    w = 0.9 ** np.arange(len(y))
    y = np.convolve(y, w)[: len(y)] / np.cumsum(w)
    return float(x[np.gradient(y, np.log10(x)).argmin()])


def right_3(lrs, losses):
    # everything in torch, natural logarithms (a constant factor does not matter)
    y = torch.tensor([float(v) for v in losses], dtype=torch.float64)
    x = torch.tensor([float(v) for v in lrs], dtype=torch.float64)[torch.isfinite(y)]
    y = y[torch.isfinite(y)]
    s, acc = torch.empty_like(y), 0.0
    for i in range(len(y)):
        acc = 0.9 * acc + 0.1 * y[i].item()
        s[i] = acc / (1 - 0.9 ** (i + 1))
    (slope,) = torch.gradient(s, spacing=(x.log(),))
    return float(x[slope.argmin()])


def right_4(lrs, losses):
    best = None
    previous = None
    avg = 0.0
    count = 0
    for lr, loss in zip(lrs, losses):
        if loss != loss or loss in (float("inf"), float("-inf")):
            continue
        count += 1
        avg = 0.9 * avg + 0.1 * loss
        value = avg / (1 - 0.9**count)
        if previous is not None:
            decades = math.log10(lr / previous[0])
            fall = (previous[1] - value) / decades
            if best is None or fall > best[0]:
                best = (fall, lr)
        previous = (lr, value)
    return best[1]
