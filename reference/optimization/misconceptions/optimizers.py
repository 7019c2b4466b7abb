"""What goes wrong in optimizers. First what any rule can suffer, then rule by rule."""

from collections.abc import Iterable
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import torch
from base import Optimizer
from optimizers import SGD, Adam, AdamW, Lookahead, Momentum, Nesterov, RMSprop

from .marking import both

State = dict[str, Any]
Tensor = torch.Tensor

# ---------------------------------------------------------------- any rule: mixed into each of the six


class Ascends:
    """Every step goes uphill: the parameters move with the update instead of against it, so the loss grows.
    Look at the sign of the very last line."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        before = param.clone()
        super().update(param, grad, state)
        param.copy_(2 * before - param)


class RebindsTheName:
    """The parameters never move: the result is given to a local name, and the tensor that the model holds is
    not touched. Look for `param = …`, and ask which object the model still sees."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        super().update(param.clone(), grad, state)


class CachesTheRate:
    """The learning rate of the constructor is used for ever, so no scheduler has any effect. Look at where
    the rate is read: `self.lr` may change between any two steps."""

    def step(self) -> None:
        now = self.lr
        self.first_lr = self.lr = getattr(self, "first_lr", self.built_lr)
        super().step()
        self.lr = now

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        self.built_lr = lr
        super().__init__(params, lr, **settings)


class OnlyTheFirst:
    """Only the first parameter moves; all the others stay as they were initialised. Look at how the loop
    over the parameters ends."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        if param is self.params[0]:
            super().update(param, grad, state)


class OnlyTheFirstWithGradient:
    """Each step moves one parameter, the first that has a gradient, and all the others stay as they are. Look at what
    ends the loop over the parameters: a `return` or `break` inside it ends the whole step."""

    def step(self) -> None:
        everything = self.params, self.state
        first = next((i for i, p in enumerate(self.params) if p.grad is not None), len(self.params))
        self.params, self.state = self.params[first : first + 1], self.state[first : first + 1]
        super().step()
        self.params, self.state = everything


class SharesState:
    """All parameters use one and the same memory, so each is moved by the others' gradients. Look at where
    the buffers are made: how many are there?"""

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        self.state = self.state[:1] * len(self.params)


class KeysByShape:
    """Parameters of the same shape share their memory. That goes unnoticed until a model has two layers of
    one size. Look at what the buffers are looked up by."""

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        shared: dict[Any, State] = {}
        self.state = [shared.setdefault(p.shape, {}) for p in self.params]


class KeysByValue:
    """Parameters that hold equal numbers share their memory: all biases that start at zero, for example. Look
    at what the buffers are looked up by: a tensor's values are not its identity."""

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        shared: dict[Any, State] = {}
        self.state = [shared.setdefault((p.shape, str(p.tolist())), {}) for p in self.params]


class KeysByCurrentValue:
    """Parameters that hold equal numbers at some step share their memory there: the place of a parameter is found
    anew at each step, by comparing values. Look at how it is found: a tensor's values are not its identity."""

    def step(self) -> None:
        own = self.state
        self.state = [own[self.place(param)] for param in self.params]
        super().step()
        self.state = own

    def place(self, param: Tensor) -> int:
        return next(i for i, p in enumerate(self.params) if p.dtype == param.dtype and torch.equal(p, param))


class Shared(dict[str, Any]):
    """A state that lives as long as some optimizer holds it."""


class StateOnTheClass:
    """Two optimizers of this class share their memory, because it belongs to the class and not to the
    instance. Look at what is assigned outside `__init__`, and at default arguments that are mutable."""

    everyones: ClassVar[WeakValueDictionary[Any, Shared]] = WeakValueDictionary()

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        self.state = [self.everyones.setdefault((type(self), i), Shared()) for i, _ in enumerate(self.params)]


class ForgetsEveryStep:
    """Whatever is remembered is thrown away at each step, so every step is like the first. Look at whether
    the buffers are made anew inside `step`."""

    def step(self) -> None:
        self.state = [{} for _ in self.params]
        super().step()


class StopsAtNone:
    """A parameter without a gradient ends the step for all that come after it, as when a layer is frozen.
    Look at how the loop leaves a parameter out: it should go on with the next."""

    @torch.no_grad()
    def step(self) -> None:
        for param, state in zip(self.params, self.state, strict=True):
            if param.grad is None:
                return
            self.update(param, param.grad, state)


class NoneAsZero:
    """A parameter without a gradient is updated as if its gradient were zero, so weight decay, momentum or a
    fading average still change it. None means: not part of this step, leave everything as it is."""

    @torch.no_grad()
    def step(self) -> None:
        for param, state in zip(self.params, self.state, strict=True):
            self.update(param, torch.zeros_like(param) if param.grad is None else param.grad, state)


