"""What goes wrong in `lr_finder.py`.

The range test is taken apart into the methods of `RangeTest`, so that a mistake replaces one of them; calling such a
class runs the test, as if it were the function.
"""

from collections.abc import Iterator, Sequence
from copy import copy, deepcopy
from itertools import chain, pairwise, repeat
from math import inf, isfinite, isnan, log10
from typing import Any

import numpy as np
import torch
from lr_finder import diagnose, lr_range_test, smooth, suggest_lr

from .marking import both, mistake

# ---------------------------------------------------------------- lr_range_test


class RangeTest:
    """The reference's range test in parts."""

    def __new__(
        cls,
        model: torch.nn.Module,
        loss_fn: Any,
        batches: Any,
        optimizer: Any,
        lr_min: float = 1e-5,
        lr_max: float = 1.0,
        num_steps: int = 100,
        divergence: float = 4.0,
    ) -> Any:
        test = super().__new__(cls)
        test.model, test.loss_fn, test.batches, test.optimizer = model, loss_fn, batches, optimizer
        test.lr_min, test.lr_max, test.num_steps, test.divergence = lr_min, lr_max, num_steps, divergence
        test.lrs, test.losses, test.raw = [], [], []
        return test.run()

    def run(self) -> tuple[list[float], list[float]]:
        self.save()
        self.model.train()
        for i, (inputs, targets) in zip(range(self.num_steps), self.endless(), strict=False):
            if not self.step(i, inputs, targets):
                break
        self.restore()
        return self.lrs, self.losses

    def step(self, i: int, inputs: torch.Tensor, targets: torch.Tensor) -> bool:
        self.optimizer.lr = self.rate(i)
        self.optimizer.zero_grad()
        loss = self.loss_fn(self.model(inputs), targets)
        self.raw.append(loss.item())
        self.record(self.rate(i), self.raw[-1])
        if self.diverged():
            return False
        loss.backward()
        self.optimizer.step()
        return True

    def rate(self, i: int) -> float:
        return self.lr_min * (self.lr_max / self.lr_min) ** self.share(i)

    def share(self, i: int) -> float:
        return i / (self.num_steps - 1)

    def endless(self) -> Iterator[Any]:
        return chain.from_iterable(repeat(self.batches))

    def record(self, lr: float, loss: float) -> None:
        self.lrs.append(lr)
        self.losses.append(loss)

    def diverged(self) -> bool:
        return not isfinite(self.losses[-1]) or self.losses[-1] > self.divergence * self.yardstick()

    def yardstick(self) -> float:
        return min(self.losses)

    def save(self) -> None:
        self.modes = [(module, module.training) for module in self.model.modules()]
        self.lr_before = self.optimizer.lr
        self.weights = deepcopy(self.model.state_dict())

    def restore(self) -> None:
        self.restore_weights()
        self.restore_modes()
        self.optimizer.lr = self.lr_before

    def restore_weights(self) -> None:
        self.model.load_state_dict(self.weights)

    def restore_modes(self) -> None:
        for module, mode in self.modes:
            module.training = mode


class JudgesRaw:
    """Whatever is recorded, the raw loss is compared with the raw ones."""

    def diverged(self) -> bool:
        recorded, self.losses = self.losses, self.raw
        over = super().diverged()
        self.losses = recorded
        return over


class LinearSweep(RangeTest):
    """The rates grow by equal differences: torch-lr-finder's "linear" mode, in which nearly all of them are close to
    lr_max. The contract asks for equal ratios. Look at how one rate leads to the next."""

    question, convention = "lr_range_test", "linear sweep"

    def rate(self, i: int) -> float:
        return self.lr_min + (self.lr_max - self.lr_min) * self.share(i)


class EndMissed(RangeTest):
    """The exponent is i/num_steps, as in fastai, so lr_max itself is never tested. The contract's first rate is lr_min
    and its last one is lr_max: count the gaps between num_steps rates."""

    question, convention = "lr_range_test", "fastai's exponent i/num_steps"

    def share(self, i: int) -> float:
        return i / self.num_steps


class StartMissed(RangeTest):
    """The exponent is (i + 1)/num_steps, as in early versions of torch-lr-finder, so lr_min itself is never tested.
    The contract's first rate is lr_min and its last one is lr_max."""

    question, convention = "lr_range_test", "torch-lr-finder's exponent (i + 1)/num_steps"

    def share(self, i: int) -> float:
        return (i + 1) / self.num_steps


class RecordsSmoothed(RangeTest):
    """The losses are smoothed before they are recorded and compared, as fastai and torch-lr-finder do. The contract
    asks for the raw ones: they are smoothed later, by who reads the curve."""

    question, convention = "lr_range_test", "fastai's smoothed losses"
    beta = 0.98

    def record(self, lr: float, loss: float) -> None:
        super().record(lr, smooth(self.raw, self.beta)[-1])


