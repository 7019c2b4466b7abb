"""What goes wrong in the training loop: clipping, early stopping, an epoch, an evaluation, the whole run."""

from collections.abc import Callable
from math import hypot, inf, isnan
from typing import Any

import torch
import training
from torch import Tensor, nn
from training import EarlyStopping

from .marking import both_functions, mistake

# ---------------------------------------------------------------- clip_grad_norm

Clip = Callable[[list[Tensor], float], float]


def grads_of(params: Any) -> list[Tensor]:
    return [param.grad for param in params if param.grad is not None]


def norm_of(grads: list[Tensor]) -> float:
    return hypot(*(torch.linalg.vector_norm(grad).item() for grad in grads))


def scale(grads: list[Tensor], factor: float) -> None:
    for grad in grads:
        grad *= factor


@mistake("clip_grad_norm", convention="clipping by value")
def clips_by_value(params: Any, max_norm: float) -> float:
    """Each element is cut off at ±max_norm, as in PyTorch's clip_grad_value_ and Keras's clipvalue, which turns the
    gradient another way. The contract scales all gradients by one factor, found from their common norm."""
    grads = grads_of(params)
    norm = norm_of(grads)
    for grad in grads:
        grad.clamp_(-max_norm, max_norm)
    return norm


@mistake("clip_grad_norm", convention="Keras's clipnorm")
def clips_each_tensor(params: Any, max_norm: float) -> float:
    """Each gradient is clipped by its own norm, as Keras's clipnorm does, which turns the gradient as a whole another
    way. The contract takes one norm over all of them, Keras's global_clipnorm."""
    grads = grads_of(params)
    norm = norm_of(grads)
    for grad in grads:
        scale([grad], min(1.0, max_norm / max(norm_of([grad]), 1e-30)))
    return norm


@mistake("clip_grad_norm")
def scales_small_norms_up(params: Any, max_norm: float) -> float:
    """Gradients whose norm is below max_norm are scaled up to it, so every step is as large as the largest allowed.
    Look at when the scaling happens."""
    grads = grads_of(params)
    norm = norm_of(grads)
    if norm > 0:
        scale(grads, max_norm / norm)
    return norm


@mistake("clip_grad_norm")
def returns_the_norm_after(params: Any, max_norm: float) -> float:
    """What is returned is the norm after clipping, which never tells how large the gradients were. Look at where the
    norm is computed."""
    params = list(params)
    training.clip_grad_norm(params, max_norm)
    return norm_of(grads_of(params))


@mistake("clip_grad_norm")
def returns_the_smaller_norm(params: Any, max_norm: float) -> float:
    """max_norm is returned where the gradients were clipped, which hides how large they were."""
    return min(training.clip_grad_norm(params, max_norm), max_norm)


@mistake("clip_grad_norm")
def returns_the_factor(params: Any, max_norm: float) -> float:
    """What is returned is the factor by which the gradients were scaled, not their norm."""
    norm = training.clip_grad_norm(params, max_norm)
    return min(1.0, max_norm / norm) if norm else 1.0


@mistake("clip_grad_norm")
def returns_nothing(params: Any, max_norm: float) -> None:
    """The gradients are clipped, but nothing is returned: nobody learns how large they were. Look at the end of the
    function."""
    training.clip_grad_norm(params, max_norm)


def by_another_norm(params: Any, max_norm: float, norm: Callable[[list[Tensor]], float]) -> float:
    grads = grads_of(params)
    size = norm(grads)
    if size > max_norm:
        scale(grads, max_norm / size)
    return size


@mistake("clip_grad_norm")
def forgets_the_root(params: Any, max_norm: float) -> float:
    """The squares are summed, but no root is taken, so a large norm is taken for a far larger one. Look at what follows
    the sum."""
    return by_another_norm(params, max_norm, lambda grads: norm_of(grads) ** 2)


@mistake("clip_grad_norm")
def adds_the_norms(params: Any, max_norm: float) -> float:
    """The norms of the single gradients are added up. It is their squares that add up to the square of the whole."""
    return by_another_norm(params, max_norm, lambda grads: sum(norm_of([grad]) for grad in grads))


@mistake("clip_grad_norm")
def squares_the_sum(params: Any, max_norm: float) -> float:
    """The elements are summed before they are squared, so that positive and negative ones cancel."""
    return by_another_norm(params, max_norm, lambda grads: hypot(*(grad.sum().item() for grad in grads)))


@mistake("clip_grad_norm", convention="the L1 norm")
def takes_absolute_values(params: Any, max_norm: float) -> float:
    """The norm is the sum of absolute values (L1). The contract takes the L2 norm."""
    return by_another_norm(params, max_norm, lambda grads: sum(grad.abs().sum().item() for grad in grads))


@mistake("clip_grad_norm", convention="the maximum norm")
def takes_the_largest(params: Any, max_norm: float) -> float:
    """The norm is the largest absolute value of all elements (PyTorch's norm_type=inf). The contract takes the L2
    norm."""
    return by_another_norm(params, max_norm, lambda grads: max(grad.abs().max().item() for grad in grads))


@mistake("clip_grad_norm")
def takes_the_mean_square(params: Any, max_norm: float) -> float:
    """The squares are averaged instead of summed, so the more parameters a model has, the less it is clipped."""
    return by_another_norm(
        params, max_norm, lambda grads: norm_of(grads) / sum(grad.numel() for grad in grads) ** 0.5
    )  # fmt: skip


@mistake("clip_grad_norm")
def looks_at_the_first_only(params: Any, max_norm: float) -> float:
    """The norm is that of the first gradient alone. Look at where the loop over the parameters ends."""
    return by_another_norm(params, max_norm, lambda grads: norm_of(grads[:1]))


@mistake("clip_grad_norm")
def looks_at_the_last_only(params: Any, max_norm: float) -> float:
    """The norm is that of the last gradient alone: each one overwrites what was there. Look at what is summed."""
    return by_another_norm(params, max_norm, lambda grads: norm_of(grads[-1:]))


@mistake("clip_grad_norm")
def skips_biases(params: Any, max_norm: float) -> float:
    """Vectors and scalars are left out, but all parameters belong to the norm. Look at what decides who takes part."""
    return training.clip_grad_norm([param for param in params if param.ndim > 1], max_norm)


@mistake("clip_grad_norm")
def forgets_max_norm(params: Any, max_norm: float) -> float:
    """The gradients are scaled to norm 1, whatever max_norm is. Look at the factor."""
    grads = grads_of(params)
    norm = norm_of(grads)
    if norm > max_norm:
        scale(grads, 1 / norm)
    return norm


@mistake("clip_grad_norm")
def clips_at_one(params: Any, max_norm: float) -> float:
    """max_norm is 1, whatever is asked for. Look for a number where the argument should be."""
    return training.clip_grad_norm(params, 1.0)


