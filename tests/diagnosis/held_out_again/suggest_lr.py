import math

import numpy as np
import torch


def minimum(lrs, losses):
    best_lr, best = lrs[0], math.inf
    for lr, loss in zip(lrs, losses):
        if math.isfinite(loss) and loss < best:
            best_lr, best = lr, loss
    return float(best_lr)


def steepest_either_way(lrs, losses):
    x, y = np.asarray(lrs, dtype=float), np.asarray(losses, dtype=float)
    ok = np.isfinite(y)
    x, y = x[ok], y[ok]
    smoothed, a = np.empty_like(y), 0.0
    for i, value in enumerate(y):
        a = 0.9 * a + 0.1 * value
        smoothed[i] = a / (1 - 0.9 ** (i + 1))
    slope = np.gradient(smoothed, np.log10(x))
    return float(x[np.abs(slope).argmax()])


def steepest_per_rate(lrs, losses):
    pairs = [(lr, loss) for lr, loss in zip(lrs, losses) if math.isfinite(loss)]
    rates = [p[0] for p in pairs]
    num = den = 0.0
    smoothed = []
    for _, loss in pairs:
        num, den = 0.9 * num + loss, 0.9 * den + 1
        smoothed.append(num / den)
    return rates[int(np.argmin(np.gradient(smoothed, rates)))]


# Names of the list that mistakes.md does not mention.


def steepest_raw_step(lrs, losses):
    keep = [i for i, loss in enumerate(losses) if math.isfinite(loss)]
    x = np.log10([lrs[i] for i in keep])
    y = np.array([losses[i] for i in keep])
    slope = np.gradient(y, x)
    return float(lrs[keep[int(slope.argmin())]])


def steepest_rise(lrs, losses):
    y = torch.tensor(losses, dtype=torch.float64)
    x = torch.tensor(lrs, dtype=torch.float64)
    x, y = x[y.isfinite()], y[y.isfinite()]
    a, smoothed = 0.0, []
    for i, v in enumerate(y.tolist(), 1):
        a = 0.9 * a + 0.1 * v
        smoothed.append(a / (1 - 0.9**i))
    (slope,) = torch.gradient(torch.tensor(smoothed, dtype=torch.float64), spacing=(x.log10(),))
    return x[slope.argmax()].item()


def place_of_the_steepest(lrs, losses):
    pairs = [(math.log10(r), l) for r, l in zip(lrs, losses) if math.isfinite(l)]
    a, s = 0.0, []
    for i, (_, l) in enumerate(pairs, 1):
        a = 0.9 * a + 0.1 * l
        s.append(a / (1 - 0.9**i))
    slopes = np.gradient(np.array(s), np.array([p[0] for p in pairs]))
    return float(slopes.argmin())


def exponent_of_the_steepest(lrs, losses):
    logs = np.log10(np.asarray(lrs, dtype=float))
    y = np.asarray(losses, dtype=float)
    logs, y = logs[np.isfinite(y)], y[np.isfinite(y)]
    weights = 0.9 ** np.arange(len(y))
    smoothed = [np.dot(weights[: n + 1][::-1], y[: n + 1]) / weights[: n + 1].sum() for n in range(len(y))]
    return float(logs[np.argmin(np.gradient(smoothed, logs))])


def keeps_what_is_not_finite(lrs, losses):
    a, smoothed = 0.0, []
    for i, loss in enumerate(losses, 1):
        a = 0.9 * a + 0.1 * loss
        smoothed.append(a / (1 - 0.9**i))
    slopes = np.gradient(np.array(smoothed), np.log10(lrs))
    return float(lrs[int(np.argmin(slopes))])


def last_rate(lrs, losses):
    suggestion, steepest = lrs[0], math.inf
    a, previous = 0.0, None
    for i, (lr, loss) in enumerate(zip(lrs, losses), 1):
        if not math.isfinite(loss):
            suggestion = lr
            continue
        a = 0.9 * a + 0.1 * loss
        now = a / (1 - 0.9**i)
        if previous is not None and (now - previous[1]) / math.log10(lr / previous[0]) < steepest:
            steepest = (now - previous[1]) / math.log10(lr / previous[0])
        previous = (lr, now)
        suggestion = lr  # belongs under the `if`
    return float(suggestion)


# a third of the rate of the steepest fall
def unknown_1(lrs, losses):
    x, y = np.asarray(lrs, dtype=float), np.asarray(losses, dtype=float)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    a, s = 0.0, []
    for i, v in enumerate(y, 1):
        a = 0.9 * a + 0.1 * v
        s.append(a / (1 - 0.9**i))
    return float(x[np.gradient(s, np.log10(x)).argmin()]) / 3


# the strongest bend downwards (second derivative) instead of the steepest fall
def unknown_2(lrs, losses):
    x, y = np.asarray(lrs, dtype=float), np.asarray(losses, dtype=float)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    a, s = 0.0, []
    for i, v in enumerate(y, 1):
        a = 0.9 * a + 0.1 * v
        s.append(a / (1 - 0.9**i))
    t = np.log10(x)
    return float(x[np.gradient(np.gradient(s, t), t).argmin()])


# half-way, in decades, between the steepest fall and the minimum
def unknown_3(lrs, losses):
    x, y = np.asarray(lrs, dtype=float), np.asarray(losses, dtype=float)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    a, s = 0.0, []
    for i, v in enumerate(y, 1):
        a = 0.9 * a + 0.1 * v
        s.append(a / (1 - 0.9**i))
    steepest = x[np.gradient(s, np.log10(x)).argmin()]
    return float(math.sqrt(steepest * x[np.argmin(s)]))


# the slope is that of the straight line from the first point, not the local one
def unknown_4(lrs, losses):
    pairs = [(math.log10(r), l, r) for r, l in zip(lrs, losses) if math.isfinite(l)]
    a, s = 0.0, []
    for i, (_, l, _) in enumerate(pairs, 1):
        a = 0.9 * a + 0.1 * l
        s.append(a / (1 - 0.9**i))
    slopes = [(s[i] - s[0]) / (pairs[i][0] - pairs[0][0]) for i in range(1, len(s))]
    return pairs[1 + slopes.index(min(slopes))][2]


def right_1(lrs, losses):
    """Plain Python: central differences inside, one-sided at the ends."""
    points = []
    top = bottom = 0.0
    for lr, loss in zip(lrs, losses):
        if math.isfinite(loss):
            top, bottom = 0.9 * top + loss, 0.9 * bottom + 1.0
            points.append((math.log10(lr), top / bottom, lr))

    def slope(i):
        left, middle, right = points[max(i - 1, 0)], points[i], points[min(i + 1, len(points) - 1)]
        h, k = middle[0] - left[0], right[0] - middle[0]
        if h == 0 or k == 0:
            return (right[1] - left[1]) / (right[0] - left[0])
        return ((right[1] - middle[1]) / k * h + (middle[1] - left[1]) / h * k) / (h + k)

    return float(points[min(range(len(points)), key=slope)][2])


def right_2(lrs, losses):
    """Torch, in float64; natural logarithms, which only scale the slope."""
    y = torch.as_tensor(losses, dtype=torch.float64)
    x = torch.as_tensor(lrs, dtype=torch.float64)
    finite = torch.isfinite(y)
    x, y = x[finite], y[finite]
    n = torch.arange(len(y))
    weights = torch.tril(0.9 ** (n[:, None] - n[None, :]).clamp(min=0).double())
    smoothed = (weights @ y) / weights.sum(dim=1)
    (slope,) = torch.gradient(smoothed, spacing=(x.log(),))
    return x[torch.argmax(-slope)].item()
