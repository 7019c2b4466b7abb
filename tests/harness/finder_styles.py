"""Correct learning-rate finders written differently: every way of writing that the lab's contract allows.

`right_finders(lab)` builds a lab for each: what is judged is the numbers, not the manner. Some return tuples, arrays
or tensors, some run the test on a copy, some smooth in a way of their own before they suggest.
"""

import copy
import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch


class Beginner:
    """Loops, a state dict of clones, an iterator that is renewed; forward differences, the left end of a step."""

    @staticmethod
    def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
        saved = {}
        for name, tensor in model.state_dict().items():
            saved[name] = tensor.clone()
        was_training = model.training
        old_lr = optimizer.lr
        model.train()
        lrs = []
        losses = []
        best = float("inf")
        iterator = iter(batches)
        for i in range(num_steps):
            try:
                x, y = next(iterator)
            except StopIteration:
                iterator = iter(batches)
                x, y = next(iterator)
            lr = math.exp(math.log(lr_min) + i * (math.log(lr_max) - math.log(lr_min)) / (num_steps - 1))
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            value = loss.item()
            lrs.append(lr)
            losses.append(value)
            if value < best:
                best = value
            if math.isnan(value) or math.isinf(value) or value > divergence * best:
                break
            loss.backward()
            optimizer.lr = lr
            optimizer.step()
        model.load_state_dict(saved)
        model.train(was_training)
        optimizer.lr = old_lr
        return lrs, losses

    @staticmethod
    def smooth(losses, beta=0.9):
        a = 0
        out = []
        i = 1
        for loss in losses:
            a = beta * a + (1 - beta) * loss
            out.append(a / (1 - beta**i))
            i += 1
        return out

    @staticmethod
    def suggest_lr(lrs, losses):
        good = [i for i in range(len(losses)) if math.isfinite(losses[i])]
        s = Beginner.smooth([losses[i] for i in good])
        best_slope = 0
        best_lr = lrs[good[0]]
        for j in range(len(good) - 1):
            decades = math.log10(lrs[good[j + 1]]) - math.log10(lrs[good[j]])
            slope = (s[j + 1] - s[j]) / decades
            if slope < best_slope:
                best_slope = slope
                best_lr = lrs[good[j]]
        return best_lr

    @staticmethod
    def diagnose(losses):
        for loss in losses:
            if math.isnan(loss) or math.isinf(loss):
                return "too high"
        if max(losses) > 2 * losses[0] or losses[-1] > losses[0] * 1.2:
            return "too high"
        if (losses[0] - losses[-1]) / losses[0] < 0.05:
            return "too low"
        return "good"


class Arrays:
    """NumPy throughout: np.geomspace, arrays out, the right end of a step; zero_grad between forward and backward."""

    @staticmethod
    def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
        state, mode, lr = copy.deepcopy(model.state_dict()), model.training, optimizer.lr
        lrs, losses = np.geomspace(lr_min, lr_max, num_steps), np.zeros(num_steps)
        model.train()
        for i, (x, y) in enumerate(itertools.islice(itertools.cycle(batches), num_steps)):
            optimizer.lr = lrs[i]
            loss = loss_fn(model(x), y)
            losses[i] = loss.detach().numpy()
            if not np.isfinite(losses[i]) or losses[i] > divergence * losses[: i + 1].min():
                break
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.load_state_dict(state)
        model.train(mode)
        optimizer.lr = lr
        return lrs[: i + 1], losses[: i + 1]

    @staticmethod
    def smooth(losses, beta=0.9):
        x = np.asarray(losses, dtype=float)
        n = np.arange(len(x))
        weights = np.tril(beta ** np.clip(n[:, None] - n, 0, None))
        return (weights @ x) / weights.sum(1)

    @staticmethod
    def suggest_lr(lrs, losses):
        lrs, losses = np.array(lrs), np.array(losses)
        mask = np.isfinite(losses)
        slopes = np.diff(Arrays.smooth(losses[mask])) / np.diff(np.log(lrs[mask]))
        return lrs[mask][np.argmin(slopes) + 1]

    @staticmethod
    def diagnose(losses):
        x = np.asarray(losses)
        if not np.isfinite(x).all() or (np.diff(x) > x[0]).any():
            return "too high"
        ratio = np.median(x[-5:]) / np.median(x[:5])
        return "too high" if ratio > 1.05 else "too low" if ratio > 0.97 else "good"