class RecordsSmoothedUsually(RecordsSmoothed):
    """The losses are smoothed, as by `smooth` with its usual beta, before they are recorded and compared. The contract
    asks for the raw ones: they are smoothed later, by who reads the curve."""

    convention = "smoothed losses"
    beta = 0.9


class RecordsSmoothedJudgesRaw(JudgesRaw, RecordsSmoothed):
    """The losses are smoothed before they are recorded, though the raw ones are compared. The contract asks for the raw
    ones in the list as well: they are smoothed later, by who reads the curve."""

    convention = "smoothed losses, divergence of the raw ones"


class JudgesSmoothed(RangeTest):
    """Raw losses are recorded, but divergence is judged on smoothed ones, as in fastai, so a spike may pass and the
    test may end late. The contract compares the raw loss with the lowest raw one so far."""

    question, convention = "lr_range_test", "divergence of smoothed losses"
    beta = 0.98

    def diverged(self) -> bool:
        smoothed = smooth(self.losses, self.beta)
        return not isfinite(smoothed[-1]) or smoothed[-1] > self.divergence * min(smoothed)


class JudgesSmoothedUsually(JudgesSmoothed):
    """Raw losses are recorded, but divergence is judged on those that `smooth` makes of them with its usual beta, so a
    spike may pass and the test may end late. The contract compares the raw loss with the lowest raw one so far."""

    convention = "divergence of losses smoothed by beta = 0.9"
    beta = 0.9


class SweepsDown(RangeTest):
    """The rates go from lr_max down to lr_min. Look at which of the two belongs to step 0."""

    question = "lr_range_test"

    def share(self, i: int) -> float:
        return 1 - super().share(i)


class StartsAtOptimizersRate(RangeTest):
    """The sweep starts at the rate that the optimizer happens to have, instead of lr_min. Look at what step 0 sets."""

    question = "lr_range_test"

    def rate(self, i: int) -> float:
        return self.lr_before * (self.lr_max / self.lr_min) ** self.share(i)


class RateRecordedAfterStep(RangeTest):
    """A loss is recorded with the rate of the step after it. The rate that belongs to a loss is the one at which the
    update of the same step is made: look at where the rate grows and where it is recorded."""

    question = "lr_range_test"

    def record(self, lr: float, loss: float) -> None:
        super().record(self.rate(len(self.lrs) + 1), loss)


class RateNotSet(RangeTest):
    """The rates are computed and recorded, but the optimizer never gets them: every update is made at the rate that it
    had before. Which attribute does the optimizer read?"""

    question = "lr_range_test"

    def step(self, i: int, inputs: torch.Tensor, targets: torch.Tensor) -> bool:
        optimizer = self.optimizer
        self.optimizer = copy(optimizer)
        optimizer.lr = self.lr_before
        self.optimizer.step = optimizer.step
        goes_on = super().step(i, inputs, targets)
        self.optimizer = optimizer
        return goes_on


class RateSetAfterStep(RangeTest):
    """The optimizer gets each rate only after the update that should be made at it. Look at the order of the two."""

    question = "lr_range_test"

    def step(self, i: int, inputs: torch.Tensor, targets: torch.Tensor) -> bool:
        right, self.rate = self.rate, lambda i: self.optimizer.lr
        goes_on = super().step(i, inputs, targets)
        self.rate = right
        self.lrs[-1] = self.optimizer.lr = self.rate(i)
        return goes_on


class OneBatchOnly(RangeTest):
    """Every step uses the first batch: a new iterator is made in each step. Look at where `iter` is called."""

    question = "lr_range_test"

    def endless(self) -> Iterator[Any]:
        return repeat(next(iter(self.batches)))


class EndsWithTheBatches(RangeTest):
    """The test ends when the batches run out, before lr_max is reached. They should start over."""

    question = "lr_range_test"

    def endless(self) -> Iterator[Any]:
        return iter(self.batches)


class RepeatsTheLastBatch(RangeTest):
    """When the batches run out, the last one is used again and again instead of starting over with the first."""

    question = "lr_range_test"

    def endless(self) -> Iterator[Any]:
        return chain(self.batches, repeat(list(self.batches)[-1]))


class SkipsABatchOnRestart(RangeTest):
    """When the batches start over, the first one is left out: the new iterator is advanced once too often."""

    question = "lr_range_test"

    def endless(self) -> Iterator[Any]:
        return chain(self.batches, chain.from_iterable(repeat(list(self.batches)[1:])))


class GradientsAccumulate(RangeTest):
    """The gradients are never zeroed, so each update is made with the sum of all so far, and the loss explodes at too
    low a rate."""

    question = "lr_range_test"

    def run(self) -> tuple[list[float], list[float]]:
        self.optimizer = Unzeroed(self.optimizer)
        return super().run()