class SkipsZeroGradients:
    """A gradient that is zero everywhere is skipped, yet a zero is a measurement like any other: averages
    fade, velocity carries on, decay applies. Look at the test that skips a parameter."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        if grad.any():
            super().update(param, grad, state)


class WritesIntoGrad:
    """The step changes the gradient tensors themselves, so whoever reads them later (clipping, logging,
    accumulation) sees other numbers. Look for in-place operations on the gradient."""

    ignores = ("gradient left alone, of parameter",)  # whatever is written there

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        super().update(param, grad, state)
        grad.mul_(self.lr)


class ClearsGrad:
    """The step removes the gradients, which is zero_grad's business: they can no longer be logged or
    accumulated over batches. Look at the end of `step`."""

    def step(self) -> None:
        super().step()
        self.zero_grad()


class WithoutNoGrad:
    """The update is recorded by autograd, which refuses to change a leaf in place. Look at what `step` is
    wrapped in."""

    def step(self) -> None:
        for param, state in zip(self.params, self.state, strict=True):
            if param.grad is not None:
                self.update(param, param.grad, state)


class GrowsTheGraph:
    """What is remembered between steps carries the autograd graph of every step before it, so memory grows
    until it runs out. Look at what is computed from the parameters outside `torch.no_grad()`."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        with torch.enable_grad():
            state["seen"] = state.get("seen", 0.0) + 0.1 * param
        super().update(param, grad, state)


class UsesUpTheGenerator:
    """Parameters that come as a generator, as `model.parameters()` does, are gone after one pass: the second pass
    finds none, so nothing is ever moved, without a word. Look at how often the argument is iterated."""

    ignores = ("what zero_grad leaves as the gradient of parameter",)  # the list may be the one that is empty, or not

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        if not isinstance(params, list):
            self.params, self.state = [], []


class TripsOverTheUsedUpGenerator:
    """Parameters that come as a generator, as `model.parameters()` does, are gone after one pass: the second pass
    finds none, and the step fails for want of them. Look at how often the argument is iterated."""

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        self.params = list(params)


class KeepsTheGenerator:
    """Parameters that come as a generator, as `model.parameters()` does, are kept as they come, so the first step uses
    them up: no later one moves anything, and zero_grad finds nothing either. Look at what the constructor stores."""

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        self.is_used_up_by_one_pass = not isinstance(params, list)

    def step(self) -> None:
        super().step()
        if self.is_used_up_by_one_pass:
            self.params, self.state = [], []


class CastsToFloat32:
    """The step is computed in float32 whatever the parameters are, so float64 parameters lose half their
    digits. Look for `.float()`, and for buffers that are made without the parameter's dtype."""

    tolerance: ClassVar[dict[str, float]] = {"float64": 2e-5}  # as float32: rounded here or there

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        single = param.float()
        super().update(single, grad.float(), state)
        param.copy_(single)


class KeysMomentsByShape:
    """Parameters of the same shape share their moments, though not their step counts. That goes unnoticed until a
    model has two layers of one size. Look at what the moments are looked up by."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        self.moments = getattr(self, "moments", {})
        shared = self.moments.setdefault(param.shape, {})
        shared["t"] = state.get("t", 0)
        super().update(param, grad, shared)
        state["t"] = shared["t"]


RULES = {
    "sgd": SGD, "momentum": Momentum, "nesterov": Nesterov, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW,
}  # fmt: skip
OF_ANY = [
    Ascends, RebindsTheName, CachesTheRate, OnlyTheFirst, OnlyTheFirstWithGradient, StopsAtNone, SkipsZeroGradients,
    WritesIntoGrad, ClearsGrad, WithoutNoGrad, GrowsTheGraph, UsesUpTheGenerator, TripsOverTheUsedUpGenerator,
    KeepsTheGenerator, CastsToFloat32, NoneAsZero,
]  # fmt: skip
OF_MEMORY = [SharesState, KeysByShape, KeysByValue, KeysByCurrentValue, StateOnTheClass, ForgetsEveryStep]
OF_COUNTED_MEMORY = [KeysMomentsByShape]


def any_rule() -> list[type]:
    """Each mistake above on each of the six rules that can make it."""
    return [
        type(mistake.__name__, (mistake, rule), {"question": question, "__doc__": mistake.__doc__})
        for question, rule in RULES.items()
        for mistake in [
            *OF_ANY,
            *(OF_MEMORY if question != "sgd" else []),
            *(OF_COUNTED_MEMORY if question in ("adam", "adamw") else []),
        ]
    ]


# ---------------------------------------------------------------- SGD


class IgnoresDecay(SGD):
    """Weight decay has no effect. Look for where `weight_decay` enters the gradient."""

    question = "sgd"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        param -= self.lr * grad


class HalvesDecay(SGD):
    """The decay is half as strong as the contract's: λp is added to the gradient, which is the gradient of
    λ/2·p², not of anything smaller. Look at the factor before the parameter."""

    question = "sgd"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        param -= self.lr * (grad + self.weight_decay / 2 * param)


class DoublesDecay(SGD):
    """The decay is twice as strong as the contract's, as if the penalty were λ·p² with its factor of two, or
    as if it were applied in two places. Look at the factor before the parameter."""

    question = "sgd"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        param -= self.lr * (grad + 2 * self.weight_decay * param)


class SkipsBiases(SGD):
    """Weight decay leaves out parameters of fewer than two dimensions. That is a common recipe, but this
    rule decays every parameter that it is given."""

    question = "sgd"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        param -= self.lr * (grad + (self.weight_decay if param.ndim > 1 else 0.0) * param)


class SignOfGradient(SGD):
    """Only the sign of the gradient counts, so every element moves by the same amount (that is signSGD). Look
    at what multiplies the rate."""

    question = "sgd"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        param -= self.lr * (grad + self.weight_decay * param).sign()


class DividesByBatch(SGD):
    """The gradient is divided by its first dimension, as if by the batch. A mean loss has done that already,
    and a parameter's first dimension is no batch."""

    question = "sgd"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        super().update(param, grad / (len(grad) or 1) if grad.ndim else grad, state)