@mistake("clip_grad_norm")
def only_measures(params: Any, max_norm: float) -> float:
    """The norm is right, but no gradient changes: a scaled copy is bound to a local name. The gradient tensor itself
    must be changed."""
    return norm_of(grads_of(params))


@mistake("clip_grad_norm")
def makes_new_gradients(params: Any, max_norm: float) -> float:
    """Each parameter gets a new gradient tensor. Whoever holds the old one never sees it clipped: scale in place."""
    params = [param for param in params if param.grad is not None]
    norm = norm_of(grads_of(params))
    for param in params:
        param.grad = param.grad * min(1.0, max_norm / norm if norm else 1.0)
    return norm


@mistake("clip_grad_norm")
def makes_new_gradients_when_clipping(params: Any, max_norm: float) -> float:
    """Where the norm is too large, each parameter gets a new gradient tensor. Whoever holds the old one never sees it
    clipped: scale in place."""
    params = [param for param in params if param.grad is not None]
    norm = norm_of(grads_of(params))
    if norm > max_norm:
        for param in params:
            param.grad = param.grad * (max_norm / norm)
    return norm


@mistake("clip_grad_norm")
def uses_up_the_generator(params: Any, max_norm: float) -> float:
    """`params` is gone through twice. `model.parameters()` is a generator, and finds nothing the second time, so no
    gradient is scaled."""
    params = iter(params)
    norm = norm_of(grads_of(params))
    if norm > max_norm:
        scale(grads_of(params), max_norm / norm)
    return norm


@mistake("clip_grad_norm")
def stops_at_none(params: Any, max_norm: float) -> float:
    """At the first parameter without a gradient everything ends, so those after it are neither counted nor scaled.
    Look for `break` or `return` where one parameter is to be passed over."""
    params = list(params)
    missing = [i for i, param in enumerate(params) if param.grad is None]
    return training.clip_grad_norm(params[: missing[0]] if missing else params, max_norm)


@mistake("clip_grad_norm")
def trips_over_none(params: Any, max_norm: float) -> float:
    """A parameter that took no part in the loss has no gradient (None), and the norm of None cannot be taken."""
    params = list(params)
    norm = norm_of([param.grad for param in params])
    if norm > max_norm:
        scale(grads_of(params), max_norm / norm)
    return norm


@mistake("clip_grad_norm")
def makes_none_zero(params: Any, max_norm: float) -> float:
    """A parameter without a gradient gets one of zeros, so an optimizer no longer passes it over: momentum and decay
    will move it."""
    params = list(params)
    for param in params:
        param.grad = torch.zeros_like(param) if param.grad is None else param.grad
    return training.clip_grad_norm(params, max_norm)


@mistake("clip_grad_norm")
def divides_by_zero(params: Any, max_norm: float) -> float:
    """The factor is computed before it is known to be needed. When all gradients are zero, so is the norm."""
    grads = grads_of(params)
    norm = norm_of(grads)
    scale(grads, min(1.0, max_norm / norm))
    return norm


@mistake("clip_grad_norm")
def clips_the_weights(params: Any, max_norm: float) -> float:
    """The parameters are scaled along with their gradients. Look at what is multiplied by the factor."""
    params = [param for param in params if param.grad is not None]
    norm = training.clip_grad_norm(params, max_norm)
    if norm > max_norm:
        scale([param.data for param in params], max_norm / norm)
    return norm


@mistake("clip_grad_norm")
def clips_all_weights(params: Any, max_norm: float) -> float:
    """The parameters are scaled along with their gradients, those without a gradient too. Look at what is multiplied
    by the factor."""
    params = list(params)
    norm = clips_the_weights(params, max_norm)
    if norm > max_norm:
        scale([param.data for param in params if param.grad is None], max_norm / norm)
    return norm


@mistake("clip_grad_norm")
def scales_twice(params: Any, max_norm: float) -> float:
    """The gradients are divided by the norm's square. Look at how often the factor is applied."""
    grads = grads_of(params)
    norm = norm_of(grads)
    if norm > max_norm:
        scale(grads, (max_norm / norm) ** 2)
    return norm


# ---------------------------------------------------------------- EarlyStopping


class OneCallMore(EarlyStopping):
    """It stops when there were more bad calls than `patience`, as PyTorch's ReduceLROnPlateau counts: one epoch late.
    The contract stops once there were as many."""

    question = "early_stopping"
    convention = "ReduceLROnPlateau's patience"

    def step(self, val_loss: float) -> bool:
        super().step(val_loss)
        return self.bad_epochs > self.patience


class OneCallLess(EarlyStopping):
    """It stops one call early. Look at what is compared with `patience`, and when the count is raised."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        super().step(val_loss)
        return self.bad_epochs >= self.patience - 1


class OneBadCallLess(EarlyStopping):
    """It stops one bad call early, though never at a good one. Look at what is compared with `patience`, and when the
    count is raised."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        super().step(val_loss)
        return self.bad_epochs >= max(self.patience - 1, 1)


class NeverResets(EarlyStopping):
    """The count of bad calls never goes back to zero, so bad epochs far apart add up. Only calls in a row count."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        bad = self.bad_epochs
        super().step(val_loss)
        self.bad_epochs = max(self.bad_epochs, bad)
        return self.bad_epochs >= self.patience


class ComparesWithTheLast(EarlyStopping):
    """Each loss is compared with that of the call before, so a loss that climbs and falls a little never counts as
    stalled. Look at when `best` is set."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        stop = super().step(val_loss)
        self.best = val_loss
        return stop


class KeepsTheFirst(EarlyStopping):
    """`best` is the first loss for ever, so whatever beats the start counts as progress. Look at when `best` is
    set."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        first = self.best
        stop = super().step(val_loss)
        self.best = first if first < inf else val_loss
        return stop


class WrongSignOfMinDelta(EarlyStopping):
    """A loss that is worse than the best by less than min_delta counts as better. Look at the sign of min_delta."""

    question = "early_stopping"

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        super().__init__(patience, -min_delta)


class IgnoresMinDelta(EarlyStopping):
    """Every fall counts, however small: min_delta is not used. Look at the comparison with the best loss."""

    question = "early_stopping"

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        super().__init__(patience)


class RelativeMinDelta(EarlyStopping):
    """min_delta is taken as a share of the best loss, as ReduceLROnPlateau does with its threshold. In the contract
    it has the units of the loss."""

    question = "early_stopping"
    convention = "ReduceLROnPlateau's relative threshold"

    def step(self, val_loss: float) -> bool:
        whole, self.min_delta = self.min_delta, self.min_delta * self.size() if self.best < inf else 0.0
        stop = super().step(val_loss)
        self.min_delta = whole
        return stop

    def size(self) -> float:
        return self.best


class RelativeMinDeltaInSize(RelativeMinDelta):
    """min_delta is taken as a share of the best loss, without its sign. In the contract it has the units of the
    loss."""

    convention = "a threshold relative to the size of the loss"

    def size(self) -> float:
        return abs(self.best)


class BestFollowsSmallFalls(EarlyStopping):
    """`best` follows every fall, also one that is too small to count, as in PyTorch Ignite's EarlyStopping, so many
    small falls never add up to one that counts. In the contract `best` is the last loss that counted."""

    question = "early_stopping"
    convention = "Ignite's EarlyStopping"

    def step(self, val_loss: float) -> bool:
        stop = super().step(val_loss)
        self.best = min(self.best, val_loss)
        return stop


class EqualIsBetter(EarlyStopping):
    """A loss that falls by just min_delta, or not at all where that is zero, counts as better. It must fall by more.
    Look at the comparison."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        equal = val_loss == self.best - self.min_delta
        super().step(val_loss)
        if equal:
            self.best, self.bad_epochs = val_loss, 0
        return self.bad_epochs >= self.patience