class Unzeroed:
    """An optimizer that does not zero."""

    def __init__(self, optimizer: Any) -> None:
        self.__dict__["inner"] = optimizer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.inner, name, value)

    def zero_grad(self) -> None:
        pass


class ZeroesBeforeTheStep(RangeTest):
    """The gradients are zeroed between the backward pass and the update, so nothing ever moves. Look at the order."""

    question = "lr_range_test"

    def step(self, i: int, inputs: torch.Tensor, targets: torch.Tensor) -> bool:
        optimizer = self.optimizer
        take_step = optimizer.step
        optimizer.step = lambda: (optimizer.zero_grad(), take_step())
        goes_on = super().step(i, inputs, targets)
        del optimizer.step
        return goes_on


class TrainModeNotSet(RangeTest):
    """The test runs in whatever mode the model was left, so dropout and batch norm may behave as in evaluation."""

    question = "lr_range_test"

    def run(self) -> tuple[list[float], list[float]]:
        self.model.train = lambda: None
        result = super().run()
        del self.model.train
        return result


class RunsInEvalMode(RangeTest):
    """The test runs in eval mode, as if it were an evaluation; the contract asks for train mode, as in training."""

    question = "lr_range_test"

    def run(self) -> tuple[list[float], list[float]]:
        self.model.train = lambda: torch.nn.Module.train(self.model, False)
        result = super().run()
        del self.model.train
        return result


class RecordsRunningMean(RangeTest):
    """The mean of all losses so far is recorded and compared instead of the loss of this step."""

    question = "lr_range_test"

    def record(self, lr: float, loss: float) -> None:
        super().record(lr, sum(self.raw) / len(self.raw))


class RecordsRunningMeanJudgesRaw(JudgesRaw, RecordsRunningMean):
    """The mean of all losses so far is recorded instead of the loss of this step, which is compared as it should be.
    Look at what is added to the list."""


class RecordsLowest(RangeTest):
    """The lowest loss so far is recorded instead of the loss of this step, so the curve can never rise and the test
    never ends."""

    question = "lr_range_test"

    def record(self, lr: float, loss: float) -> None:
        super().record(lr, min([inf, *self.losses, loss]))  # in which a NaN is never the lowest


class RecordsLowestJudgesRaw(JudgesRaw, RecordsLowest):
    """The lowest loss so far is recorded instead of the loss of this step, which is compared as it should be: the curve
    can never rise. Look at what is added to the list."""


class RecordsLossAfterUpdate(RangeTest):
    """The loss is computed again after the update, and that one is recorded. The contract records the one from which
    the gradients come."""

    question = "lr_range_test"

    def step(self, i: int, inputs: torch.Tensor, targets: torch.Tensor) -> bool:
        goes_on = super().step(i, inputs, targets)
        if goes_on:
            self.losses[-1] = self.loss_fn(self.model(inputs), targets).item()
        return goes_on


class RecordsLossAfterUpdateJudgesRaw(JudgesRaw, RecordsLossAfterUpdate):
    """The loss is computed again after the update, and that one is recorded, though the one before is compared. The
    contract records the one from which the gradients come."""


class ComparesWithFirst(RangeTest):
    """The loss is compared with the first one instead of the lowest so far, so a test that went well at first goes on
    for long after it has diverged."""

    question = "lr_range_test"

    def yardstick(self) -> float:
        return self.losses[0]


class ComparesWithPrevious(RangeTest):
    """The loss is compared with the one before it instead of the lowest so far, so a loss that grows in steps is never
    noticed."""

    question = "lr_range_test"

    def yardstick(self) -> float:
        return [*self.losses, *self.losses][-2] if len(self.losses) > 1 else self.losses[0]


class ComparesWithMean(RangeTest):
    """The loss is compared with the mean of those so far, itself among them, instead of the lowest."""

    question = "lr_range_test"

    def yardstick(self) -> float:
        return sum(self.losses) / len(self.losses)


class ComparesWithEarlierMean(RangeTest):
    """The loss is compared with the mean of those before it instead of the lowest."""

    question = "lr_range_test"

    def yardstick(self) -> float:
        return sum(self.losses[:-1]) / len(self.losses[:-1]) if len(self.losses) > 1 else inf


class ThresholdIsAbsolute(RangeTest):
    """`divergence` is taken for a loss of its own, not for a multiple of the lowest loss."""

    question = "lr_range_test"

    def yardstick(self) -> float:
        return 1.0


class DivergenceIgnored(RangeTest):
    """The test stops at four times the lowest loss, whatever `divergence` says. Look for a number where the argument
    should be."""

    question = "lr_range_test"

    def yardstick(self) -> float:
        return min(self.losses) * 4 / self.divergence


