import math


class OneCallMore:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs > self.patience


class NeverResets:
    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        self.limit = patience
        self.delta = min_delta
        self.best = math.inf
        self.bad_epochs = 0

    def step(self, val_loss: float) -> bool:
        improved = self.best - val_loss > self.delta
        if improved:
            self.best = val_loss
            return False
        self.bad_epochs += 1
        return self.bad_epochs >= self.limit


class ComparesWithTheLast:
    best = math.inf

    def __init__(self, patience=3, min_delta=0.0):
        self.p = patience
        self.d = min_delta
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.d:
            self.bad_epochs = 0
        else:
            self.bad_epochs = self.bad_epochs + 1
        self.best = val_loss
        return self.bad_epochs >= self.p


class WrongSignOfMinDelta:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.bad_epochs = 0
        self.best = None or float("inf")

    def step(self, val_loss):
        better = val_loss < self.best + self.min_delta
        self.bad_epochs = 0 if better else self.bad_epochs + 1
        if better:
            self.best = val_loss
        return not self.bad_epochs < self.patience


# Names of the list that mistakes.md does not mention (OneBadCallLess: the other way to be off by one).


class OneBadCallLess:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        if self.best - val_loss > self.min_delta:
            self.best, self.bad_epochs = val_loss, 0
            return False
        stop = self.bad_epochs >= self.patience - 2
        self.bad_epochs += 1
        return stop


class IgnoresMinDelta:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.losses = []
        self.bad_epochs = 0

    @property
    def best(self):
        return min(self.losses, default=math.inf)

    def step(self, val_loss):
        self.bad_epochs = 0 if val_loss < self.best else self.bad_epochs + 1
        if not math.isnan(val_loss):
            self.losses.append(val_loss)
        return self.bad_epochs >= self.patience


class EqualIsBetter:
    def __init__(self, patience=3, min_delta=0.0):
        self.__dict__.update(patience=patience, min_delta=min_delta, best=math.inf, bad_epochs=0)

    def step(self, val_loss):
        if val_loss <= self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
            return False
        self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class BestFollowsSmallFalls:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0

    def step(self, val_loss):
        self.bad_epochs += 1
        if val_loss < self.best - self.min_delta:
            self.bad_epochs = 0
        if val_loss < self.best:
            self.best = val_loss
        return self.bad_epochs >= self.patience


class StartsOverAfterStop:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
            if self.bad_epochs == self.patience:
                self.bad_epochs = 0
                return True
        return False


class TakesNaNForBetter:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0

    def step(self, val_loss):
        if val_loss >= self.best - self.min_delta:
            self.bad_epochs += 1
        else:
            self.bad_epochs = 0
            self.best = min(self.best, val_loss)
        return self.bad_epochs >= self.patience


# any change by more than min_delta counts as better, a rise too
class Unknown1:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0

    def step(self, val_loss):
        if abs(self.best - val_loss) > self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


# an improvement takes one off the count instead of setting it to zero
class Unknown2:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = max(0, self.bad_epochs - 1)
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


# once it has said stop it says so for ever, even after an improvement
class Unknown3:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0
        self.stopped = False

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        if self.bad_epochs >= self.patience:
            self.stopped = True
        return self.stopped


# judges the mean of this loss and the one before it, to be less sensitive to noise
class Unknown4:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0
        self.previous = None

    def step(self, val_loss):
        judged = val_loss if self.previous is None else (val_loss + self.previous) / 2
        self.previous = val_loss
        if judged < self.best - self.min_delta:
            self.best = judged
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class Right1:
    """Keeps every loss and works everything out anew."""

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        self.patience = patience
        self.min_delta = min_delta
        self._seen: list[float] = []

    def _replay(self) -> tuple[float, int]:
        best, when = math.inf, -1
        for i, loss in enumerate(self._seen):
            if loss < best - self.min_delta:
                best, when = loss, i
        return best, len(self._seen) - 1 - when

    @property
    def best(self) -> float:
        return self._replay()[0]

    @property
    def bad_epochs(self) -> int:
        return self._replay()[1]

    def step(self, val_loss: float) -> bool:
        self._seen.append(float(val_loss))
        return self.bad_epochs >= self.patience


class Right2:
    """Counts down what is left; the bar is moved, not the comparison."""

    __slots__ = ("_bar", "_left", "_whole", "best", "min_delta")

    def __init__(self, patience=3, min_delta=0.0):
        self._whole = self._left = patience
        self.min_delta = min_delta
        self.best = self._bar = math.inf

    @property
    def patience(self):
        return self._whole

    @property
    def bad_epochs(self):
        return self._whole - self._left

    def step(self, val_loss):
        match val_loss < self._bar:
            case True:
                self.best, self._bar, self._left = val_loss, val_loss - self.min_delta, self._whole
            case _:
                self._left -= 1
        return self._left <= 0
