"""Held-out variants of EarlyStopping(patience=3, min_delta=0.0)."""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import torch


# ---------------------------------------------------------------- known mistakes


class OneCallMore:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs > self.patience


class OneCallLess:
    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0

    def step(self, val_loss: float) -> bool:
        improved = val_loss < self.best - self.min_delta
        if improved:
            self.best = val_loss
            self.bad_epochs = 0
            return False
        self.bad_epochs += 1
        return self.bad_epochs >= self.patience - 1


class NeverResets:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = np.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        if self.best - val_loss > self.min_delta:
            self.best = val_loss
        else:
            self.bad_epochs = self.bad_epochs + 1
        if self.bad_epochs >= self.patience:
            return True
        else:
            return False


class ComparesWithTheLast:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        self.best = val_loss
        return self.bad_epochs >= self.patience


class KeepsTheFirst:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        if math.isinf(self.best) and val_loss < self.best:
            self.best = val_loss
            return False
        if val_loss < self.best - self.min_delta:
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class WrongSignOfMinDelta:
    def __init__(self, patience=3, min_delta=0.0):
        self.p = patience
        self.d = min_delta
        self.best = torch.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        self.bad_epochs += 1
        if val_loss < self.best + self.d:
            self.best = val_loss
            self.bad_epochs = 0
        return self.bad_epochs >= self.p


class IgnoresMinDelta:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best:
            self.best, self.bad_epochs = val_loss, 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class RelativeMinDelta:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def is_better(self, loss):
        if self.best == float("inf"):
            return loss < self.best
        return loss < self.best * (1.0 - self.min_delta)

    def step(self, val_loss):
        if self.is_better(val_loss):
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class BestFollowsSmallFalls:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        if val_loss < self.best:
            self.best = val_loss
        return self.bad_epochs >= self.patience


@dataclass
class EqualIsBetter:
    patience: int = 3
    min_delta: float = 0.0
    best: float = field(default=math.inf, init=False)
    bad_epochs: int = field(default=0, init=False)

    def step(self, val_loss):
        if val_loss <= self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class HigherIsBetter:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = -float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss > self.best + self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class StartsAtZero:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = 0.0
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class StartsAtAThousand:
    def __init__(self, patience=3, min_delta=0.0):
        self.best = 1000.0
        self.bad_epochs = 0
        self._patience = patience
        self._min_delta = min_delta

    def step(self, val_loss):
        gain = self.best - val_loss
        self.bad_epochs = 0 if gain > self._min_delta else self.bad_epochs + 1
        if self.bad_epochs == 0:
            self.best = val_loss
        return self.bad_epochs >= self._patience


class CountsTheFirst:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        if self.best == math.inf:
            self.best = min(self.best, val_loss)
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class FixedPatience:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = 3
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class SaysStopOnce:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = None
        self.bad_epochs = 0
        self.best = float("inf")

    def step(self, val_loss):
        if val_loss + self.min_delta < self.best:
            self.best = val_loss
            self.bad_epochs = 0
            return False
        self.bad_epochs += 1
        return self.bad_epochs == self.patience


class StartsOverAfterStop:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = np.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        if self.bad_epochs >= self.patience:
            self.bad_epochs = 0
            return True
        return False


class SaysGoOn:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs < self.patience


class NeverSaysStop:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0
        self.stop = False

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        self.stop = self.bad_epochs >= self.patience


class CountsUnderAnotherName:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.counter = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.counter = 0
        else:
            self.counter += 1
        return self.counter >= self.patience


class SharedByAll:
    best = float("inf")

    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.bad_epochs = 0

    def step(self, val_loss):
        cls = type(self)
        if val_loss < cls.best - self.min_delta:
            cls.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class TakesNaNForBetter:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss >= self.best - self.min_delta:
            self.bad_epochs += 1
            if self.bad_epochs >= self.patience:
                return True
        else:
            self.best = val_loss
            self.bad_epochs = 0
        return False


class StopsAtNaN:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        if not math.isfinite(val_loss):
            return True
        return self.bad_epochs >= self.patience


# ---------------------------------------------------------------- unknown mistakes


class Unknown1:
    # `best` is set to val_loss - min_delta, so it is not a loss that was seen (the answers are right)
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best:
            self.best = val_loss - self.min_delta
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class Unknown2:
    # any change by more than min_delta counts as an improvement, a rise too
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if abs(self.best - val_loss) > self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class Unknown3:
    # an improvement takes one off the count in place of setting it to zero
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = max(0, self.bad_epochs - 1)
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class Unknown4:
    # `best` is never written, so every loss counts as better
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        best = self.best
        if val_loss < best - self.min_delta:
            best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class Unknown5:
    # a loss within min_delta of the best is neither good nor bad: the count stays
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        elif not val_loss <= self.best + self.min_delta:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class Unknown6:
    # an improvement sets the count to 1, not 0
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class Unknown7:
    # having said stop once it says so for ever, also after an improvement
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0
        self.early_stop = False

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
            if self.bad_epochs >= self.patience:
                self.early_stop = True
        return self.early_stop


class Unknown8:
    # other defaults: patience 5, min_delta 1e-3
    def __init__(self, patience=5, min_delta=1e-3):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


# ---------------------------------------------------------------- right ones


class Right1:
    """Keeps the whole history of answers and counts from its end."""

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self._improved = []

    @property
    def bad_epochs(self):
        count = 0
        for good in reversed(self._improved):
            if good:
                break
            count += 1
        return count

    def step(self, val_loss):
        good = bool(val_loss < self.best - self.min_delta)
        self._improved.append(good)
        if good:
            self.best = val_loss
        return self.bad_epochs >= self.patience


class Right2:
    """A deque of the last `patience` answers."""

    def __init__(self, patience=3, min_delta=0.0):
        self.window = deque(maxlen=patience)
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        bad = not (self.best - val_loss > self.min_delta)
        self.window.append(bad)
        self.bad_epochs = (self.bad_epochs + 1) * bad
        self.best = self.best if bad else val_loss
        return len(self.window) == self.window.maxlen and all(self.window)


@dataclass
class Right3:
    patience: int = 3
    min_delta: float = 0.0
    best: float = float("inf")
    bad_epochs: int = 0

    def step(self, val_loss: float) -> bool:
        match bool(val_loss < self.best - self.min_delta):
            case True:
                self.best, self.bad_epochs = val_loss, 0
            case _:
                self.bad_epochs += 1
        return not self.bad_epochs < self.patience


class Right4:
    # epoch numbers in place of a count; tensors inside
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.delta = min_delta
        self._best = torch.tensor(math.inf, dtype=torch.float64)
        self.epoch = 0
        self.best_epoch = 0

    best = property(lambda self: self._best.item())
    bad_epochs = property(lambda self: self.epoch - self.best_epoch)

    def step(self, val_loss):
        self.epoch += 1
        loss = torch.as_tensor(val_loss, dtype=torch.float64)
        if torch.lt(loss, self._best - self.delta):
            self._best = loss.clone()
            self.best_epoch = self.epoch
        return self.epoch - self.best_epoch >= self.patience


class Right5:
    # a closure over a list, everything in __init__
    def __init__(self, patience=3, min_delta=0.0):
        self.best = float("inf")
        self.bad_epochs = 0

        def step(val_loss):
            if math.isnan(val_loss) or val_loss >= self.best - min_delta:
                self.bad_epochs += 1
                return self.bad_epochs >= patience
            self.best = float(val_loss)
            self.bad_epochs = 0
            return False

        self.step = step