class DecayGrows(SGD):
    """Weight decay makes the weights grow. Look at the sign of the decay, and follow it to the parameter."""

    question = "sgd"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        param -= self.lr * (grad - self.weight_decay * param)


# ---------------------------------------------------------------- Momentum


class Moving(Momentum):
    """Momentum with its formula in one place: `velocity` is the new v, `move` the step before the rate."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        g = grad + self.weight_decay * param
        old = state.get("v", torch.zeros_like(g))
        state["v"] = new = self.velocity(g, old)
        param -= self.move(g, old, new)

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return self.momentum * v + g

    def move(self, g: Tensor, old: Tensor, new: Tensor) -> Tensor:
        return self.lr * new


class NoVelocity(Moving):
    """Nothing is carried from one step to the next: this is plain SGD. Look at whether the velocity is stored
    after it has been computed."""

    question = "momentum"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return g


class AveragesVelocity(Moving):
    """The velocity is an average: the gradient enters with weight 1 - momentum, so steps are ten times too
    short at momentum 0.9. In this rule the gradient enters whole."""

    question = "momentum"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return self.momentum * v + (1 - self.momentum) * g


class RateTwice(Moving):
    """The rate is applied twice: once on the way into the velocity, once on the way out."""

    question = "momentum"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return self.momentum * v + self.lr * g


class AliasesTheGradient(Momentum):
    """The velocity *is* the first gradient tensor, not a copy of its numbers, so building it up changes that
    gradient, and a new gradient written there changes the velocity. Look at how the velocity is created."""

    question = "momentum"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        g = grad.add(param, alpha=self.weight_decay) if self.weight_decay else grad
        state["v"] = state["v"].mul_(self.momentum).add_(g) if "v" in state else g
        param -= self.lr * state["v"]


class StaleVelocity(Moving):
    """The parameters move by the velocity of the step before, so the first step does nothing. Look at the
    order: first the new velocity, then the move."""

    question = "momentum"

    def move(self, g: Tensor, old: Tensor, new: Tensor) -> Tensor:
        return self.lr * old


class MomentumOnGradient(Moving):
    """Momentum multiplies the gradient instead of the old velocity, which therefore never fades."""

    question = "momentum"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return v + self.momentum * g


class RateInside(Moving):
    """The rate sits inside the velocity, as in Keras and Caffe. While the rate is constant that is the same,
    but after a change the old velocity still carries the old rate. The contract multiplies on the way out."""

    question = "momentum"
    convention = "keras"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return self.momentum * v + self.lr * g

    def move(self, g: Tensor, old: Tensor, new: Tensor) -> Tensor:
        return new


class FixedMomentum(Moving):
    """Momentum is 0.9 whatever is asked for. Look for a number where the setting should be."""

    question = "momentum"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return 0.9 * v + g


class Dampened(Moving):
    """The first gradient enters whole and all later ones with weight 1 - momentum, as with a dampening. The
    contract has none: every gradient enters whole."""

    question = "momentum"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return self.momentum * v + (1 - self.momentum if v.any() else 1) * g


class MomentumWithoutDecay(Momentum):
    """Weight decay has no effect. Look for where `weight_decay` enters the gradient."""

    question = "momentum"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        super().update(param, grad - self.weight_decay * param, state)


class DecaysOutside(Momentum):
    """The decay shrinks the weights directly and never enters the velocity. In this rule it is a part of the
    gradient, so it gathers momentum too."""

    question = "momentum"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        decay = self.weight_decay * param
        super().update(param, grad - decay, state)
        param -= self.lr * decay


# ---------------------------------------------------------------- Nesterov


class NesterovMoving(Nesterov):
    """Nesterov in the same two pieces."""

    velocity = Moving.velocity
    update = Moving.update


class IsPlainMomentum(NesterovMoving):
    """This is plain momentum: the step follows the velocity, and nothing looks ahead along it."""

    question = "nesterov"
    move = Moving.move


class AddsWholeVelocity(NesterovMoving):
    """The step is gradient plus the whole velocity; looking one step ahead, the velocity is multiplied by
    the momentum once more."""

    question = "nesterov"

    def move(self, g: Tensor, old: Tensor, new: Tensor) -> Tensor:
        return self.lr * (g + new)


class LooksAlongOldVelocity(NesterovMoving):
    """The look ahead goes along the velocity of the step before, which makes this plain momentum in disguise.
    Look at which velocity is meant: the one that this gradient has already entered."""

    question = "nesterov"

    def move(self, g: Tensor, old: Tensor, new: Tensor) -> Tensor:
        return self.lr * (g + self.momentum * old)


class MomentumSquared(NesterovMoving):
    """The velocity in the step is multiplied by the momentum twice. Unrolled to the old velocity there is a
    square, but to the new one it is a plain factor: do not mix the two ways of writing."""

    question = "nesterov"

    def move(self, g: Tensor, old: Tensor, new: Tensor) -> Tensor:
        return self.lr * (g + self.momentum**2 * new)


class SutskeverWithoutLookingAhead(NesterovMoving):
    """This is the form of Sutskever et al. (v ← μv - lr·g, p ← p + v), which needs the gradient at the point
    ahead, p + μv. The gradient here was taken at p, so this is plain momentum with the rate inside."""

    question = "nesterov"
    convention = "sutskever"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return self.momentum * v + self.lr * g

    def move(self, g: Tensor, old: Tensor, new: Tensor) -> Tensor:
        return new


class KerasNesterov(NesterovMoving):
    """The rate sits inside the velocity, as in Keras. While the rate is constant that is the same, but after
    a change the old velocity still carries the old rate. The contract multiplies on the way out."""

    question = "nesterov"
    convention = "keras"

    def velocity(self, g: Tensor, v: Tensor) -> Tensor:
        return self.momentum * v + self.lr * g

    def move(self, g: Tensor, old: Tensor, new: Tensor) -> Tensor:
        return self.lr * g + self.momentum * new


class NesterovFixedMomentum(Nesterov):
    """Momentum is 0.9 whatever is asked for. Look for a number where the setting should be."""

    question = "nesterov"

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **{**settings, "momentum": 0.9})


class NesterovWithoutDecay(Nesterov):
    """Weight decay has no effect. Look for where `weight_decay` enters the gradient."""

    question = "nesterov"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        super().update(param, grad - self.weight_decay * param, state)


# ---------------------------------------------------------------- RMSprop


class Scaling(RMSprop):
    """RMSprop in pieces: where the average starts, what enters it, how it is used."""

    start = 0.0

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        old = state.get("s", torch.full_like(grad, self.start))
        state["s"] = new = self.average(old, grad)
        state["t"] = state.get("t", 0) + 1
        param -= self.lr * self.move(grad, old, new, state["t"])

    def average(self, s: Tensor, g: Tensor) -> Tensor:
        return self.alpha * s + (1 - self.alpha) * g**2

    def move(self, g: Tensor, old: Tensor, new: Tensor, t: int) -> Tensor:
        return g / (new.sqrt() + self.eps)


class NoRoot(Scaling):
    """The gradient is divided by the mean square itself, not by its root, so the step has the wrong unit and
    small gradients make huge steps."""

    question = "rmsprop"

    def move(self, g: Tensor, old: Tensor, new: Tensor, t: int) -> Tensor:
        return g / (new + self.eps)


class AlphaSwapped(Scaling):
    """alpha and 1 - alpha have changed places: the average forgets nearly everything at each step."""

    question = "rmsprop"

    def average(self, s: Tensor, g: Tensor) -> Tensor:
        return (1 - self.alpha) * s + self.alpha * g**2


class NotSquared(Scaling):
    """The average is of the gradient's size, not of its square, and then the root is taken all the same."""

    question = "rmsprop"

    def average(self, s: Tensor, g: Tensor) -> Tensor:
        return self.alpha * s + (1 - self.alpha) * g.abs()


