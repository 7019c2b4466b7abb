import math
import statistics

import numpy as np

# mistakes.md has no line on diagnose: these are names of the list.


def overlooks_nan(losses):
    first = losses[0]
    lowest = math.inf
    for loss in losses:
        if loss == math.inf or loss > lowest + 0.5 * first:
            return "too high"
        if loss < lowest:
            lowest = loss
    finite = [loss for loss in losses if loss == loss]
    if not finite:
        return "good"
    k = max(1, len(finite) // 10)
    start, end = sum(finite[:k]) / k, sum(finite[-k:]) / k
    if end > 1.05 * start:
        return "too high"
    if end > 0.92 * start:
        return "too low"
    return "good"


def ends_alone(losses):
    if not np.isfinite(losses).all():
        return "too high"
    change = (losses[-1] - losses[0]) / losses[0]
    if change > 0.05:
        return "too high"
    return "too low" if change > -0.08 else "good"


def spikes_alone(losses):
    x = np.asarray(losses, dtype=float)
    if not np.all(np.isfinite(x)):
        return "too high"
    if len(x) > 1 and np.diff(x).max() > 0.5 * x[0]:
        return "too high"
    k = max(1, len(x) // 10)
    # growth little by little falls through to here, and it is a change
    if abs(x[-k:].mean() - x[:k].mean()) < 0.08 * x[:k].mean():
        return "too low"
    return "good"


def growth_is_too_low(losses):
    for value in losses:
        if math.isnan(value) or math.isinf(value):
            return "too high"
    for previous, value in zip(losses, losses[1:]):
        if value - previous > 0.5 * losses[0]:
            return "too high"
    k = max(1, len(losses) // 10)
    fall = statistics.fmean(losses[:k]) - statistics.fmean(losses[-k:])
    if fall < 0.08 * statistics.fmean(losses[:k]):
        return "too low"
    return "good"


def any_rise_is_a_spike(losses):
    if any(not math.isfinite(x) for x in losses):
        return "too high"
    if any(b > a for a, b in zip(losses[:-1], losses[1:])):
        return "too high"
    if losses[-1] > 0.92 * losses[0]:
        return "too low"
    return "good"


def flat_end_is_too_low(losses):
    x = np.array(losses, dtype=np.float64)
    if not np.isfinite(x).all():
        return "too high"
    k = max(1, len(x) // 10)
    if (x - np.minimum.accumulate(x)).max() > 0.5 * x[0] or x[-k:].mean() > 1.05 * x[:k].mean():
        return "too high"
    tail = x[-max(2, len(x) // 4) :]
    half = max(1, len(tail) // 2)
    if tail[:half].mean() - tail[-half:].mean() < 0.01 * x[:k].mean():
        return "too low"
    return "good"


def any_fall_is_good(losses):
    if not all(map(math.isfinite, losses)):
        return "too high"
    low = losses[0]
    for loss in losses:
        low = min(low, loss)
        if loss - low > 0.5 * losses[0]:
            return "too high"
    k = max(1, len(losses) // 10)
    start, end = sum(losses[:k]) / k, sum(losses[-k:]) / k
    if end < start:
        return "good"
    return "too high" if end > 1.05 * start else "too low"


def words_swapped(losses):
    x = np.asarray(losses, dtype=float)
    if not np.isfinite(x).all() or (x - np.minimum.accumulate(x)).max() > 0.5 * x[0]:
        return "too low"
    k = max(1, len(x) // 10)
    ratio = x[-k:].mean() / x[:k].mean()
    if ratio > 1.05:
        return "too low"
    return "too high" if ratio > 0.92 else "good"


def flat_is_too_high(losses):
    if not all(math.isfinite(x) for x in losses):
        return "too high"
    low = math.inf
    for x in losses:
        low = min(low, x)
        if x > low + 0.5 * losses[0]:
            return "too high"
    k = max(1, len(losses) // 10)
    start, end = sum(losses[:k]) / k, sum(losses[-k:]) / k
    if end < 0.92 * start:
        return "good"
    if end < start * 0.5:
        return "too low"
    return "too high"


def low_once_is_good(losses):
    k = max(1, len(losses) // 10)
    start = sum(losses[:k]) / k
    if not all(math.isfinite(x) for x in losses):
        return "too high"
    if min(losses) < 0.7 * start:
        return "good"
    low = math.inf
    for x in losses:
        low = min(low, x)
        if x > low + 0.5 * losses[0]:
            return "too high"
    end = sum(losses[-k:]) / k
    if end > 1.05 * start:
        return "too high"
    return "good" if end < 0.92 * start else "too low"


def no_verdict_for_flat(losses):
    if not all(math.isfinite(x) for x in losses):
        return "too high"
    low = math.inf
    for x in losses:
        low = min(low, x)
        if x > low + 0.5 * losses[0]:
            return "too high"
    k = max(1, len(losses) // 10)
    start, end = sum(losses[:k]) / k, sum(losses[-k:]) / k
    if end > 1.05 * start:
        return "too high"
    elif end < 0.92 * start:
        return "good"
    elif end < 0.0:
        return "too low"


# looks at the first ten losses alone, so whatever happens later is unseen
def unknown_1(losses):
    x = np.asarray(losses[:10], dtype=float)
    if not np.isfinite(x).all() or (x - np.minimum.accumulate(x)).max() > 0.5 * x[0]:
        return "too high"
    if x[-1] > 1.05 * x[0]:
        return "too high"
    return "too low" if x[-1] > 0.99 * x[0] else "good"


# a fall must be one whole unit of loss, however small the losses are from the start
def unknown_2(losses):
    x = np.asarray(losses, dtype=float)
    if not np.isfinite(x).all() or (x - np.minimum.accumulate(x)).max() > 0.5 * x[0]:
        return "too high"
    k = max(1, len(x) // 10)
    if x[-k:].mean() > 1.05 * x[:k].mean():
        return "too high"
    return "good" if x[:k].mean() - x[-k:].mean() > 1.0 else "too low"


# any loss above 10 is a spike, even if the curve starts there and falls
def unknown_3(losses):
    if any(not math.isfinite(x) or x > 10 for x in losses):
        return "too high"
    low = math.inf
    for x in losses:
        low = min(low, x)
        if x > low + 0.5 * losses[0]:
            return "too high"
    k = max(1, len(losses) // 10)
    start, end = sum(losses[:k]) / k, sum(losses[-k:]) / k
    if end > 1.05 * start:
        return "too high"
    return "good" if end < 0.92 * start else "too low"


# the range of the losses is taken for a spike, in whatever order they come: a strong fall is "too high"
def unknown_4(losses):
    x = np.asarray(losses, dtype=float)
    if not np.isfinite(x).all() or x.max() > 2 * x.min():
        return "too high"
    k = max(1, len(x) // 10)
    ratio = x[-k:].mean() / x[:k].mean()
    if ratio > 1.05:
        return "too high"
    return "too low" if ratio > 0.92 else "good"


def right_1(losses):
    """NumPy without branches on the way: three facts, then a table."""
    x = np.fromiter(losses, dtype=np.float64)
    with np.errstate(all="ignore"):
        k = max(1, x.size // 10)
        scale = np.median(x[:k])
        wild = not np.isfinite(x.sum()) or np.max(x - np.minimum.accumulate(x)) > 0.5 * abs(scale)
        change = (np.median(x[-k:]) - scale) / abs(scale)
    high = bool(wild or change > 0.05)
    flat = bool(change > -0.06)
    return {(True, True): "too high", (True, False): "too high", (False, True): "too low", (False, False): "good"}[
        high, flat
    ]


def right_2(losses):
    """One pass: a running low, a head and a tail kept by two short lists."""
    width = max(1, len(losses) // 8)
    head, tail, low, jump = [], [], float("inf"), 0.0
    for loss in losses:
        if not -float("inf") < loss < float("inf"):
            return "too high"
        if len(head) < width:
            head.append(loss)
        tail = [*tail, loss][-width:]
        low = min(low, loss)
        jump = max(jump, loss - low)
    start, end = statistics.fmean(head), statistics.fmean(tail)
    verdicts = (("too high", jump > start / 2), ("too high", end > start * 1.06), ("too low", end > start * 0.94))
    return next((word for word, holds in verdicts if holds), "good")