class NeverStops(RangeTest):
    """The test goes on to the last rate however large the loss becomes, which wastes time and may end in NaN. Look at
    the condition that ends the loop."""

    question = "lr_range_test"

    def diverged(self) -> bool:
        return False


class StopsAtEquality(RangeTest):
    """The test stops at a loss of exactly `divergence` times the lowest one. It should stop when that is exceeded."""

    question = "lr_range_test"

    def diverged(self) -> bool:
        last, lowest = self.losses[-1], min(self.losses)
        return not isfinite(last) or (len(self.losses) > 1 and last >= self.divergence * lowest)


class StopsAtAnyRise(RangeTest):
    """The test stops as soon as the loss is higher than in the step before. Losses of batches are noisy, so that says
    little; the contract waits for `divergence` times the lowest."""

    question = "lr_range_test"

    def diverged(self) -> bool:
        return not isfinite(self.losses[-1]) or self.losses[-1:] > self.losses[-2:-1] > []


class GoesOnAfterNaN(RangeTest):
    """The test goes on after a loss of NaN: a comparison with NaN is always false, so it needs a look of its own."""

    question = "lr_range_test"

    def diverged(self) -> bool:
        return self.losses[-1] == inf or self.losses[-1] > self.divergence * self.yardstick()


class GoesOnAfterFirstInfinity(RangeTest):
    """An infinite loss in the first step does not end the test: it is not more than a multiple of itself. Losses that
    are not finite need a look of their own."""

    question = "lr_range_test"

    def diverged(self) -> bool:
        return isnan(self.losses[-1]) or self.losses[-1] > self.divergence * self.yardstick()


class LastPairDropped(RangeTest):
    """The rate and the loss that ended the test are not recorded. The contract keeps them: record first, then stop."""

    question = "lr_range_test"

    def diverged(self) -> bool:
        over = super().diverged()
        if over:
            del self.lrs[-1], self.losses[-1]
        return over


class LastRateDropped(RangeTest):
    """The loss that ended the test is recorded but its rate is not, so the two lists are of different lengths."""

    question = "lr_range_test"

    def diverged(self) -> bool:
        over = super().diverged()
        if over:
            del self.lrs[-1]
        return over


class UpdatesAfterDivergence(RangeTest):
    """The update is made before the loss is judged, so the loss that ends the test still moves the weights."""

    question = "lr_range_test"

    def step(self, i: int, inputs: torch.Tensor, targets: torch.Tensor) -> bool:
        goes_on = super().step(i, inputs, targets)
        if not goes_on:
            self.optimizer.step()
        return goes_on


class NothingRestored(RangeTest):
    """The model is left as the test made it: trained at rates that ruined it. Look at what is put back afterwards."""

    question = "lr_range_test"

    def restore_weights(self) -> None:
        pass


class SavesReferences(RangeTest):
    """What is saved are the very tensors that the updates change, so putting them back changes nothing: `state_dict()`
    copies no tensor, nor does a copy of the dict."""

    question = "lr_range_test"

    def save(self) -> None:
        super().save()
        self.weights = dict(self.model.state_dict())


class RebindsTheModel(RangeTest):
    """A copy of the model is made and the name is bound to it afterwards. The caller's model is another object, and
    stays as the test left it, weights, buffers and mode."""

    question = "lr_range_test"

    def restore_weights(self) -> None:
        self.model = deepcopy(self.model)

    def restore_modes(self) -> None:
        pass


class BuffersNotRestored(RangeTest):
    """The parameters are put back but the buffers are not: batch norm keeps the running statistics of the test."""

    question = "lr_range_test"

    def restore_weights(self) -> None:
        names = {name for name, _ in self.model.named_parameters()}
        weights = {name: value for name, value in self.weights.items() if name in names}
        self.model.load_state_dict(weights, strict=False)


class RestoredOnlyAtTheEnd(RangeTest):
    """When the test ends early, by `return`, nothing is put back. Look at every way out of the loop."""

    question = "lr_range_test"

    def restore(self) -> None:
        if not self.diverged():
            super().restore()


class SavesAfterTheFirstUpdate(RangeTest):
    """The weights are saved only when the first update has been made, so that is where they are put back to."""

    question = "lr_range_test"

    def step(self, i: int, inputs: torch.Tensor, targets: torch.Tensor) -> bool:
        goes_on = super().step(i, inputs, targets)
        if i == 0:
            self.weights = deepcopy(self.model.state_dict())
        return goes_on


class RateNotRestored(RangeTest):
    """The optimizer keeps the last rate of the test, the most harmful of all. Look at what is put back afterwards."""

    question = "lr_range_test"

    def restore(self) -> None:
        super().restore()
        self.optimizer.lr = self.lrs[-1]