class StartsAtOne(Scaling):
    """The running average starts at one instead of zero, so the first steps are far too short (TensorFlow 1
    did so)."""

    question = "rmsprop"
    convention = "tensorflow1"
    start = 1.0


class UsesOldAverage(Scaling):
    """The gradient is divided by the average of the step before, which does not know this gradient yet. Look
    at the order of the two lines."""

    question = "rmsprop"

    def move(self, g: Tensor, old: Tensor, new: Tensor, t: int) -> Tensor:
        return g / (old.sqrt() + self.eps)


class CorrectsBias(Scaling):
    """The average is corrected for its start at zero. That is Adam's idea; this rule has no correction."""

    question = "rmsprop"

    def move(self, g: Tensor, old: Tensor, new: Tensor, t: int) -> Tensor:
        return g / ((new / (1 - self.alpha**t)).sqrt() + self.eps)


class NoEps(Scaling):
    """There is no eps in the denominator, so an element whose gradients were all zero is 0/0, that is NaN."""

    question = "rmsprop"

    def move(self, g: Tensor, old: Tensor, new: Tensor, t: int) -> Tensor:
        return g / new.sqrt()


class EpsInsideRoot(Scaling):
    """eps is added inside the root, as TensorFlow and Keras do. The contract asks for PyTorch's formula: the
    root first, then plus eps."""

    question = "rmsprop"
    convention = "keras"

    def move(self, g: Tensor, old: Tensor, new: Tensor, t: int) -> Tensor:
        return g / (new + self.eps).sqrt()


class SumsForEver(Scaling):
    """The squares are summed up and never fade, so the steps get shorter and shorter: that is Adagrad."""

    question = "rmsprop"

    def average(self, s: Tensor, g: Tensor) -> Tensor:
        return s + (1 - self.alpha) * g**2


class SumsWholeSquares(Scaling):
    """The squares are summed up whole, without a weight, and never fade, so the steps get shorter and shorter: that is
    Adagrad as it was published. Look for alpha: it should make the past fade."""

    question = "rmsprop"

    def average(self, s: Tensor, g: Tensor) -> Tensor:
        return s + g**2


class WholeSquares(Scaling):
    """The square enters the average whole, without its weight 1 - alpha, so every step is too short."""

    question = "rmsprop"

    def average(self, s: Tensor, g: Tensor) -> Tensor:
        return self.alpha * s + g**2


