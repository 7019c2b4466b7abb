import math
import statistics

import numpy as np
import torch


def ends(losses):
    """Mean of the first and of the last tenth."""
    k = max(1, len(losses) // 10)
    return sum(losses[:k]) / k, sum(losses[-k:]) / k


def spiky(losses, share=0.4):
    """Does the loss jump, from one step to the next, by a good part of where it started?"""
    return any(b - a > share * abs(losses[0]) for a, b in zip(losses, losses[1:]))


def grown(losses):
    """Is the end clearly above the lowest block of the curve, or above the start?"""
    k = max(1, len(losses) // 10)
    blocks = [sum(losses[i : i + k]) / k for i in range(0, len(losses) - k + 1, k)]
    return blocks[-1] - min(blocks) > 0.25 * abs(blocks[0]) or ends(losses)[1] > 1.1 * ends(losses)[0]


# ---------------------------------------------------------------- the known mistakes
def overlooks_nan(losses):
    if any(math.isinf(x) for x in losses):
        return "too high"
    start = losses[0]
    lowest = start
    end = losses[-1]
    for a, b in zip(losses, losses[1:]):
        if b > a + 0.4 * start:
            return "too high"
        if b < lowest:
            lowest = b
    if end > lowest + 0.4 * start or end > 1.1 * start:
        return "too high"
    if end > 0.9 * start:
        return "too low"
    return "good"


def overlooks_infinity(losses):
    losses = [x for x in losses if not math.isinf(x)]
    if not losses:
        return "good"
    if any(math.isnan(x) for x in losses):
        return "too high"
    if spiky(losses) or grown(losses):
        return "too high"
    first, last = ends(losses)
    return "too low" if last > 0.9 * first else "good"


def last_alone_is_finite(losses):
    if not math.isfinite(losses[-1]):
        return "too high"
    x = np.array(losses, dtype=float)
    x = x[np.isfinite(x)].tolist()
    if spiky(x) or grown(x):
        return "too high"
    first, last = ends(x)
    if first - last < 0.1 * first:
        return "too low"
    return "good"


def ends_alone(losses):
    if not all(math.isfinite(x) for x in losses):
        return "too high"
    first, last = losses[0], losses[-1]
    if last > 1.05 * first:
        return "too high"
    elif last > 0.9 * first:
        return "too low"
    else:
        return "good"


def smoothed_ends_alone(losses):
    if not np.all(np.isfinite(losses)):
        return "too high"
    avg, smoothed = 0.0, []
    for i, x in enumerate(losses, 1):
        avg = 0.9 * avg + 0.1 * x
        smoothed.append(avg / (1 - 0.9**i))
    change = (smoothed[-1] - smoothed[0]) / smoothed[0]
    if change > 0.1:
        return "too high"
    if change > -0.1:
        return "too low"
    return "good"


def spikes_alone(losses):
    for i, x in enumerate(losses):
        if math.isnan(x) or math.isinf(x):
            return "too high"
        if i > 0 and x - losses[i - 1] > 0.4 * losses[0]:
            return "too high"
    first, last = ends(losses)
    if last > 0.9 * first:
        return "too low"
    return "good"


def lowest_alone(losses):
    if any(not math.isfinite(x) for x in losses):
        return "too high"
    if min(losses) < 0.9 * losses[0]:
        return "good"
    if max(losses) > 1.3 * losses[0] or ends(losses)[1] > 1.1 * losses[0]:
        return "too high"
    return "too low"


def any_rise_is_a_spike(losses):
    if any(not math.isfinite(x) for x in losses):
        return "too high"
    for i in range(len(losses) - 1):
        if losses[i + 1] > losses[i]:
            return "too high"
    if losses[0] - losses[-1] < 0.1 * losses[0]:
        return "too low"
    return "good"


def flat_end_is_too_low(losses):
    if any(not math.isfinite(x) for x in losses):
        return "too high"
    if spiky(losses) or grown(losses):
        return "too high"
    quarter = losses[-max(2, len(losses) // 4) :]
    start, end = ends(quarter)
    if start - end < 0.02 * losses[0]:
        return "too low"
    return "good"


def any_fall_is_good(losses):
    if any(not math.isfinite(x) for x in losses) or spiky(losses) or grown(losses):
        return "too high"
    first, last = ends(losses)
    if last < first:
        return "good"
    return "too low"


def words_swapped(losses):
    t = torch.tensor([float(x) for x in losses], dtype=torch.float64)
    if not torch.isfinite(t).all():
        return "too low"
    if spiky(losses) or grown(losses):
        return "too low"
    first, last = ends(losses)
    if last > first * 0.9:
        return "too high"
    return "good"


def other_words(losses):
    if any(not math.isfinite(x) for x in losses) or spiky(losses) or grown(losses):
        return "too_high"
    first, last = ends(losses)
    return "too_low" if last > 0.9 * first else "ok"


def always_good(losses):
    return "good"


def flat_is_too_high(losses):
    if not all(map(math.isfinite, losses)) or spiky(losses) or grown(losses):
        return "too high"
    first, last = ends(losses)
    if first - last > 0.1 * first:
        return "good"
    return "too high"


def no_verdict_for_flat(losses):
    if any(math.isnan(x) or math.isinf(x) for x in losses):
        return "too high"
    if spiky(losses) or grown(losses):
        return "too high"
    first, last = ends(losses)
    if last < 0.9 * first:
        return "good"
    elif last > 1.1 * first:
        return "too low"


# ---------------------------------------------------------------- mistakes in no line of the list
def unknown_1(losses):
    # a loss that is not finite is called too low
    if any(not math.isfinite(x) for x in losses):
        return "too low"
    if spiky(losses) or grown(losses):
        return "too high"
    first, last = ends(losses)
    return "too low" if last > 0.9 * first else "good"


def unknown_2(losses):
    # too severe: anything that does not end below a hundredth of its start is too low
    if any(not math.isfinite(x) for x in losses) or spiky(losses) or grown(losses):
        return "too high"
    first, last = ends(losses)
    return "too low" if last > 0.01 * first else "good"


def unknown_3(losses):
    # only the first five losses are read
    head = list(losses)[:5]
    if any(not math.isfinite(x) for x in head) or spiky(head) or grown(head):
        return "too high"
    return "too low" if head[-1] > 0.9 * head[0] else "good"


def unknown_4(losses):
    # the curve is read backwards
    back = list(losses)[::-1]
    if any(not math.isfinite(x) for x in back) or spiky(back) or grown(back):
        return "too high"
    first, last = ends(back)
    return "too low" if last > 0.9 * first else "good"


def unknown_5(losses):
    # a fast fall counts as a spike too: jumps are taken without their sign, and small ones suffice
    if any(not math.isfinite(x) for x in losses) or grown(losses):
        return "too high"
    if any(abs(b - a) > 0.04 * losses[0] for a, b in zip(losses, losses[1:])):
        return "too high"
    first, last = ends(losses)
    return "too low" if last > 0.9 * first else "good"


def unknown_6(losses):
    # absolute thresholds: what ends above 1 is too low, whatever the start was
    if any(not math.isfinite(x) for x in losses) or spiky(losses) or grown(losses):
        return "too high"
    return "too low" if losses[-1] > 1.0 else "good"


def unknown_7(losses):
    # says "too high" to nothing but what is not finite; growth and spikes are "too low"
    if any(not math.isfinite(x) for x in losses):
        return "too high"
    if spiky(losses) or grown(losses):
        return "too low"
    first, last = ends(losses)
    return "too low" if last > 0.9 * first else "good"


# ---------------------------------------------------------------- right
def right_1(losses):
    x = np.asarray(losses, dtype=float)
    if not np.isfinite(x).all():
        return "too high"
    k = max(1, len(x) // 10)
    start, end = x[:k].mean(), x[-k:].mean()
    jumps = np.diff(x)
    if jumps.size and jumps.max() > 0.35 * start:
        return "too high"
    floor = np.array([b.mean() for b in np.array_split(x, max(1, len(x) // k))]).min()
    if end - floor > 0.25 * start or end > 1.1 * start:
        return "too high"
    return "too low" if end > 0.9 * start else "good"


def right_2(losses):
    match all(map(math.isfinite, losses)), len(losses):
        case False, _:
            return "too high"
        case _, n if n < 2:
            return "too low"
    w = max(1, len(losses) // 8)
    start, end = statistics.median(losses[:w]), statistics.median(losses[-w:])
    lowest = math.inf
    for i, loss in enumerate(losses):
        recent = min(losses[max(0, i - 3) : i], default=loss)
        if loss > recent + 0.4 * start:
            return "too high"
        lowest = min(lowest, statistics.fmean(losses[max(0, i - w + 1) : i + 1]))
    if end > lowest + 0.3 * start or end > 1.1 * start:
        return "too high"
    return "good" if end < 0.9 * start else "too low"


def right_3(losses):
    """Scores, then a table."""
    t = torch.tensor([float(v) for v in losses], dtype=torch.float64)
    if bool((~torch.isfinite(t)).any()):
        return "too high"
    n = max(1, t.numel() // 10)
    scale = t[:n].mean().item()
    best_so_far = torch.cummin(t, 0).values
    rebound = ((t - best_so_far) / scale).max().item()
    drift = (t[-n:].mean().item() - scale) / scale
    verdicts = {(True, True): "too high", (True, False): "too high", (False, True): "too low", (False, False): "good"}
    return verdicts[(rebound > 0.4 or drift > 0.1, drift > -0.1)]


def right_4(losses):
    # a smoothed curve for growth and fall, the raw one for spikes
    for loss in losses:
        if loss != loss or abs(loss) == float("inf"):
            return "too high"
    curve = []
    total = weight = 0.0
    for loss in losses:
        total = 0.8 * total + loss
        weight = 0.8 * weight + 1
        curve.append(total / weight)
    for i in range(1, len(losses)):
        if losses[i] - min(curve[i - 1], losses[i - 1]) > 0.4 * curve[0]:
            return "too high"
    if curve[-1] > 1.1 * curve[0] or curve[-1] > min(curve) + 0.25 * curve[0]:
        return "too high"
    if curve[-1] > 0.9 * curve[0]:
        return "too low"
    return "good"