class HigherIsBetter(EarlyStopping):
    """The highest value counts as the best, as for an accuracy. This is a loss. Look at the comparison."""

    question = "early_stopping"

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        super().__init__(patience, min_delta)
        self.best = -inf

    def step(self, val_loss: float) -> bool:
        self.best = -self.best
        stop = super().step(-val_loss)
        self.best = -self.best
        return stop


class StartsAtZero(EarlyStopping):
    """`best` starts at zero, which no loss beats. Before the first call anything is an improvement."""

    question = "early_stopping"

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        super().__init__(patience, min_delta)
        self.best = 0.0


class StartsAtAThousand(EarlyStopping):
    """`best` starts at some large number, and a loss may be larger still. Before the first call anything is an
    improvement."""

    question = "early_stopping"

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        super().__init__(patience, min_delta)
        self.best = 1000.0


class CountsTheFirst(EarlyStopping):
    """The first call counts as a bad one, though there is nothing that it could have beaten."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        first = self.best == inf
        super().step(val_loss)
        self.bad_epochs += first
        return self.bad_epochs >= self.patience


class FixedPatience(EarlyStopping):
    """It waits for three calls, whatever `patience` is. Look for a number where the setting should be."""

    question = "early_stopping"

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        super().__init__(3, min_delta)


class SaysStopOnce(EarlyStopping):
    """It says stop at one call alone and goes back on it at the next bad one. Look at whether the count is to equal
    `patience` or to reach it."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        super().step(val_loss)
        return self.bad_epochs == self.patience


class StartsOverAfterStop(EarlyStopping):
    """The count goes back to zero when it says stop, but no improvement has been seen."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        stop = super().step(val_loss)
        self.bad_epochs = 0 if stop else self.bad_epochs
        return stop


class SaysGoOn(EarlyStopping):
    """`step` returns True to go on and False to stop, which is the wrong way round."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        return not super().step(val_loss)


class NeverSaysStop(EarlyStopping):
    """The counting is right, but nothing is returned, so nobody ever stops. Look at the end of `step`."""

    question = "early_stopping"

    def step(self, val_loss: float) -> None:  # type: ignore[override]
        super().step(val_loss)


class CountsUnderAnotherName(EarlyStopping):
    """It keeps its count, but not in `bad_epochs`, where others look for it. Look at the contract's names."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        self.bad_epochs = self.__dict__.pop("counter", 0)
        stop = super().step(val_loss)
        self.counter = self.__dict__.pop("bad_epochs")
        return stop


class SharedByAll(EarlyStopping):
    """`best` belongs to the class, so trainings that go on side by side compare with each other's best loss. Look at
    where it is set."""

    question = "early_stopping"
    shared = inf

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        super().__init__(patience, min_delta)
        SharedByAll.shared = inf

    def step(self, val_loss: float) -> bool:
        self.best = self.shared
        stop = super().step(val_loss)
        SharedByAll.shared = self.best
        return stop


class TakesNaNForBetter(EarlyStopping):
    """A loss of NaN counts as an improvement, since no comparison with NaN is true: it is not above the best one
    either. Look at which way round the question is asked."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        if isnan(val_loss) or isnan(self.best):
            self.best = inf  # which any number beats
        stop = super().step(-inf if isnan(val_loss) else val_loss)
        self.best = val_loss if isnan(val_loss) else self.best
        return stop