class RMSpropFixedSettings(RMSprop):
    """alpha and eps are their defaults whatever is asked for. Look for numbers where settings should be."""

    question = "rmsprop"

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr)


class ScalarAverage(Scaling):
    """One number per tensor is averaged, the mean of all squares. The rule scales every element by its own
    history. Look for a mean or a norm."""

    question = "rmsprop"

    def average(self, s: Tensor, g: Tensor) -> Tensor:
        return self.alpha * s + (1 - self.alpha) * (g**2).mean()


# ---------------------------------------------------------------- Adam


class Pieces(Adam):
    """Adam in pieces, so that a mistake is one of them."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        g = grad + self.weight_decay * param
        state["t"] = t = self.clock(state.get("t", 0))
        state["m"] = m = self.first(state.get("m", torch.zeros_like(g)), g)
        state["v"] = v = self.second(state.get("v", torch.zeros_like(g)), g, m)
        param -= self.lr * self.direction(m, v, t)

    def clock(self, t: int) -> int:
        return t + 1

    def first(self, m: Tensor, g: Tensor) -> Tensor:
        return self.betas[0] * m + (1 - self.betas[0]) * g

    def second(self, v: Tensor, g: Tensor, m: Tensor) -> Tensor:
        return self.betas[1] * v + (1 - self.betas[1]) * g**2

    def corrections(self, t: int) -> tuple[float, float]:
        return 1 - self.betas[0] ** t, 1 - self.betas[1] ** t

    def direction(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        first, second = self.corrections(t)
        return (m / first) / ((v / second).sqrt() + self.eps)


class NoCorrection(Pieces):
    """Neither moment is corrected for its start at zero, so the first step is about three times too long.
    Look for m̂ and v̂."""

    question = "adam"

    def corrections(self, t: int) -> tuple[float, float]:
        return 1.0, 1.0


class CorrectsFirstOnly(Pieces):
    """Only the first moment is corrected for its start at zero; the second one needs it even more."""

    question = "adam"

    def corrections(self, t: int) -> tuple[float, float]:
        return 1 - self.betas[0] ** t, 1.0


class CorrectsSecondOnly(Pieces):
    """Only the second moment is corrected for its start at zero, so the first steps are far too short."""

    question = "adam"

    def corrections(self, t: int) -> tuple[float, float]:
        return 1.0, 1 - self.betas[1] ** t


class CorrectionsSwapped(Pieces):
    """Each moment is corrected with the other one's beta. Look at which beta goes with which average."""

    question = "adam"

    def corrections(self, t: int) -> tuple[float, float]:
        return 1 - self.betas[1] ** t, 1 - self.betas[0] ** t


class ClockStandsStill(Pieces):
    """The step count t stays at 1, so the bias correction is that of the first step for ever. Look at whether
    the count is stored."""

    question = "adam"

    def clock(self, t: int) -> int:
        return 1


class ClockStartsAtZero(Pieces):
    """The first step counts as t = 0, so the correction divides by 1 - 1 = 0 and the parameters become NaN. Look at the
    order of counting and correcting."""

    question = "adam"

    def direction(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        first, second = (torch.tensor(c, dtype=m.dtype) for c in self.corrections(t - 1))
        return (m / first) / ((v / second).sqrt() + self.eps)


class ClockStartsAtTwo(Pieces):
    """The first step counts as t = 2, so the correction is too weak at the start. Look at where the count
    begins and whether it is raised twice."""

    question = "adam"

    def corrections(self, t: int) -> tuple[float, float]:
        return super().corrections(t + 1)


class ClockTicksPerParameter(Pieces):
    """One step count is shared and ticks once for every parameter, so all but the first parameter are
    corrected as if they were further on. Look at whose count it is."""

    question = "adam"
    ticks = 0

    def clock(self, t: int) -> int:
        self.ticks += 1
        return self.ticks


class OneClockForAll(Pieces):
    """All parameters share one step count, so one that missed a step is corrected as if it had not. t is the
    step of that parameter: count where the parameter is updated."""

    question = "adam"
    steps = 0

    def step(self) -> None:
        self.steps += 1
        super().step()

    def clock(self, t: int) -> int:
        return self.steps


class StoresCorrected(Pieces):
    """The corrected moments are stored and corrected again at the next step. m̂ and v̂ are for this step only;
    what is remembered is m and v."""

    question = "adam"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        super().update(param, grad, state)
        first, second = self.corrections(state["t"])
        state["m"] = state["m"] / first
        state["v"] = state["v"] / second


class BetasSwapped(Adam):
    """The two betas have changed places. At the first step that cannot be seen, since the correction makes up
    for it; look at which beta fades which moment."""

    question = "adam"

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        self.betas = self.betas[::-1]


class FixedBetas(Adam):
    """The betas are 0.9 and 0.999 whatever is asked for. Look for numbers where settings should be."""

    question = "adam"

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **{**settings, "betas": (0.9, 0.999)})


class FixedEps(Adam):
    """eps is 1e-8 whatever is asked for. Look for a number where the setting should be."""

    question = "adam"

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **{**settings, "eps": 1e-8})