class OnACopy:
    """The test runs on deep copies, so there is nothing to put back; tensors in and out; a known smooth is used."""

    @staticmethod
    def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
        model, optimizer = copy.deepcopy((model, optimizer))
        model.train()
        rates = torch.logspace(math.log10(lr_min), math.log10(lr_max), num_steps, dtype=torch.float64)
        losses = []
        for i, lr in enumerate(rates):
            x, y = batches[i % len(batches)]
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            losses.append(loss)
            if not torch.isfinite(loss) or loss > divergence * min(losses):
                return rates[: i + 1], losses
            loss.backward()
            optimizer.lr = lr
            optimizer.step()
        return rates, losses

    @staticmethod
    def smooth(losses, beta=0.9):
        losses = torch.as_tensor(losses, dtype=torch.float64)
        smoothed, average = torch.empty_like(losses), torch.tensor(0.0, dtype=torch.float64)
        for t, loss in enumerate(losses):
            average = torch.lerp(loss, average, beta)
            smoothed[t] = average / (1 - beta ** (t + 1))
        return smoothed

    @staticmethod
    def suggest_lr(lrs, losses):
        lrs, losses = torch.tensor(lrs), torch.tensor(losses)
        lrs, losses = lrs[losses.isfinite()], losses[losses.isfinite()]
        (slope,) = torch.gradient(OnACopy.smooth(losses), spacing=(lrs.log10().double(),))
        return lrs[slope.argmin()]

    @staticmethod
    def diagnose(losses):
        x = torch.tensor(losses)
        if not x.isfinite().all():
            return "too high"
        best = x.cummin(0).values
        if ((x - best) > 0.5 * x[0]).any():
            return "too high"
        return "good" if x[-1] < 0.8 * x[0] else "too low"


class Multiplied:
    """The rate is multiplied up, backward comes before the stop, `param.data` is put back; own centred smoothing."""

    @staticmethod
    def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
        params = [p.data.clone() for p in model.parameters()]
        buffers = [b.clone() for b in model.buffers()]
        modes = {m: m.training for m in model.modules()}
        start, optimizer.lr = optimizer.lr, lr_min
        factor = (lr_max / lr_min) ** (1 / (num_steps - 1))
        lrs, losses, step = [], [], 0
        model.train(True)
        while step < num_steps:
            for x, y in batches:
                model.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                lrs += [optimizer.lr]
                losses += [float(loss.detach())]
                step += 1
                if losses[-1] != losses[-1] or abs(losses[-1]) == math.inf or losses[-1] / min(losses) > divergence:
                    step = num_steps
                    break
                optimizer.step()
                optimizer.lr *= factor
                if step == num_steps:
                    break
        for p, old in zip(model.parameters(), params, strict=True):
            p.data = old
        for b, old in zip(model.buffers(), buffers, strict=True):
            b.data.copy_(old)
        for m, mode in modes.items():
            m.training = mode
        optimizer.lr = start
        return (tuple(lrs), tuple(losses))

    @staticmethod
    def smooth(losses, beta=0.9):
        top = bottom = 0.0
        out = []
        for loss in losses:
            top, bottom = top * beta + loss, bottom * beta + 1
            out.append(top / bottom)
        return tuple(out)

    @staticmethod
    def suggest_lr(lrs, losses):
        x = np.array([(math.log10(a), b) for a, b in zip(lrs, losses, strict=True) if math.isfinite(b)])
        smoothed = np.convolve(x[:, 1], np.ones(11) / 11, mode="valid")
        slope = np.gradient(smoothed, x[5:-5, 0])
        return 10.0 ** x[5 + int(slope.argmin()), 0]

    @staticmethod
    def diagnose(losses):
        if not all(loss == loss and abs(loss) < math.inf for loss in losses):
            return "too high"
        s = Multiplied.smooth(losses, beta=0.8)
        if any(loss > 1.5 * before for loss, before in zip(losses[1:], s, strict=False)) or s[-1] > s[0]:
            return "too high"
        return "too low" if s[-1] >= 0.95 * s[0] else "good"