class NeverRecoversFromNaN(EarlyStopping):
    """A loss of NaN counts as an improvement, and nothing beats it from then on, since every comparison with NaN is
    false. Look at which losses may become the best."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        stop = super().step(val_loss)
        if isnan(val_loss):
            self.best, self.bad_epochs, stop = val_loss, 0, False
        return stop


class StopsAtNaN(EarlyStopping):
    """A loss that is not finite stops everything at once. It is one bad call like any other."""

    question = "early_stopping"

    def step(self, val_loss: float) -> bool:
        stop = super().step(val_loss)
        return stop or not val_loss < inf


# ---------------------------------------------------------------- train_epoch


def in_order(
    order: str, model: nn.Module, batches: Any, loss_fn: Any, optimizer: Any, scheduler: Any, max_norm: float | None
) -> float:
    """An epoch whose batches go through these acts: zero, forward, backward, clip, step, schedule."""
    model.train()
    total, samples = 0.0, 0
    for inputs, targets in batches:
        for act in order.split():
            if act == "zero":
                optimizer.zero_grad()
            elif act == "forward":
                loss = loss_fn(model(inputs), targets)
            elif act == "backward":
                loss.backward()
            elif act == "clip" and max_norm is not None:
                training.clip_grad_norm(model.parameters(), max_norm)
            elif act == "step":
                optimizer.step()
            elif act == "schedule" and scheduler is not None:
                scheduler.step()
        total += loss.item() * len(inputs)
        samples += len(inputs)
    return total / samples


@mistake("train_epoch")
def never_zeroes(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The gradients of all batches pile up, since `backward` adds to what is there, and the steps become too long. Look
    at what happens between two batches."""
    return in_order("forward backward clip step schedule", model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def zeroes_once(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The gradients are zeroed before the first batch alone, and pile up from there on, since `backward` adds."""
    optimizer.zero_grad()
    return in_order("forward backward clip step schedule", model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def zeroes_before_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The gradients are zeroed between `backward` and the optimizer's step, which therefore moves nothing."""
    order = "forward backward clip zero step schedule"
    return in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def clips_before_backward(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The gradients are clipped before `backward` has computed them, so the optimizer sees them at full length."""
    order = "zero forward clip backward step schedule"
    return in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def clips_after_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The gradients are clipped after the optimizer has used them at full length."""
    order = "zero forward backward step clip schedule"
    return in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def ignores_max_norm(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """max_norm is not used, so no gradient is ever clipped. Look at what lies between `backward` and the step."""
    return training.train_epoch(model, batches, loss_fn, optimizer, scheduler)


@mistake("train_epoch")
def always_clips_at_one(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The gradients are clipped at 1, whatever max_norm is and even where there is none."""
    return training.train_epoch(model, batches, loss_fn, optimizer, scheduler, 1.0)


def with_clipping(model, batches, loss_fn, optimizer, scheduler, clip):
    """An epoch that clips in a way of its own."""

    class Clipping:
        zero_grad = optimizer.zero_grad

        def step(self) -> None:
            clip()
            optimizer.step()

    return training.train_epoch(model, batches, loss_fn, Clipping(), scheduler)


@mistake("train_epoch", convention="clipping by value")
def clips_the_elements(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """Each element of the gradients is cut off at ±max_norm (PyTorch's clip_grad_value_, Keras's clipvalue). The
    contract clips their common norm, as clip_grad_norm does."""
    clip = lambda: [g.clamp_(-max_norm, max_norm) for g in grads_of(model.parameters()) if max_norm]  # noqa: E731
    return with_clipping(model, batches, loss_fn, optimizer, scheduler, clip)


@mistake("train_epoch", convention="Keras's clipnorm")
def clips_parameter_by_parameter(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """Each parameter's gradient is clipped by itself, as Keras's clipnorm does. The contract clips the norm over all
    parameters of the model."""
    clip = lambda: [training.clip_grad_norm([p], max_norm) for p in model.parameters() if max_norm]  # noqa: E731
    return with_clipping(model, batches, loss_fn, optimizer, scheduler, clip)


@mistake("train_epoch")
def never_steps(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """Gradients are computed, but the optimizer never takes a step, so nothing is learnt. Look at what follows
    `backward`."""
    return in_order("zero forward backward clip schedule", model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def steps_before_backward(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The optimizer steps before `backward`, with no gradients or those of the batch before."""
    order = "forward step zero backward clip schedule"
    return in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def steps_between_zero_and_backward(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The optimizer steps after the gradients are zeroed and before `backward` has computed new ones, so it never sees
    any. Look at the order of the three."""
    order = "zero forward step backward clip schedule"
    return in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def steps_twice(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The optimizer takes two steps a batch, both along one gradient, as if at twice the rate. Look for a second
    call."""
    order = "zero forward backward clip step step schedule"
    return in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def steps_once_an_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The gradients of all batches are summed up for a single step at the end. The contract steps at every batch."""
    loss = one_step("forward backward", model, batches, loss_fn, optimizer, scheduler, max_norm)
    if scheduler is not None:
        scheduler.step()
    return loss


@mistake("train_epoch")
def steps_once_but_schedules_at_every_batch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The gradients of all batches are summed up for a single step at the end, while the scheduler goes on at every
    batch. The contract steps at every batch."""
    return one_step("forward backward schedule", model, batches, loss_fn, optimizer, scheduler, max_norm)


def one_step(order, model, batches, loss_fn, optimizer, scheduler, max_norm):
    """An epoch whose batches go through these acts, and a step at its end."""
    optimizer.zero_grad()
    loss = in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)
    if max_norm is not None:
        training.clip_grad_norm(model.parameters(), max_norm)
    optimizer.step()
    return loss


@mistake("train_epoch", convention="the order of PyTorch before 1.1")
def schedules_before_the_step(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The scheduler steps before the optimizer, as was the custom before PyTorch 1.1, so the first rate is never used.
    In the contract it steps after the optimizer."""
    order = "zero forward backward clip schedule step"
    return in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def schedules_first(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The scheduler steps at the beginning of each batch, so the first rate is never used. It steps after the
    optimizer."""
    order = "schedule zero forward backward clip step"
    return in_order(order, model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch", convention="a scheduler's step an epoch")
def schedules_once_an_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The scheduler steps once an epoch, as in PyTorch's own examples. In the contract it steps once a batch, after
    the optimizer."""
    loss = training.train_epoch(model, batches, loss_fn, optimizer, None, max_norm)
    if scheduler is not None:
        scheduler.step()
    return loss


@mistake("train_epoch")
def never_schedules(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The scheduler is not used, so the rate never changes. Look at what follows the optimizer's step."""
    return training.train_epoch(model, batches, loss_fn, optimizer, None, max_norm)


@mistake("train_epoch")
def leaves_out_the_last_schedule(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The scheduler steps between the batches, but not after the last one, so it falls behind by one step an epoch."""

    class Late:
        """Before each step but the first it makes up for the scheduler's step after the one before."""

        zero_grad = optimizer.zero_grad
        begun = False

        def step(self) -> None:
            if scheduler is not None and self.begun:
                scheduler.step()
            self.begun = True
            optimizer.step()

    return training.train_epoch(model, batches, loss_fn, Late(), None, max_norm)


@mistake("train_epoch")
def leaves_the_mode(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The model is not put into train mode. After an evaluation it trains without dropout and on stored batch
    statistics."""
    model.train, train = (lambda mode=True: model), model.train
    try:
        return training.train_epoch(model, batches, loss_fn, optimizer, scheduler, max_norm)
    finally:
        model.train = train


@mistake("train_epoch")
def trains_in_eval_mode(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The model is in eval mode, so it trains without dropout and on stored batch statistics."""
    model.train, train = (lambda mode=True: nn.Module.train(model, False)), model.train
    try:
        return training.train_epoch(model, batches, loss_fn, optimizer, scheduler, max_norm)
    finally:
        model.train = train


@mistake("train_epoch")
def sets_the_outer_mode_only(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """`model.training` is set by hand, which the layers inside do not hear of: dropout and batch norm stay as they
    were. Look at how the mode is set."""
    model.training = True
    return leaves_the_mode(model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch", convention="the loss per batch of PyTorch's tutorials")
def averages_the_batches(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The losses of the batches are averaged, as in PyTorch's tutorials, so a sample in a short last batch counts for
    more. The contract asks for the mean per sample."""
    losses = collected(model, batches, loss_fn, optimizer, scheduler, max_norm)
    return sum(loss.item() for loss, _ in losses) / len(losses)


def collected(model, batches, loss_fn, optimizer, scheduler, max_norm):
    """An epoch's losses, detached, each with the size of its batch."""
    losses = []

    def noting(outputs: Tensor, targets: Tensor) -> Tensor:
        loss = loss_fn(outputs, targets)
        losses.append((loss.detach(), len(targets)))
        return loss

    training.train_epoch(model, batches, noting, optimizer, scheduler, max_norm)
    return losses


@mistake("train_epoch")
def sums_the_batches(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The losses of the batches are added up and never divided, so a longer epoch looks worse. Look at what the sum is
    divided by."""
    return sum(loss.item() for loss, _ in collected(model, batches, loss_fn, optimizer, scheduler, max_norm))


@mistake("train_epoch")
def divides_batch_means_by_samples(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The batches' means are added up and divided by the number of samples, so they are divided twice. Look at what
    one loss stands for."""
    losses = collected(model, batches, loss_fn, optimizer, scheduler, max_norm)
    return sum(loss.item() for loss, _ in losses) / sum(size for _, size in losses)


@mistake("train_epoch")
def takes_all_batches_for_full(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """Every batch counts as many samples as the first one, but the last may be shorter."""
    losses = collected(model, batches, loss_fn, optimizer, scheduler, max_norm)
    return sum(loss.item() * losses[0][1] for loss, _ in losses) / sum(size for _, size in losses)


@mistake("train_epoch")
def returns_the_last_loss(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """What is returned is the loss of the last batch. Look at what is added up."""
    return collected(model, batches, loss_fn, optimizer, scheduler, max_norm)[-1][0].item()


@mistake("train_epoch")
def returns_no_loss(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The epoch is run, but nothing is returned, so its loss is lost. Look at the end of the function."""
    training.train_epoch(model, batches, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def keeps_the_losses(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The loss tensors are kept until the end of the epoch, and with each the graph of its batch, so memory grows with
    every batch. Look at what is collected."""
    kept = []

    def keeping(outputs: Tensor, targets: Tensor) -> Tensor:
        kept.append(loss_fn(outputs, targets))
        return kept[-1]

    return training.train_epoch(model, batches, keeping, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def returns_a_graph(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The loss tensors are added up with their graphs, and the sum is returned with all of them. Look at what is
    added."""
    weighted = []

    def keeping(outputs: Tensor, targets: Tensor) -> Tensor:
        loss = loss_fn(outputs, targets)
        weighted.append((loss, len(targets)))
        return loss

    training.train_epoch(model, batches, keeping, optimizer, scheduler, max_norm)
    return sum(loss * size for loss, size in weighted) / sum(size for _, size in weighted)


@mistake("train_epoch")
def ends_after_one_batch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """Only the first batch is trained on. Look at what is inside the loop: a `return` ends it."""
    return training.train_epoch(model, list(batches)[:1], loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch", convention="drop_last")
def leaves_out_short_batches(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """A last batch that is shorter is left out, as by a DataLoader with drop_last=True. The contract trains on every
    batch."""
    batches = list(batches)
    full = [batch for batch in batches if len(batch[0]) == len(batches[0][0])]
    return training.train_epoch(model, full, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def leaves_out_shorter_batches(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """Every batch that is shorter than one before it is left out. The contract trains on every batch: look for what
    passes one over."""
    batches = list(batches)
    sizes = [len(inputs) for inputs, _ in batches]
    full = [batch for i, batch in enumerate(batches) if sizes[i] == max(sizes[: i + 1])]
    return training.train_epoch(model, full, loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def leaves_out_the_last_batch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The last batch is left out, however many samples it has. The contract trains on every batch: look at where the
    loop ends."""
    return training.train_epoch(model, list(batches)[:-1], loss_fn, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def scales_the_loss(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The loss is divided by the batch size before `backward`, but it is a mean already: the steps become too
    small."""

    def smaller(outputs: Tensor, targets: Tensor) -> Tensor:
        loss = loss_fn(outputs, targets)
        share = loss / len(targets)
        return share + (loss - share).detach()

    return training.train_epoch(model, batches, smaller, optimizer, scheduler, max_norm)


@mistake("train_epoch")
def scales_the_loss_returned_too(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    """The loss is divided by the batch size before `backward` and before it is added up, but it is a mean already: the
    steps become too small, and so does what is returned."""
    smaller = lambda outputs, targets: loss_fn(outputs, targets) / len(targets)  # noqa: E731
    return training.train_epoch(model, batches, smaller, optimizer, scheduler, max_norm)


# ---------------------------------------------------------------- evaluate


Seen = list[tuple[Tensor, Tensor, float]]  # outputs, targets and mean loss of each batch


def looks(model: nn.Module, batches: Any, loss_fn: Any) -> Seen:
    """What a right evaluation sees of the batches."""
    seen: Seen = []

    def noting(outputs: Tensor, targets: Tensor) -> Tensor:
        loss = loss_fn(outputs, targets)
        seen.append((outputs, targets, loss.item()))
        return loss

    training.evaluate(model, batches, noting)
    return seen


def samples_in(seen: Seen) -> int:
    return sum(len(targets) for _, targets, _ in seen)


def right_in(outputs: Tensor, targets: Tensor) -> int:
    return int((outputs.argmax(dim=1) == targets).sum())


def loss_of(seen: Seen) -> float:
    return sum(loss * len(targets) for _, targets, loss in seen) / samples_in(seen)


def accuracy_of(seen: Seen) -> float:
    return sum(right_in(outputs, targets) for outputs, targets, _ in seen) / samples_in(seen)


@mistake("evaluate")
def stays_in_train_mode(model, batches, loss_fn):
    """The model is not put into eval mode: dropout is at work, and batch norm learns from the data that the model is
    evaluated on."""
    model.eval, usual = (lambda: model), model.eval
    try:
        return training.evaluate(model, batches, loss_fn)
    finally:
        model.eval = usual


@mistake("evaluate")
def evaluates_in_train_mode(model, batches, loss_fn):
    """The model is put into train mode: dropout is at work, and batch norm learns from the data that the model is
    evaluated on."""
    model.eval, usual = model.train, model.eval
    try:
        return training.evaluate(model, batches, loss_fn)
    finally:
        model.eval = usual


@mistake("evaluate")
def stays_in_eval_mode(model, batches, loss_fn):
    """The model is left in eval mode, so the next epoch trains without dropout. Put back the mode that it was in."""
    result = training.evaluate(model, batches, loss_fn)
    model.eval()
    return result


@mistake("evaluate")
def always_goes_to_train_mode(model, batches, loss_fn):
    """The model is put into train mode afterwards, in whatever mode it was before. Put back the one that it was in."""
    result = training.evaluate(model, batches, loss_fn)
    model.train()
    return result


@mistake("evaluate")
def sets_the_outer_eval_only(model, batches, loss_fn):
    """`model.training` is set by hand, which the layers inside do not hear of: dropout and batch norm go on as in
    training. Look at how the mode is set."""
    was = model.training
    model.training = False
    try:
        return stays_in_train_mode(model, batches, loss_fn)
    finally:
        model.training = was


@mistake("evaluate")
def evaluates_in_eval_mode_too_late(model, batches, loss_fn):
    """Eval mode is set at the end of the first batch, which the model has seen in train mode. Look at what comes
    before the loop."""

    def late(inputs: Tensor) -> Tensor:
        outputs = model(inputs)
        model.eval()
        return outputs

    was = model.training
    total, right, samples = 0.0, 0, 0
    with torch.no_grad():
        for inputs, targets in batches:
            outputs = late(inputs)
            total += loss_fn(outputs, targets).item() * len(targets)
            right += right_in(outputs, targets)
            samples += len(targets)
    model.train(was)
    return total / samples, right / samples


@mistake("evaluate")
def builds_graphs(model, batches, loss_fn):
    """Autograd records every forward pass, though nothing will go backward: that costs memory and time. Look at what
    keeps it from recording."""
    return training.evaluate.__wrapped__(model, batches, loss_fn)


@mistake("evaluate")
def detaches_too_late(model, batches, loss_fn):
    """The outputs are detached after autograd has recorded the forward pass. Keep it from recording."""

    def without(inputs: Tensor) -> Tensor:
        with torch.enable_grad():
            return model(inputs).detach()

    return with_forward(model, without, batches, loss_fn)


def with_forward(model, forward, batches, loss_fn):
    """The evaluation of the model by another forward pass."""

    class Other(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model
            self.training = model.training

        def forward(self, inputs: Tensor) -> Tensor:
            return forward(inputs)

    return training.evaluate(Other(), batches, loss_fn)


@mistake("evaluate")
def switches_autograd_off(model, batches, loss_fn):
    """Autograd is switched off and never on again, so the next `backward` fails, far from here. Look at how long the
    switch holds."""
    torch.set_grad_enabled(False)
    return training.evaluate(model, batches, loss_fn)


@mistake("evaluate")
def freezes_the_parameters(model, batches, loss_fn):
    """The parameters are told to require no gradient, and stay so: the model can no longer be trained."""
    model.requires_grad_(False)
    return training.evaluate(model, batches, loss_fn)


@mistake("evaluate")
def returns_a_tensor_with_graph(model, batches, loss_fn):
    """The loss is returned as a tensor with the graphs of all batches behind it. Look at what is added up."""
    was = model.training
    model.eval()
    seen = [(model(inputs), targets) for inputs, targets in batches]
    model.train(was)
    samples = sum(len(targets) for _, targets in seen)
    loss = sum(loss_fn(outputs, targets) * len(targets) for outputs, targets in seen) / samples
    return loss, sum(right_in(outputs, targets) for outputs, targets in seen) / samples


@mistake("evaluate")
def clears_the_gradients(model, batches, loss_fn):
    """The gradients are zeroed. An evaluation is to leave the model as it is: look at what changes it."""
    model.zero_grad()
    return training.evaluate(model, batches, loss_fn)


@mistake("evaluate", convention="the test loop of PyTorch's quickstart")
def averages_batch_losses(model, batches, loss_fn):
    """The losses of the batches are averaged, as in PyTorch's quickstart, so a sample in a short last batch counts for
    more. The contract asks for the mean per sample."""
    seen = looks(model, batches, loss_fn)
    return sum(loss for _, _, loss in seen) / len(seen), accuracy_of(seen)


@mistake("evaluate")
def averages_batch_accuracies(model, batches, loss_fn):
    """The accuracies of the batches are averaged, so a sample in a short last batch counts for more. Count over all
    samples."""
    seen = looks(model, batches, loss_fn)
    return loss_of(seen), sum(right_in(outputs, targets) / len(targets) for outputs, targets, _ in seen) / len(seen)


@mistake("evaluate", convention="means over batches")
def averages_both_over_batches(model, batches, loss_fn):
    """Loss and accuracy are averaged over batches, so a sample in a short last batch counts for more. Both are means
    per sample."""
    seen = looks(model, batches, loss_fn)
    shares = [right_in(outputs, targets) / len(targets) for outputs, targets, _ in seen]
    return sum(loss for _, _, loss in seen) / len(seen), sum(shares) / len(seen)


@mistake("evaluate")
def sums_the_losses(model, batches, loss_fn):
    """The losses of the batches are added up and never divided."""
    seen = looks(model, batches, loss_fn)
    return sum(loss for _, _, loss in seen), accuracy_of(seen)


@mistake("evaluate")
def divides_losses_by_samples(model, batches, loss_fn):
    """The batches' mean losses are added up and divided by the number of samples, so they are divided twice. Look at
    what one loss stands for."""
    seen = looks(model, batches, loss_fn)
    return sum(loss for _, _, loss in seen) / samples_in(seen), accuracy_of(seen)


@mistake("evaluate", convention="percent")
def counts_in_percent(model, batches, loss_fn):
    """The accuracy is in percent, as PyTorch's tutorials print it. The contract wants a share between 0 and 1."""
    loss, accuracy = training.evaluate(model, batches, loss_fn)
    return loss, 100 * accuracy


@mistake("evaluate")
def counts_the_right_ones(model, batches, loss_fn):
    """What is returned is the number of right answers, not their share, so it grows with the data. Look at what the
    count is divided by."""
    seen = looks(model, batches, loss_fn)
    return loss_of(seen), accuracy_of(seen) * samples_in(seen)


@mistake("evaluate")
def counts_the_wrong_ones(model, batches, loss_fn):
    """What is returned is the share of wrong answers, an error rate: better models get less of it. Look at the
    comparison that is counted."""
    loss, accuracy = training.evaluate(model, batches, loss_fn)
    return loss, 1 - accuracy


@mistake("evaluate")
def rounds_the_share(model, batches, loss_fn):
    """The share of right answers is divided as whole numbers, so it is 0 unless all are right."""
    loss, accuracy = training.evaluate(model, batches, loss_fn)
    return loss, accuracy // 1


@mistake("evaluate")
def looks_for_the_best_sample(model, batches, loss_fn):
    """The argmax goes over the samples of the batch, not over the classes of each sample. Look at `dim`: logits are
    [N, classes]."""
    seen = looks(model, batches, loss_fn)
    right = sum(int((outputs.argmax(dim=0) == targets).sum()) for outputs, targets, _ in seen)
    return loss_of(seen), right / samples_in(seen)


@mistake("evaluate")
def takes_the_worst_class(model, batches, loss_fn):
    """The class with the smallest logit counts as the answer, but the largest is the most likely. Look at how the
    answer is picked."""
    seen = looks(model, batches, loss_fn)
    return loss_of(seen), accuracy_of([(-outputs, targets, loss) for outputs, targets, loss in seen])


@mistake("evaluate")
def divides_by_all_logits(model, batches, loss_fn):
    """The right answers are divided by the number of logits, samples times classes. Look at the count of samples."""
    seen = looks(model, batches, loss_fn)
    return loss_of(seen), accuracy_of(seen) / seen[0][0].shape[1]


@mistake("evaluate")
def evaluates_the_last_batch(model, batches, loss_fn):
    """Loss and accuracy are those of the last batch. Look at what is added up over the batches."""
    return training.evaluate(model, list(batches)[-1:], loss_fn)


@mistake("evaluate")
def returns_the_last_figures(model, batches, loss_fn):
    """The model looks at all batches, but the loss and the accuracy of the last one are returned: each takes the place
    of the one before. Look at what is added up."""
    last = looks(model, batches, loss_fn)[-1:]
    return loss_of(last), accuracy_of(last)


@mistake("evaluate")
def evaluates_the_first_batch(model, batches, loss_fn):
    """Only the first batch is looked at. Look at what is inside the loop: a `return` ends it."""
    return training.evaluate(model, list(batches)[:1], loss_fn)


@mistake("evaluate")
def returns_accuracy_first(model, batches, loss_fn):
    """The accuracy is returned before the loss, as some libraries do. The contract returns (loss, accuracy)."""
    loss, accuracy = training.evaluate(model, batches, loss_fn)
    return accuracy, loss


@mistake("evaluate")
def returns_the_loss_alone(model, batches, loss_fn):
    """Only the loss is returned, where loss and accuracy are asked for. Look at the end of the function."""
    return training.evaluate(model, batches, loss_fn)[0]


@mistake("evaluate")
def returns_no_figures(model, batches, loss_fn):
    """The figures are computed, but not returned. Look at the end of the function."""
    training.evaluate(model, batches, loss_fn)


# ---------------------------------------------------------------- fit

NAMES = ("train_loss", "val_loss", "val_accuracy", "lr")


class Run:
    """`fit` in parts, so that each mistake below is one part done otherwise."""

    def __init__(self, model, train, val, loss_fn, optimizer, scheduler, max_norm, stopping) -> None:
        self.model, self.train_batches, self.val_batches, self.loss_fn = model, train, val, loss_fn
        self.optimizer, self.scheduler, self.max_norm, self.stopping = optimizer, scheduler, max_norm, stopping
        self.history: dict[str, list[float]] = {name: [] for name in NAMES}

    def train(self) -> None:
        arguments = (self.model, self.train_batches, self.loss_fn, self.optimizer, self.scheduler, self.max_norm)
        self.history["train_loss"].append(training.train_epoch(*arguments))

    def validate(self) -> None:
        loss, accuracy = training.evaluate(self.model, self.val_batches, self.loss_fn)
        self.history["val_loss"].append(loss)
        self.history["val_accuracy"].append(accuracy)

    def note_rate(self) -> None:
        self.history["lr"].append(self.optimizer.lr)

    def is_over(self) -> bool:
        return self.stopping is not None and self.stopping.step(self.history["val_loss"][-1])

    def epoch(self) -> bool:
        """One epoch; whether it was the last one."""
        self.note_rate()
        self.train()
        self.validate()
        return self.is_over()

    def run(self, epochs: int) -> Any:
        for _ in range(epochs):
            if self.epoch():
                break
        return self.history


def as_function(kind: type[Run]) -> Callable[..., Any]:
    """The `fit` whose parts are those of `kind`, which lends it its name, its hint and its marks."""

    def fit(
        model,
        train_batches,
        val_batches,
        loss_fn,
        optimizer,
        epochs,
        scheduler=None,
        max_norm=None,
        early_stopping=None,
    ):
        parts = kind(model, train_batches, val_batches, loss_fn, optimizer, scheduler, max_norm, early_stopping)
        return parts.run(epochs)

    fit.__name__, fit.__doc__ = kind.__name__, kind.__doc__
    return mistake("fit", getattr(kind, "convention", None))(fit)


@as_function
class NotesTheRateAfterwards(Run):
    """The rate is noted at the end of the epoch, when the scheduler has changed it already. Note it at the start."""

    def epoch(self) -> bool:
        self.train()
        self.validate()
        self.note_rate()
        return self.is_over()


@as_function
class NotesTheFirstRate(Run):
    """The rate at the very beginning is noted for every epoch, whatever the scheduler does."""

    def note_rate(self) -> None:
        super().note_rate()
        self.history["lr"][-1] = self.history["lr"][0]


@as_function
class NotesEveryRate(Run):
    """The rate is noted once a batch. One entry an epoch is asked for, beside one loss each: look at which loop notes
    it."""

    def note_rate(self) -> None:
        pass

    def train(self) -> None:
        whole, self.train_batches = self.train_batches, self.noting(self.train_batches)
        super().train()
        self.train_batches = whole

    def noting(self, batches: Any) -> Any:
        for batch in batches:
            super().note_rate()
            yield batch


@as_function
class ValidatesFirst(Run):
    """Each epoch validates before it trains, so a model is judged without the epoch that it is noted for."""

    def epoch(self) -> bool:
        self.note_rate()
        self.validate()
        self.train()
        return self.is_over()


@as_function
class ValidatesOnceAtTheEnd(Run):
    """The model is validated after the last epoch alone. It is to be validated in every epoch."""

    def epoch(self) -> bool:
        self.note_rate()
        self.train()
        return False

    def run(self, epochs: int) -> Any:
        super().run(epochs)
        self.validate()
        return self.history


@as_function
class ValidatesAndAsksOnceAtTheEnd(Run):
    """The model is validated after the last epoch alone, and early_stopping is asked then, when it is too late to stop.
    Both belong into every epoch."""

    def epoch(self) -> bool:
        self.note_rate()
        self.train()
        return False

    def run(self, epochs: int) -> Any:
        super().run(epochs)
        self.validate()
        self.is_over()
        return self.history


@as_function
class ValidatesOnTrainingData(Run):
    """The model is validated on the batches that it was trained on, which says nothing of new data."""

    def validate(self) -> None:
        self.val_batches = self.train_batches
        super().validate()


@as_function
class TrainsOnValidationData(Run):
    """The model is trained on the validation batches, so they can no longer tell how it does on new data."""

    def train(self) -> None:
        self.train_batches = self.val_batches
        super().train()


@as_function
class MeasuresTheTrainingLossAfterwards(Run):
    """The training loss is measured by another pass over the batches after the epoch. What is asked for is the mean of
    the losses during it."""

    def train(self) -> None:
        super().train()
        self.history["train_loss"][-1] = training.evaluate(self.model, self.train_batches, self.loss_fn)[0]


@as_function
class OneEpochMore(Run):
    """There is one epoch too many. Look at the range of the loop."""

    def run(self, epochs: int) -> Any:
        return super().run(epochs + 1)


@as_function
class OneEpochFewer(Run):
    """There is one epoch too few. Look at the range of the loop."""

    def run(self, epochs: int) -> Any:
        return super().run(epochs - 1)


@as_function
class ReturnsAfterOneEpoch(Run):
    """The run ends after the first epoch. Look at what is inside the loop: a `return` ends it."""

    def run(self, epochs: int) -> Any:
        return super().run(min(epochs, 1))


@as_function
class IgnoresEarlyStopping(Run):
    """early_stopping is never asked, so every run takes all its epochs. Look at what follows the validation."""

    def is_over(self) -> bool:
        return False


@as_function
class AsksButGoesOn(Run):
    """early_stopping is asked, but its answer is not heeded, so every run takes all its epochs. Look at what the answer
    decides."""

    def is_over(self) -> bool:
        super().is_over()
        return False


@as_function
class StopsUnlessToldTo(Run):
    """The run ends at the first epoch at which early_stopping says to go on. Its True means stop."""

    def is_over(self) -> bool:
        return self.stopping is not None and not super().is_over()


@as_function
class StopsOneEpochLate(Run):
    """The run goes on for one more epoch after early_stopping has said stop, and asks again. Look at when the answer is
    heeded."""

    told = False

    def is_over(self) -> bool:
        before, self.told = self.told, super().is_over()
        return before


@as_function
class HeedsTheLastAnswer(Run):
    """The run goes on for one more epoch after early_stopping has said stop, and ends there without asking again. Look
    at whether the answer is heeded before or after the question of the same epoch."""

    told = False

    def is_over(self) -> bool:
        if self.told:
            return True
        self.told = super().is_over()
        return False


@as_function
class LeavesOutTheLastEpoch(Run):
    """The epoch at which early_stopping says stop is missing from the history, though it was run. Note it before you
    leave the loop."""

    def is_over(self) -> bool:
        over = super().is_over()
        if over:
            self.history = {name: values[:-1] for name, values in self.history.items()}
        return over


@as_function
class AsksBeforeTheEpoch(Run):
    """early_stopping is asked at the start of an epoch about the loss of the one before, so the last one is never
    asked about."""

    def epoch(self) -> bool:
        if self.history["val_loss"] and self.is_over():
            return True
        self.note_rate()
        self.train()
        self.validate()
        return False


@as_function
class AsksAboutTheTrainingLoss(Run):
    """early_stopping is told the training loss, which goes on falling when the model no longer gets better."""

    def is_over(self) -> bool:
        return self.stopping is not None and self.stopping.step(self.history["train_loss"][-1])


@as_function
class AsksAboutTheAccuracy(Run):
    """early_stopping is told the accuracy, whose rise it takes for a rising loss."""

    def is_over(self) -> bool:
        return self.stopping is not None and self.stopping.step(self.history["val_accuracy"][-1])


@as_function
class AsksTwice(Run):
    """early_stopping is asked twice an epoch, so its patience lasts half as long. Keep its answer."""

    def is_over(self) -> bool:
        return super().is_over() or super().is_over()


@as_function
class HeedsTheSecondAnswer(Run):
    """early_stopping is asked twice an epoch, and only its second answer counts, so its patience lasts half as long.
    Keep its answer."""

    def is_over(self) -> bool:
        super().is_over()
        return super().is_over()


@as_function
class KeepsTheScheduler(Run):
    """The scheduler is not handed on, so the rate never changes. Look at the arguments of the call that trains."""

    def train(self) -> None:
        self.scheduler = None
        super().train()


@as_function
class SchedulesOnceAnEpoch(Run):
    """The scheduler steps once an epoch, as in PyTorch's own examples. In the contract it steps once a batch."""

    convention = "a scheduler's step an epoch"

    def train(self) -> None:
        scheduler, self.scheduler = self.scheduler, None
        super().train()
        self.scheduler = scheduler
        if scheduler is not None:
            scheduler.step()


@as_function
class SchedulesOnceMore(Run):
    """The scheduler steps once a batch and once more at the end of each epoch, so it runs ahead. Look at who steps
    it."""

    def train(self) -> None:
        super().train()
        if self.scheduler is not None:
            self.scheduler.step()


@as_function
class NeedsAScheduler(Run):
    """A scheduler is an option, and None has no `step`: without one the run fails. Look at what is done when it is left
    out."""

    def train(self) -> None:
        super().train()
        self.scheduler.lr_at(0)


@as_function
class KeepsMaxNorm(Run):
    """max_norm is not handed on, so no gradient is ever clipped. Look at the arguments of the call that trains."""

    def train(self) -> None:
        self.max_norm = None
        super().train()


@as_function
class ClipsAtOne(Run):
    """The gradients are clipped at 1, whatever max_norm is, and even where there is none."""

    def train(self) -> None:
        self.max_norm = 1.0
        super().train()


@as_function
class SwapsLossAndAccuracy(Run):
    """The lists val_loss and val_accuracy hold each other's numbers. Look at the order in which evaluate returns
    them."""

    def run(self, epochs: int) -> Any:
        history = super().run(epochs)
        return {**history, "val_loss": history["val_accuracy"], "val_accuracy": history["val_loss"]}


@as_function
class NotesTheLastEpochOnly(Run):
    """The history holds the last epoch alone. Look at where its lists are made."""

    def epoch(self) -> bool:
        self.history = {name: [] for name in NAMES}
        return super().epoch()


@as_function
class ReturnsNumbers(Run):
    """The history holds one number under each name, that of the last epoch. A list with an entry an epoch is asked
    for."""

    def run(self, epochs: int) -> Any:
        return {name: values[-1] for name, values in super().run(epochs).items()}


@as_function
class LeavesOutTheRate(Run):
    """The history has no list of rates, so nobody sees what the scheduler did. Look at the names that the contract
    lists."""

    def run(self, epochs: int) -> Any:
        return {name: values for name, values in super().run(epochs).items() if name != "lr"}


@as_function
class NamesTheAccuracyOtherwise(Run):
    """The accuracy is not under "val_accuracy" but under a name of its own, where nobody looks for it."""

    def run(self, epochs: int) -> Any:
        history = super().run(epochs)
        history["val_acc"] = history.pop("val_accuracy")
        return history


@as_function
class ReturnsATuple(Run):
    """The lists are returned one after the other. A dict with their names is asked for."""

    def run(self, epochs: int) -> Any:
        return tuple(super().run(epochs).values())


@as_function
class ReturnsNoHistory(Run):
    """The run is right, but nothing is returned, so its figures are lost. Look at the end of the function."""

    def run(self, epochs: int) -> Any:
        super().run(epochs)


# ---------------------------------------------------------------- two at once, where both are common

PAIRS = [
    (leaves_the_mode, never_zeroes), (averages_the_batches, leaves_the_mode), (averages_the_batches, never_zeroes),
    (averages_the_batches, ignores_max_norm), (keeps_the_losses, leaves_the_mode),
    (keeps_the_losses, averages_the_batches), (leaves_the_mode, schedules_once_an_epoch),
    (averages_batch_losses, stays_in_train_mode), (averages_both_over_batches, stays_in_train_mode),
    (averages_batch_losses, builds_graphs), (averages_both_over_batches, builds_graphs),
    (averages_batch_losses, stays_in_eval_mode), (stays_in_eval_mode, builds_graphs),
    (stays_in_train_mode, builds_graphs), (always_goes_to_train_mode, builds_graphs),
    (counts_in_percent, averages_batch_losses),
]  # fmt: skip


def any_pair() -> list[Callable[..., Any]]:
    """Each pair above in one function."""
    return [both_functions(training, *pair) for pair in PAIRS]