class WholeGradientInFirst(Pieces):
    """The gradient enters the first moment whole, without its weight 1 - beta1, so steps are ten times too
    long at the default."""

    question = "adam"

    def first(self, m: Tensor, g: Tensor) -> Tensor:
        return self.betas[0] * m + g


class WholeSquareInSecond(Pieces):
    """The square enters the second moment whole, without its weight 1 - beta2, so steps are far too short."""

    question = "adam"

    def second(self, v: Tensor, g: Tensor, m: Tensor) -> Tensor:
        return self.betas[1] * v + g**2


class NoFirstMoment(Pieces):
    """The plain gradient is scaled instead of its running average: there is no momentum in it."""

    question = "adam"

    def first(self, m: Tensor, g: Tensor) -> Tensor:
        return g

    def corrections(self, t: int) -> tuple[float, float]:
        return 1.0, 1 - self.betas[1] ** t


class SizeInSecond(Pieces):
    """The second moment averages the gradient's size, not its square, and the root is taken all the same."""

    question = "adam"

    def second(self, v: Tensor, g: Tensor, m: Tensor) -> Tensor:
        return self.betas[1] * v + (1 - self.betas[1]) * g.abs()


class SquaresFirstMoment(Pieces):
    """The second moment averages the square of the first moment instead of the square of the gradient."""

    question = "adam"

    def second(self, v: Tensor, g: Tensor, m: Tensor) -> Tensor:
        return self.betas[1] * v + (1 - self.betas[1]) * m**2


class ScalarSecond(Pieces):
    """One number per tensor is kept as second moment, the mean of all squares. The rule scales every element
    by its own history. Look for a mean or a norm."""

    question = "adam"

    def second(self, v: Tensor, g: Tensor, m: Tensor) -> Tensor:
        return self.betas[1] * v + (1 - self.betas[1]) * (g**2).mean()