class RateSetToMinimum(RangeTest):
    """The optimizer is left with lr_min instead of the rate that it had before, and would hardly train. Look at what is
    remembered before the sweep."""

    question = "lr_range_test"

    def restore(self) -> None:
        super().restore()
        self.optimizer.lr = self.lr_min


class LeftInTrainMode(RangeTest):
    """The model is left in train mode even if it came in eval mode. Look at what is remembered of the mode, and put
    back."""

    question = "lr_range_test"

    def restore_modes(self) -> None:
        pass


class LeftInEvalMode(RangeTest):
    """The model is left in eval mode even if it came in train mode. Look at what is remembered of the mode, and put
    back."""

    question = "lr_range_test"

    def restore_modes(self) -> None:
        self.model.eval()


class OnlyTheTopModuleRestored(RangeTest):
    """`model.training` is put back by assignment, which does not reach the modules inside: those stay in train mode."""

    question = "lr_range_test"

    def restore_modes(self) -> None:
        self.model.training = dict(self.modes)[self.model]


PAIRS = [
    (NothingRestored, RateNotRestored), (RebindsTheModel, RateNotRestored), (RateNotRestored, LeftInTrainMode),
    (BuffersNotRestored, LeftInTrainMode), (BuffersNotRestored, RateNotRestored), (EndMissed, LastPairDropped),
    (EndMissed, RateNotRestored), (LinearSweep, RateNotRestored), (GoesOnAfterNaN, RateNotRestored),
]  # fmt: skip


def any_pair() -> list[type]:
    """Two at once, where both are common."""
    return [both(*pair) for pair in PAIRS]


@mistake("lr_range_test")
def losses_first(*args: Any, **settings: Any) -> Any:
    """The two lists come back in the wrong order: first the losses, then the rates."""
    return lr_range_test(*args, **settings)[::-1]


@mistake("lr_range_test")
def losses_alone(*args: Any, **settings: Any) -> Any:
    """Only the losses come back; the contract asks for the rates and the losses. Look at what is returned."""
    return lr_range_test(*args, **settings)[1]


# ---------------------------------------------------------------- smooth


def averaged(losses: Sequence[float], beta: float, weight: float, start: float) -> list[float]:
    """The plain moving averages."""
    averages = [start]
    for loss in losses:
        averages.append(beta * averages[-1] + weight * loss)
    return averages[1:]