class Careful:
    """A context manager puts everything back; generators; the smoothed losses are looked up as `smooth`."""

    @staticmethod
    @contextmanager
    def restored(model, optimizer):
        tensors = [t for t in itertools.chain(model.parameters(), model.buffers())]
        before = [t.detach().clone() for t in tensors]
        modes = [(m, m.training) for m in model.modules()]
        lr = optimizer.lr
        try:
            yield
        finally:
            with torch.no_grad():
                for t, old in zip(tensors, before, strict=True):
                    t.copy_(old)
            for m, mode in modes:
                m.train(mode)
            optimizer.lr = lr

    @staticmethod
    def walk(model, loss_fn, batches, optimizer, rates, divergence):
        lowest = math.inf
        for lr, (x, y) in zip(rates, itertools.cycle(batches), strict=False):
            optimizer.lr = lr
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            yield lr, loss.item()
            lowest = min(lowest, loss.item())
            if not (math.isfinite(loss.item()) and loss.item() <= divergence * lowest):
                return
            loss.backward()
            optimizer.step()

    @staticmethod
    def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
        rates = [float(r) for r in np.logspace(np.log10(lr_min), np.log10(lr_max), num_steps)]
        with Careful.restored(model, optimizer):
            model.train()
            pairs = list(Careful.walk(model, loss_fn, batches, optimizer, rates, divergence))
        return [lr for lr, _ in pairs], [loss for _, loss in pairs]

    @staticmethod
    def smooth(losses, beta=0.9):
        averages = itertools.accumulate(losses, lambda a, x: beta * a + (1 - beta) * x, initial=0.0)
        return [a / (1 - beta**t) for t, a in enumerate(averages) if t]

    @staticmethod
    def suggest_lr(lrs, losses):
        smoothed = Careful.smooth(losses)
        slope = np.gradient(smoothed, np.log10(lrs))
        slope[~np.isfinite(slope)] = np.inf
        return float(lrs[int(np.argmin(slope[10:-3])) + 10])

    @staticmethod
    def diagnose(losses):
        x = np.array(losses)
        if np.isnan(x).any() or np.isinf(x).any():
            return "too high"
        n = max(len(x) // 10, 1)
        first, last = x[:n].mean(), x[-n:].mean()
        if x.max() > 1.5 * x[:n].max() or last > 1.1 * first:
            return "too high"
        return "too low" if last > 0.9 * first else "good"


def lent_smooth(losses, beta=0.9):
    """`smooth` from a file beside it, in float32: the name under which its neighbours find it is another's."""
    values = torch.tensor(losses, dtype=torch.float32)
    average, out = torch.zeros(()), []
    for t, loss in enumerate(values, start=1):
        average = average * beta + loss * (1 - beta)
        out.append(average / (1 - beta**t))
    return out


class Single:
    """Numbers in float32 and 0-d tensors; modes put back by train() or eval(); an uncorrected average inside."""

    @staticmethod
    def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
        kept = {k: v.detach().clone() for k, v in [*model.named_parameters(), *model.named_buffers()]}
        was_training, lr0 = model.training, float(optimizer.lr)
        model.train()
        lrs, losses, lowest = [], [], None
        source = itertools.chain.from_iterable(itertools.repeat(batches))
        for i in range(num_steps):
            inputs, targets = next(source)
            optimizer.lr = lr_max ** (i / (num_steps - 1)) * lr_min ** (1 - i / (num_steps - 1))
            outputs = model(inputs)
            for p in optimizer.params:
                p.grad = None
            loss = loss_fn(outputs, targets)
            lrs.append(np.float64(optimizer.lr))
            losses.append(loss.detach())
            lowest = losses[-1] if lowest is None else torch.minimum(lowest, losses[-1])
            if bool(losses[-1].isnan() | losses[-1].isinf() | (losses[-1] > divergence * lowest)):
                break
            loss.backward()
            optimizer.step()
        model.load_state_dict(kept)
        if was_training:
            model.train()
        else:
            model.eval()
        optimizer.lr = lr0
        return [lrs, losses]

    smooth = staticmethod(lent_smooth)

    @staticmethod
    def suggest_lr(lrs, losses):
        average, values, rates = losses[0], [], []
        for lr, loss in zip(lrs, losses, strict=True):
            if math.isfinite(loss):
                average = 0.95 * average + 0.05 * loss
                values.append(average)
                rates.append(math.log(lr))
        slopes = [(values[i + 1] - values[i - 1]) / (rates[i + 1] - rates[i - 1]) for i in range(1, len(rates) - 1)]
        return np.float64(math.exp(rates[slopes.index(min(slopes)) + 1]))

    @staticmethod
    def diagnose(losses):
        lowest, start = losses[0], losses[0]
        for loss in losses:
            if not math.isfinite(loss) or loss > 3 * start or loss > lowest + 1.5 * start:
                return "too high"
            lowest = min(lowest, loss)
        return "good" if losses[-1] <= 0.5 * start else "too low"


STYLES = (Beginner, Arrays, OnACopy, Multiplied, Careful, Single)


def right_finders(lab: Any) -> Iterator[tuple[str, Any]]:
    """(name, lab) for every style, the rest of the lab as it is."""
    for style in STYLES:
        functions = {name: getattr(style, name) for name in ("lr_range_test", "smooth", "suggest_lr", "diagnose")}
        yield style.__name__, SimpleNamespace(**{**vars(lab), "lr_finder": SimpleNamespace(**functions)})