class NoRootInAdam(Pieces):
    """The first moment is divided by the second moment itself, not by its root, so the step has the wrong
    unit."""

    question = "adam"

    def direction(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        first, second = self.corrections(t)
        return (m / first) / (v / second + self.eps)


class KeepsLargest(Pieces):
    """The denominator is the largest second moment so far, so steps never get longer again: that is AMSGrad,
    which the contract does not ask for."""

    question = "adam"
    convention = "amsgrad"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        self.largest = state
        super().update(param, grad, state)

    def direction(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        largest = self.largest["largest"] = torch.maximum(self.largest.get("largest", v), v)
        return super().direction(m, largest, t)


class KeepsLargestCorrected(Pieces):
    """The denominator is the largest corrected second moment so far, so steps never get longer again: that is AMSGrad
    as Keras and others write it, which the contract does not ask for."""

    question = "adam"
    convention = "amsgrad of the corrected moment"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        self.largest = state
        super().update(param, grad, state)

    def direction(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        first, second = self.corrections(t)
        corrected = v / second
        largest = self.largest["largest"] = torch.maximum(self.largest.get("largest", corrected), corrected)
        return (m / first) / (largest.sqrt() + self.eps)


class Decoupled(Adam):
    """The decay shrinks the weights directly: that is AdamW. In this rule it is a part of the gradient, so
    both moments know of it."""

    question = "adam"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        decay = self.weight_decay * param
        param -= self.lr * decay
        super().update(param, grad - self.weight_decay * param, state)


class AdamIgnoresDecay(Adam):
    """Weight decay has no effect. Look for where `weight_decay` enters the gradient."""

    question = "adam"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        super().update(param, grad - self.weight_decay * param, state)


class EpsHat(Pieces):
    """eps is added to the root of the uncorrected second moment, as TensorFlow and Keras do (the paper's ε̂).
    The contract adds it to the root of the corrected one."""

    question = "adam"
    convention = "keras"

    def direction(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        first, second = self.corrections(t)
        return second**0.5 / first * m / (v.sqrt() + self.eps)


class EpsInsideAdamsRoot(Pieces):
    """eps is added inside the root. The contract takes the root first and adds eps then."""

    question = "adam"
    convention = "eps inside the root"

    def direction(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        first, second = self.corrections(t)
        return (m / first) / (v / second + self.eps).sqrt()


class AdamWithoutEps(Pieces):
    """There is no eps in the denominator, so an element whose gradients were all zero is 0/0, that is NaN."""

    question = "adam"

    def direction(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        first, second = self.corrections(t)
        return (m / first) / (v / second).sqrt()


# ---------------------------------------------------------------- AdamW


class Decaying(AdamW):
    """AdamW whose decay is one function of the parameter, applied before the step."""

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        decay = self.decay(param)
        super().update(param, grad, state)
        # The reference has shrunk the parameter by lr·λ·p already; put that back.
        param += self.lr * self.weight_decay * self.before - decay

    def decay(self, param: Tensor) -> Tensor:
        self.before = param.clone()
        return self.shrink(param) * param

    def shrink(self, param: Tensor) -> float:
        return self.lr * self.weight_decay


class CoupledDecay(AdamW):
    """The decay is added to the gradient, so it is rescaled by both moments: that is Adam with L2. Here it
    goes past the moments, straight to the weight."""

    question = "adamw"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        Adam.update(self, param, grad, state)


class DecayWithoutRate(Decaying):
    """The decay is not multiplied by the rate, so the weights shrink by λ at every step, however small the
    rate."""

    question = "adamw"

    def shrink(self, param: Tensor) -> float:
        return self.weight_decay


class OmitsDecay(Decaying):
    """There is no decay at all: this is Adam. Look for where the weight itself is shrunk."""

    question = "adamw"

    def shrink(self, param: Tensor) -> float:
        return 0.0


class AdamWDecayGrows(Decaying):
    """Weight decay makes the weights grow, step by step and without end. Look at its sign, and follow it to the
    parameter."""

    question = "adamw"

    def shrink(self, param: Tensor) -> float:
        return -self.lr * self.weight_decay


class AscendsButDecays(AdamW):
    """Adam's part of the step goes uphill, so the loss grows, while the decay still shrinks the weights as it should.
    Look at the sign of the line that uses the moments."""

    question = "adamw"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        decayed = param * (1 - self.lr * self.weight_decay)
        super().update(param, grad, state)
        param.copy_(2 * decayed - param)


class RateSquared(Decaying):
    """The decay is multiplied by the rate twice, which makes it vanish at small rates. Look at whether the
    decayed term is multiplied again with the step."""

    question = "adamw"

    def shrink(self, param: Tensor) -> float:
        return self.lr**2 * self.weight_decay


class DecaysAtFirstRate(Decaying):
    """The decay uses the rate of the constructor, while the step uses the current one. Look at where each
    reads the rate."""

    question = "adamw"

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        self.built_lr = lr
        super().__init__(params, lr, **settings)

    def shrink(self, param: Tensor) -> float:
        return self.built_lr * self.weight_decay


class SkipsVectors(Decaying):
    """Weight decay leaves out parameters of fewer than two dimensions. That is a common recipe, but this
    rule decays every parameter that it is given."""

    question = "adamw"

    def shrink(self, param: Tensor) -> float:
        return self.lr * self.weight_decay if param.ndim > 1 else 0.0


class DecaysTwice(AdamW):
    """The decay is both in the gradient and on the weight. It belongs on the weight alone."""

    question = "adamw"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        super().update(param, grad + self.weight_decay * param, state)


class DecaysAfterwards(AdamW):
    """The decay shrinks the weight after the step, so it shrinks the step too. The contract decays first."""

    question = "adamw"
    convention = "decay after the step"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        rate, self.weight_decay = self.weight_decay, 0.0
        super().update(param, grad, state)
        self.weight_decay = rate
        param -= self.lr * rate * param


class FixedDecay(AdamW):
    """Weight decay is 0.01 whatever is asked for. Look for a number where the setting should be."""

    question = "adamw"

    def __init__(self, params: Iterable[Tensor], lr: float, **settings: Any) -> None:
        super().__init__(params, lr, **{**settings, "weight_decay": 0.01})


def on_adamw(mistake: type) -> type:
    """The same wrong piece of Adam, with AdamW's decay in front of it."""

    def __init__(self: Any, params: Iterable[Tensor], lr: float, weight_decay: float = 0.01, **settings: Any):
        mistake.__init__(self, params, lr, **settings)
        self.decoupled = weight_decay

    def update(self: Any, param: Tensor, grad: Tensor, state: State) -> None:
        param -= self.lr * self.decoupled * param
        mistake.update(self, param, grad, state)

    body: dict[str, Any] = {"__init__": __init__, "update": update, "question": "adamw"}
    return type(f"AdamW{mistake.__name__}", (mistake,), body | {"__doc__": mistake.__doc__})


AdamWNoCorrection = on_adamw(NoCorrection)
AdamWClockStandsStill = on_adamw(ClockStandsStill)
AdamWBetasSwapped = on_adamw(BetasSwapped)
AdamWFixedBetas = on_adamw(FixedBetas)
AdamWFixedEps = on_adamw(FixedEps)
AdamWEpsHat = on_adamw(EpsHat)
AdamWEpsInsideRoot = on_adamw(EpsInsideAdamsRoot)
AdamWKeepsLargest = on_adamw(KeepsLargest)
AdamWKeepsLargestCorrected = on_adamw(KeepsLargestCorrected)
AdamWOneClockForAll = on_adamw(OneClockForAll)


# ---------------------------------------------------------------- Lookahead


class NeverSyncs(Lookahead):
    """The slow weights are never used: every step is the inner optimizer's alone. Look at the condition for
    a sync, and at whether steps are counted."""

    question = "lookahead"

    def step(self) -> None:
        self.optimizer.step()


class SlowStartsAtZero(Lookahead):
    """The slow weights start at zero instead of at the parameters' first values, so the first sync pulls the
    model half way to nothing."""

    question = "lookahead"

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer, **settings)
        self.slow = [torch.zeros_like(slow) for slow in self.slow]


class LookaheadAlphaSwapped(Lookahead):
    """alpha weighs the slow weights instead of the fast ones. At 0.5 that is the same; look at which way the
    interpolation goes."""

    question = "lookahead"

    def __init__(self, optimizer: Optimizer, k: int = 5, alpha: float = 0.5) -> None:
        super().__init__(optimizer, k, 1 - alpha)


class KeepsFastWeights(Lookahead):
    """The slow weights follow, but the fast ones are never set back to them, so the model does not notice."""

    question = "lookahead"

    @torch.no_grad()
    def step(self) -> None:
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for slow, fast in zip(self.slow, self.params, strict=True):
                slow += self.alpha * (fast - slow)


class SlowAliasesFast(Lookahead):
    """The slow weights are the very tensors of the fast ones, not copies, so there is never anything between
    them to interpolate."""

    question = "lookahead"

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer, **settings)
        self.slow = [fast.data for fast in optimizer.params]


class SlowAliasesAfterSync(Lookahead):
    """After the first sync the slow weights share their memory with the fast ones, so that is also the last
    sync that does anything. Look at whether numbers are copied or tensors assigned."""

    question = "lookahead"

    def step(self) -> None:
        super().step()
        if self.t % self.k == 0:
            self.slow = [fast.data for fast in self.params]


class SyncsBeforeCounting(Lookahead):
    """The very first step is followed by a sync, and every later one comes a step late: the count is raised after the
    test, and zero is a multiple of k too. Look at the order of the two."""

    question = "lookahead"

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer, **settings)
        self.t = -1


class SyncsOneLate(Lookahead):
    """The first sync comes after k + 1 steps. Look at where the count starts, and whether it is raised before
    or after the test."""

    question = "lookahead"

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer, **settings)
        self.t = -1

    def step(self) -> None:
        if self.t >= 0:
            super().step()
        else:
            self.optimizer.step()
            self.t = 0


class SyncsOneEarly(Lookahead):
    """The first sync comes after k - 1 steps. Look at where the count starts, and whether it is raised before
    or after the test."""

    question = "lookahead"

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer, **settings)
        self.t = 1


class WipesInnerState(Lookahead):
    """Each sync throws away what the inner optimizer remembers, its moments and its step count. Only the
    weights are to be set back."""

    question = "lookahead"

    def step(self) -> None:
        super().step()
        if self.t % self.k == 0:
            for state in self.optimizer.state:
                state.clear()


class KeepsRateToItself(Lookahead):
    """A rate that is set on the wrapper does not reach the inner optimizer, so a scheduler has no effect."""

    question = "lookahead"
    lr = 0.0

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer, **settings)
        self.lr = optimizer.lr