@mistake("smooth", convention="no bias correction")
def no_correction(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The average starts at 0 and is not corrected, so the first values are far too low: 1 - beta of the loss at the
    first. The contract corrects the bias, as Adam does."""
    return averaged(losses, beta, 1 - beta, 0.0)


@mistake("smooth", convention="started at the first loss")
def started_at_the_first_loss(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The average starts at the first loss, as in pandas with adjust=False, so that loss keeps far too much weight.
    The contract starts at 0 and corrects the bias."""
    return averaged(losses, beta, 1 - beta, losses[0])


@mistake("smooth", convention="torch-lr-finder's smooth_f")
def weight_on_the_new_loss(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """`beta` is the weight of the new loss, and the average starts at the first one: torch-lr-finder's `smooth_f`. In
    the contract `beta` is the weight of the past, and the average starts at 0, with its bias corrected."""
    return averaged(losses, 1 - beta, beta, losses[0])


@mistake("smooth")
def weights_swapped(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The new loss gets the weight `beta` and the past 1 - beta, so next to nothing is smoothed."""
    return smooth(losses, 1 - beta)


@mistake("smooth")
def weights_swapped_under_the_correction(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The new loss gets the weight `beta` and the past 1 - beta, while the correction is that of the right weights, so
    the first values are far too high. Look at which weight goes with which."""
    return [a / (1 - beta**t) for t, a in enumerate(averaged(losses, 1 - beta, beta, 0.0), start=1)]


@mistake("smooth")
def correction_shifted(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The correction counts from one step too many, so even the first value is not the first loss. What are the
    weights of a constant series to add up to?"""
    return [a / (1 - beta ** (t + 2)) for t, a in enumerate(averaged(losses, beta, 1 - beta, 0.0))]


@mistake("smooth")
def correction_frozen(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The correction stays that of the first step, 1 - beta, so the values grow beyond every loss."""
    return [a / (1 - beta) for a in averaged(losses, beta, 1 - beta, 0.0)]


@mistake("smooth")
def correction_of_the_end(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """All values are divided by the correction of the last step, so only the last one is right."""
    return [a / (1 - beta ** len(losses)) for a in averaged(losses, beta, 1 - beta, 0.0)]


@mistake("smooth")
def stores_the_corrected(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The corrected value is kept as the average, so it is corrected again at the next step. Two variables are
    needed: the average, and what is returned of it."""
    average, smoothed = 0.0, []
    for t, loss in enumerate(losses, start=1):
        average = (beta * average + (1 - beta) * loss) / (1 - beta**t)
        smoothed.append(average)
    return smoothed


@mistake("smooth")
def sum_instead_of_mean(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The new loss is added without its weight 1 - beta, so the values are about 1/(1 - beta) times too large."""
    return [value / (1 - beta) for value in smooth(losses, beta)]


@mistake("smooth")
def beta_ignored(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The weight is 0.9 whatever `beta` is. Look for a number where the argument should be."""
    return smooth(losses, 0.9)


@mistake("smooth")
def other_default(losses: Sequence[float], beta: float = 0.98) -> list[float]:
    """Without an argument the weight is 0.98, as in fastai; the default in the contract is 0.9."""
    return smooth(losses, beta)


@mistake("smooth")
def window_mean(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The mean of the last 1/(1 - beta) losses: a moving window, not an exponential average."""
    width = round(1 / (1 - beta))
    return [float(np.mean(losses[max(0, t + 1 - width) : t + 1])) for t in range(len(losses))]


@mistake("smooth")
def mean_so_far(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """Each value is the mean of all losses so far: the past never fades, and the end of the curve hardly moves. Look at
    the weight of the past."""
    return [float(np.mean(losses[: t + 1])) for t in range(len(losses))]


@mistake("smooth", ignores=("value 0",))
def one_late(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """Each value is that of the losses before it: the new loss is added only after the value was noted."""
    return [losses[0], *smooth(losses, beta)[:-1]]


@mistake("smooth")
def starts_with_zero(losses: Sequence[float], beta: float = 0.9) -> list[float]:
    """The average's start, 0, is part of the list, so there is one value too many."""
    return [0.0, *smooth(losses, beta)]


@mistake("smooth")
def last_value_alone(losses: Sequence[float], beta: float = 0.9) -> Any:
    """One number comes back: the last average. The contract asks for one for every loss."""
    return smooth(losses, beta)[-1]


@mistake("smooth")
def overwrites_the_losses(losses: list[float], beta: float = 0.9) -> list[float]:
    """The values are right, but they are written over the losses that were handed in."""
    losses[:] = smooth(losses, beta)
    return losses


# ---------------------------------------------------------------- suggest_lr


def finite(lrs: Sequence[float], losses: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Rates and losses where the loss is finite."""
    keep = np.isfinite(losses)
    return np.asarray(lrs)[keep], np.asarray(losses)[keep]


@mistake("suggest_lr", convention="minimum")
def minimum(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The rate of the lowest loss is suggested. There the loss is about to turn, so it is too high to train at; the
    contract asks for the rate of the steepest fall of the smoothed loss."""
    rates, values = finite(lrs, losses)
    return float(rates[values.argmin()])


@mistake("suggest_lr", convention="minimum/10")
def minimum_over_ten(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """A tenth of the rate of the lowest loss is suggested, fastai's rule of thumb. The contract asks for the rate of
    the steepest fall of the smoothed loss."""
    return minimum(lrs, losses) / 10


@mistake("suggest_lr", convention="valley")
def valley(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """A rate in the middle of the longest fall is suggested, fastai's "valley", however gentle the fall is there. The
    contract asks for the rate of the steepest fall of the smoothed loss."""
    return in_longest_fall(lrs, losses, 1 / 2)


@mistake("suggest_lr", convention="valley of the smoothed losses")
def valley_of_the_smoothed(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """A rate in the middle of the longest series of ever lower smoothed losses is suggested, fastai's "valley", however
    gentle the fall is there. The contract asks for the rate of their steepest fall."""
    rates, values = finite(lrs, losses)
    start, length = longest_descent(smooth(list(values)))
    return float(rates[max(start + int(length / 3) + int(length / 6), 0)])


def longest_descent(values: Sequence[float]) -> tuple[int, int]:
    """Of the longest series of ever lower values: how many places before its last one it would start without gaps, and
    its length."""
    lengths = np.ones(len(values), dtype=int)
    for i in range(1, len(values)):
        before = lengths[:i][np.asarray(values[:i]) > values[i]]
        lengths[i] = 1 + max(before, default=0)
    return int(lengths.argmax() - lengths.max()), int(lengths.max())


@mistake("suggest_lr", convention="valley at two thirds")
def valley_at_two_thirds(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The rate two thirds into the longest fall is suggested, as fastai's "valley" is described, however gentle the
    fall is there. The contract asks for the rate of the steepest fall of the smoothed loss."""
    return in_longest_fall(lrs, losses, 2 / 3)


@mistake("suggest_lr", convention="valley of the smoothed losses at two thirds")
def valley_of_the_smoothed_at_two_thirds(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The rate two thirds into the longest fall of the smoothed losses is suggested, as fastai's "valley" is described,
    however gentle the fall is there. The contract asks for the rate of their steepest fall."""
    rates, values = finite(lrs, losses)
    return in_longest_fall(rates, smooth(list(values)), 2 / 3)


def in_longest_fall(lrs: Sequence[float], losses: Sequence[float], share: float) -> float:
    """The rate at that share of the longest run of steps in each of which the loss falls."""
    rates, values = finite(lrs, losses)
    stops = [-1, *np.flatnonzero(np.diff(values) >= 0), len(values) - 1]
    length, start = max((after - before, before + 1) for before, after in pairwise(stops))
    return float(rates[start + int(share * (length - 1))])


@mistake("suggest_lr", convention="torch-lr-finder's steepest step")
def steepest_raw_step(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The steepest step of the raw losses is suggested, as in torch-lr-finder: one batch that happens to be easy
    decides. The contract asks for the steepest fall of the smoothed loss, per decade of rate."""
    rates, values = finite(lrs, losses)
    return float(rates[np.gradient(values).argmin()])


@mistake("suggest_lr", convention="largest before divergence")
def largest_before_divergence(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The largest rate is suggested at which the loss had not yet grown again beyond its start, an upper bound such as
    cyclical schedules use. The contract asks for the rate of the steepest fall of the smoothed loss."""
    rates, values = finite(lrs, losses)
    return float(rates[np.flatnonzero(values <= values[0])[-1]])


@mistake("suggest_lr")
def steepest_per_rate(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The slope is taken over the rate itself instead of its logarithm, which makes every fall at a small rate look
    steep."""
    rates, values = finite(lrs, losses)
    return float(rates[np.gradient(smooth(list(values)), rates).argmin()])


@mistake("suggest_lr")
def steepest_either_way(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The steepest change is suggested, whether fall or rise: often the very explosion. Look at the sign of the
    slope."""
    rates, values = finite(lrs, losses)
    return float(rates[np.abs(np.gradient(smooth(list(values)), np.log10(rates))).argmax()])


@mistake("suggest_lr")
def steepest_rise(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The steepest rise is suggested instead of the steepest fall. Which sign has the slope of a fall?"""
    rates, values = finite(lrs, losses)
    return float(rates[np.gradient(smooth(list(values)), np.log10(rates)).argmax()])


@mistake("suggest_lr")
def steepest_in_proportion(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The logarithm of the loss is taken too, so a fall counts by its share of the loss rather than by its size."""
    rates, values = finite(lrs, losses)
    return float(rates[np.gradient(np.log(smooth(list(values))), np.log10(rates)).argmin()])


@mistake("suggest_lr")
def keeps_what_is_not_finite(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """A loss that is not finite is left in, and NumPy takes a NaN for the smallest of all. Leave such values out
    before anything is computed of them."""
    return float(lrs[np.gradient(smooth(losses), np.log10(lrs)).argmin()])


@mistake("suggest_lr")
def tenth_of_the_steepest(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """A tenth of the rate of the steepest fall is suggested. That rule of thumb belongs to the minimum."""
    return suggest_lr(lrs, losses) / 10


@mistake("suggest_lr")
def place_of_the_steepest(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The index of the steepest fall comes back instead of the rate that was tested there."""
    return list(lrs).index(suggest_lr(lrs, losses))


@mistake("suggest_lr")
def exponent_of_the_steepest(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The logarithm of the rate comes back instead of the rate, a number that no optimizer can use. Look at which list
    the place is looked up in."""
    return log10(suggest_lr(lrs, losses))


@mistake("suggest_lr")
def loss_of_the_steepest(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The loss at the steepest fall comes back instead of the rate. Look at which list the place is looked up in."""
    return losses[list(lrs).index(suggest_lr(lrs, losses))]


@mistake("suggest_lr")
def last_rate(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The last tested rate comes back, whatever the losses are: mostly the one at which training broke. Look at what
    the losses decide."""
    return lrs[-1]


# ---------------------------------------------------------------- diagnose


@mistake("diagnose")
def overlooks_nan(losses: Sequence[float]) -> str:
    """A NaN is overlooked: every comparison with it is false, so it passes all thresholds."""
    return diagnose([loss for loss in losses if not isnan(loss)] or [1.0, 0.1])


@mistake("diagnose")
def overlooks_infinity(losses: Sequence[float]) -> str:
    """An infinite loss is left out instead of being taken for what it is. Not finite means NaN or infinite."""
    return diagnose([loss for loss in losses if abs(loss) != inf])


@mistake("diagnose")
def last_alone_is_finite(losses: Sequence[float]) -> str:
    """Only the last loss is looked at for being finite. One that was not, anywhere, is a sign of too high a rate."""
    return diagnose([loss for loss in losses[:-1] if isfinite(loss)] + list(losses[-1:]))


@mistake("diagnose")
def ends_alone(losses: Sequence[float]) -> str:
    """Only the first and the last loss are compared, so spikes between them are overlooked."""
    if not all(map(isfinite, losses)) or losses[-1] > 1.1 * losses[0]:
        return "too high"
    return "too low" if losses[-1] > 0.9 * losses[0] else "good"


@mistake("diagnose")
def smoothed_ends_alone(losses: Sequence[float]) -> str:
    """The first and the last smoothed loss are compared, which hides every spike. Look for spikes in the raw ones."""
    smoothed = smooth(list(losses))
    if not all(map(isfinite, losses)) or smoothed[-1] > 1.1 * smoothed[0]:
        return "too high"
    return "too low" if smoothed[-1] > 0.9 * smoothed[0] else "good"


@mistake("diagnose")
def spikes_alone(losses: Sequence[float]) -> str:
    """Only jumps from one step to the next count, so a loss that grows little by little is overlooked."""
    if not all(map(isfinite, losses)) or any(b > 1.5 * a for a, b in pairwise(losses)):
        return "too high"
    return "too low" if min(losses) > 0.9 * losses[0] else "good"


@mistake("diagnose")
def growth_is_too_low(losses: Sequence[float]) -> str:
    """Only jumps from one step to the next count as too high, so a loss that grows little by little passes for one that
    hardly falls. Look at what becomes of a last loss that is above the first."""
    if not all(map(isfinite, losses)) or any(b > 1.5 * a for a, b in pairwise(losses)):
        return "too high"
    return "too low" if losses[-1] > 0.9 * losses[0] else "good"


@mistake("diagnose")
def low_once_is_good(losses: Sequence[float]) -> str:
    """A curve that was low once is called good before anything else is looked at, so neither spikes nor growth count
    after a fall. Look at the order of the questions."""
    if not all(map(isfinite, losses)):
        return "too high"
    return "good" if min(losses) < 0.9 * losses[0] else diagnose(losses)


@mistake("diagnose")
def lowest_alone(losses: Sequence[float]) -> str:
    """Once the loss has been low, nothing that it does afterwards counts: only the lowest value is looked at."""
    if not all(map(isfinite, losses)):
        return "too high"
    return "too low" if min(losses) > 0.9 * losses[0] else "good"


@mistake("diagnose")
def any_rise_is_a_spike(losses: Sequence[float]) -> str:
    """Any rise from one step to the next is taken for a spike. Losses of batches are noisy: allow for that."""
    return "too high" if any(b > a for a, b in pairwise(losses)) else diagnose(losses)


@mistake("diagnose")
def flat_end_is_too_low(losses: Sequence[float]) -> str:
    """A curve that is flat at its end is called too low, even if it fell before: training has converged. Compare the
    end with the start."""
    found = diagnose(losses)
    return "too low" if found == "good" and losses[-1] > 0.9 * losses[-len(losses) // 4] else found


@mistake("diagnose")
def any_fall_is_good(losses: Sequence[float]) -> str:
    """The least fall is called good. A rate at which hardly anything happens is too low."""
    found = diagnose(losses)
    return "good" if found == "too low" and losses[-1] < losses[0] else found


@mistake("diagnose")
def words_swapped(losses: Sequence[float]) -> str:
    """ "too high" and "too low" are swapped: it is the rate that is judged, and not the loss."""
    found = diagnose(losses)
    return {"too high": "too low", "too low": "too high"}.get(found, found)


@mistake("diagnose")
def other_words(losses: Sequence[float]) -> str:
    """The verdict is right but in other words than the contract's three, so whoever asks does not understand it. Look
    them up there, to the letter."""
    return diagnose(losses).replace(" ", "_")


@mistake("diagnose")
def none_of_the_three_words(losses: Sequence[float]) -> str:
    """The verdicts are right, but each is in other words than the contract's three. Look them up there, to the
    letter."""
    return {"too high": "too_high", "too low": "too_low", "good": "ok"}[diagnose(losses)]


@mistake("diagnose")
def verdict_not_returned(losses: Sequence[float]) -> None:
    """A verdict is found, but nothing is returned: printing it is for a person to read, not for whoever calls."""
    diagnose(losses)


@mistake("diagnose")
def always_good(losses: Sequence[float]) -> str:
    """Every curve is called good, also one that explodes or never falls. Look at which conditions can come true."""
    return "good"


@mistake("diagnose")
def flat_is_too_high(losses: Sequence[float]) -> str:
    """Whatever does not fall clearly is called too high; hardly any fall, without spikes or growth, is a sign of too
    low a rate."""
    found = diagnose(losses)
    return "too high" if found == "too low" else found


@mistake("diagnose")
def no_verdict_for_flat(losses: Sequence[float]) -> str | None:
    """There is a way through the function that returns nothing: that of a curve which hardly falls."""
    found = diagnose(losses)
    return None if found == "too low" else found