class ZeroGradDoesNothing(Lookahead):
    """zero_grad is not passed on to the inner optimizer, so gradients pile up from batch to batch."""

    question = "lookahead"

    def zero_grad(self) -> None:
        pass


class FixedLookahead(Lookahead):
    """k and alpha are 5 and 0.5 whatever is asked for. Look for numbers where settings should be."""

    question = "lookahead"

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer)


# ---------------------------------------------------------------- two at once, where both are common

PAIRS = [
    (MomentumWithoutDecay, AveragesVelocity), (MomentumWithoutDecay, RateInside), (MomentumWithoutDecay, RateTwice),
    (MomentumWithoutDecay, FixedMomentum),
    (NesterovWithoutDecay, KerasNesterov), (NesterovWithoutDecay, IsPlainMomentum),
    (NesterovWithoutDecay, NesterovFixedMomentum),
    (EpsInsideRoot, AlphaSwapped), (EpsInsideRoot, StartsAtOne),
    (AdamIgnoresDecay, NoCorrection), (Decoupled, NoCorrection), (EpsInsideAdamsRoot, NoCorrection),
    (FixedBetas, FixedEps), (FixedBetas, NoCorrection), (FixedEps, NoCorrection), (AdamIgnoresDecay, FixedBetas),
    (AdamIgnoresDecay, FixedEps), (AdamIgnoresDecay, EpsInsideAdamsRoot), (AdamIgnoresDecay, EpsHat),
    (CachesTheRate, IgnoresDecay), (CachesTheRate, NoVelocity), (CachesTheRate, AveragesVelocity),
    (CachesTheRate, MomentumWithoutDecay), (CachesTheRate, IsPlainMomentum), (CachesTheRate, NesterovWithoutDecay),
    (CachesTheRate, EpsInsideRoot), (CachesTheRate, NoCorrection), (CachesTheRate, AdamIgnoresDecay),
    (CachesTheRate, CoupledDecay), (CachesTheRate, OmitsDecay),
]  # fmt: skip
PAIRS_ON_ADAMW = [(FixedBetas, FixedEps), (EpsInsideAdamsRoot, NoCorrection), (FixedEps, NoCorrection)]


class AdamWNoCorrectionAndCoupledDecay(NoCorrection):
    """Neither moment is corrected for its start at zero, so the first step is about three times too long. And the decay
    is added to the gradient, so it is rescaled by both moments; here it goes past them, straight to the weight."""

    question = "adamw"

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float = 0.01, **settings: Any) -> None:
        super().__init__(params, lr, weight_decay=weight_decay, **settings)


class AdamWNoCorrectionAndOmitsDecay(NoCorrection):
    """Neither moment is corrected for its start at zero, so the first step is about three times too long. And there is
    no decay at all: look for where the weight itself is shrunk."""

    question = "adamw"

    def update(self, param: Tensor, grad: Tensor, state: State) -> None:
        self.weight_decay = 0.0
        super().update(param, grad, state)


def any_pair() -> list[type]:
    """Each pair above in one class."""
    return [both(*pair) for pair in PAIRS] + [on_adamw(both(*pair)) for pair in PAIRS_ON_ADAMW]
