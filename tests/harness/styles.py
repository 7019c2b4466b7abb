"""Correct submissions written differently: every way of writing that the lab's contract allows.

An optimizer is a formula in one of several algebraic forms, run by one of several carriers: the code around
it that reads parameters, keeps state and writes back. `right_labs(lab)` builds a lab for each pair, and for
each other way of writing a schedule or Lookahead, on the given base classes.
"""

from collections.abc import Callable, Iterator
from math import cos, pi
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

# A formula: (parameter, gradient, this parameter's memory, settings) -> new parameter. It works on torch
# tensors and on NumPy arrays alike.
Formula = Callable[[Any, Any, dict[str, Any], SimpleNamespace], Any]

DEFAULTS = {
    "SGD": {"weight_decay": 0.0},
    "Momentum": {"momentum": 0.9, "weight_decay": 0.0},
    "Nesterov": {"momentum": 0.9, "weight_decay": 0.0},
    "RMSprop": {"alpha": 0.99, "eps": 1e-8},
    "Adam": {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
    "AdamW": {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
}


# ---------------------------------------------------------------- the formulas, as in the contract


def sgd(p, g, s, h):
    return p - h.lr * (g + h.weight_decay * p)


def momentum(p, g, s, h):
    s["v"] = h.momentum * s.get("v", 0 * g) + (g + h.weight_decay * p)
    return p - h.lr * s["v"]


def nesterov(p, g, s, h):
    g = g + h.weight_decay * p
    s["v"] = h.momentum * s.get("v", 0 * g) + g
    return p - h.lr * (g + h.momentum * s["v"])


def rmsprop(p, g, s, h):
    s["s"] = h.alpha * s.get("s", 0 * g) + (1 - h.alpha) * g * g
    return p - h.lr * g / (s["s"] ** 0.5 + h.eps)


def adam(p, g, s, h):
    g = g + h.weight_decay * p
    b1, b2 = h.betas
    s["t"] = s.get("t", 0) + 1
    s["m"] = b1 * s.get("m", 0 * g) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0 * g) + (1 - b2) * g * g
    return p - h.lr * (s["m"] / (1 - b1 ** s["t"])) / ((s["v"] / (1 - b2 ** s["t"])) ** 0.5 + h.eps)


def adamw(p, g, s, h):
    p = p - h.lr * h.weight_decay * p
    return adam(p, g, s, SimpleNamespace(**{**vars(h), "weight_decay": 0.0}))


# ---------------------------------------------------------------- the same, rearranged


def sgd_shrinking(p, g, s, h):
    return (1 - h.lr * h.weight_decay) * p - h.lr * g


def momentum_split(p, g, s, h):
    old = s.get("v", 0 * g)
    s["v"] = h.momentum * old + g + h.weight_decay * p
    return p - h.lr * g - h.lr * h.weight_decay * p - h.lr * h.momentum * old


def nesterov_unrolled(p, g, s, h):
    g = g + p * h.weight_decay
    old = s.get("v", 0 * g)
    s["v"] = g + old * h.momentum
    return p - (h.lr * (1 + h.momentum)) * g - (h.lr * h.momentum**2) * old


def rmsprop_drifting(p, g, s, h):
    old = s.get("s", 0 * g)
    s["s"] = old + (1 - h.alpha) * (g * g - old)
    return p - h.lr / (s["s"] ** 0.5 + h.eps) * g


def adam_rescaled(p, g, s, h):
    """The paper's remark: corrections in the step size, and ε scaled to match."""
    g = g + h.weight_decay * p
    b1, b2 = h.betas
    s["b1"], s["b2"] = s.get("b1", 1.0) * b1, s.get("b2", 1.0) * b2
    m, v = s.get("m", 0 * g), s.get("v", 0 * g)
    s["m"], s["v"] = m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v)
    root = (1 - s["b2"]) ** 0.5
    return p - (h.lr * root / (1 - s["b1"])) * s["m"] / (s["v"] ** 0.5 + h.eps * root)


def adamw_shrinking(p, g, s, h):
    shrunk = (1 - h.lr * h.weight_decay) * p
    return adam_rescaled(shrunk, g, s, SimpleNamespace(**{**vars(h), "weight_decay": 0.0}))


def sgd_in_place(p, g, s, h):
    return p.clone().sub_(g.add(p, alpha=h.weight_decay), alpha=h.lr)


def momentum_in_place(p, g, s, h):
    v = s.setdefault("v", torch.zeros_like(p)).mul_(h.momentum).add_(g).add_(p, alpha=h.weight_decay)
    return p.clone().add_(v, alpha=-h.lr)


def nesterov_in_place(p, g, s, h):
    g = g.add(p, alpha=h.weight_decay)
    v = s.setdefault("v", torch.zeros_like(p)).mul_(h.momentum).add_(g)
    return p.clone().add_(g.add(v, alpha=h.momentum), alpha=-h.lr)


def rmsprop_in_place(p, g, s, h):
    square = s.setdefault("s", torch.zeros_like(p)).mul_(h.alpha).addcmul_(g, g, value=1 - h.alpha)
    return p.clone().addcdiv_(g, square.sqrt().add_(h.eps), value=-h.lr)


def adam_in_place(p, g, s, h):
    g = g.add(p, alpha=h.weight_decay)
    b1, b2 = h.betas
    s["t"] = s.get("t", 0) + 1
    m = s.setdefault("m", torch.zeros_like(p)).lerp_(g, 1 - b1)
    v = s.setdefault("v", torch.zeros_like(p)).mul_(b2).addcmul_(g, g, value=1 - b2)
    denominator = v.sqrt().div_((1 - b2 ** s["t"]) ** 0.5).add_(h.eps)
    return p.clone().addcdiv_(m, denominator, value=-h.lr / (1 - b1 ** s["t"]))


def adamw_in_place(p, g, s, h):
    h = SimpleNamespace(**{**vars(h), "decay": h.weight_decay, "weight_decay": 0.0})
    return adam_in_place(p.mul(1 - h.lr * h.decay), g, s, h)


PLAIN = dict(zip(DEFAULTS, [sgd, momentum, nesterov, rmsprop, adam, adamw], strict=True))
REARRANGED = dict(
    zip(
        DEFAULTS,
        [sgd_shrinking, momentum_split, nesterov_unrolled, rmsprop_drifting, adam_rescaled, adamw_shrinking],
        strict=True,
    )
)
IN_PLACE = dict(
    zip(
        DEFAULTS,
        [sgd_in_place, momentum_in_place, nesterov_in_place, rmsprop_in_place, adam_in_place, adamw_in_place],
        strict=True,
    )
)


# ---------------------------------------------------------------- the carriers: a base class, and a step


def in_update(base: type) -> type:
    """Writes `update`, in place, with memory in the given state."""

    class Carrier(base):
        def update(self, param, grad, state):
            param.copy_(self.formula(param, grad, state, self.settings()))

    return Carrier


def through_data(base: type) -> type:
    """Replaces `step` whole, without no_grad, assigns `param.data`, keeps memory keyed by the parameter."""

    class Carrier(base):
        def step(self):
            self.memory = getattr(self, "memory", {})
            for p in self.params:
                if p.grad is not None:
                    state = self.memory.setdefault(p, {})
                    p.data = self.formula(p.data, p.grad.data, state, self.settings())

    return Carrier


def through_numpy(base: type) -> type:
    """Computes on NumPy views, keeps memory keyed by id, writes into the view."""

    class Carrier(base):
        def step(self):
            self.memory = getattr(self, "memory", {})
            for p in self.params:
                if p.grad is None:
                    continue
                view = p.detach().numpy()
                state = self.memory.setdefault(id(p), {})
                view[...] = self.formula(view, p.grad.numpy(), state, self.settings())

    return Carrier


def in_double(base: type) -> type:
    """Computes and remembers in float64, by a list comprehension and a helper, and rounds at the end."""

    class Carrier(base):
        @torch.no_grad()
        def step(self):
            pairs = [(p, s) for p, s in zip(self.params, self.state, strict=True) if p.grad is not None]
            for (p, _), new in zip(pairs, [self.moved(p, s) for p, s in pairs], strict=True):
                p.copy_(new)

        def moved(self, p, state):
            return self.formula(p.double(), p.grad.double(), state, self.settings())

    return Carrier


def in_numpy_double(base: type) -> type:
    """The same in NumPy: what `.astype(np.float64)` and `torch.from_numpy` make of it."""

    class Carrier(base):
        def update(self, param, grad, state):
            p, g = param.numpy().astype(np.float64), grad.numpy().astype(np.float64)
            param.copy_(torch.from_numpy(np.asarray(self.formula(p, g, state, self.settings()))))

    return Carrier


def optimizer(rule: str, formula: Formula, carrier: type) -> type:
    def __init__(self: Any, params: Any, lr: float, **given: Any) -> None:
        carrier.__init__(self, params, lr)
        self.given = {**DEFAULTS[rule], **given}

    def settings(self: Any) -> SimpleNamespace:
        return SimpleNamespace(lr=self.lr, **self.given)

    body = {"__init__": __init__, "settings": settings, "formula": staticmethod(formula)}
    return type(rule, (carrier,), body)


def foreach_adam(base: type) -> type:
    """Adam on all tensors at once, by `torch._foreach_*`; a step count for each parameter."""

    class Adam(base):
        def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
            super().__init__(params, lr)
            self.betas, self.eps, self.decay = betas, eps, weight_decay
            self.m = [torch.zeros_like(p) for p in self.params]
            self.v = [torch.zeros_like(p) for p in self.params]
            self.t = [0] * len(self.params)

        @torch.no_grad()
        def step(self):
            at = [i for i, p in enumerate(self.params) if p.grad is not None]
            p, m, v = ([each[i] for i in at] for each in (self.params, self.m, self.v))
            g = torch._foreach_add([q.grad for q in p], p, alpha=self.decay)
            for i in at:
                self.t[i] += 1
            b1, b2 = self.betas
            torch._foreach_lerp_(m, g, 1 - b1)
            torch._foreach_mul_(v, b2)
            torch._foreach_addcmul_(v, g, g, 1 - b2)
            root = torch._foreach_sqrt(v)
            torch._foreach_div_(root, [(1 - b2 ** self.t[i]) ** 0.5 for i in at])
            torch._foreach_add_(root, self.eps)
            torch._foreach_addcdiv_(p, m, root, [-self.lr / (1 - b1 ** self.t[i]) for i in at])

    return Adam


def library(rule: str) -> type:
    """torch.optim's own, for its numbers."""
    name, renamed = {"Momentum": ("SGD", {}), "Nesterov": ("SGD", {"nesterov": True})}.get(rule, (rule, {}))

    class Library:
        def __init__(self, params, lr, **given):
            self.lr = lr
            self.inner = getattr(torch.optim, name)(params, lr=lr, **{**DEFAULTS[rule], **renamed, **given})

        def step(self):
            self.inner.param_groups[0]["lr"] = self.lr
            self.inner.step()

        def zero_grad(self):
            self.inner.zero_grad()

    return Library


# ---------------------------------------------------------------- Lookahead


class LerpLookahead:
    """Slow weights in a dict, made at the first step; the rate is handed on before each step."""

    def __init__(self, optimizer, k=5, alpha=0.5):
        self.inner, self.k, self.alpha = optimizer, k, alpha
        self.params, self.lr = optimizer.params, optimizer.lr
        self.zero_grad = optimizer.zero_grad
        self.slow, self.left = {}, k

    def step(self):
        self.slow = self.slow or {p: p.detach().clone() for p in self.params}
        self.inner.lr = self.lr
        self.inner.step()
        self.left -= 1
        if not self.left:
            self.left = self.k
            for p in self.params:
                self.slow[p] = torch.lerp(self.slow[p], p.data, self.alpha)
                p.data = self.slow[p].clone()


class WeightedLookahead:
    """A weighted sum of slow and fast; everything else is passed through."""

    def __init__(self, optimizer, k=5, alpha=0.5):
        slow = [p.detach().clone() for p in optimizer.params]
        self.__dict__.update(inner=optimizer, k=k, alpha=alpha, count=0, slow=slow)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def __setattr__(self, name, value):
        if name == "lr":
            self.inner.lr = value
        else:
            self.__dict__[name] = value

    def step(self):
        self.inner.step()
        self.count += 1
        if self.count % self.k == 0:
            with torch.no_grad():
                for i, fast in enumerate(self.inner.params):
                    self.slow[i] = (1 - self.alpha) * self.slow[i] + self.alpha * fast
                    fast.copy_(self.slow[i])


# ---------------------------------------------------------------- schedules


def schedulers(base: type, number: Callable[[float], Any], cosine: Callable[[Any], Any]) -> dict[str, type]:
    """All six, computed in `number`s: Python's, NumPy's or torch's, by loops rather than closed forms."""

    class Loop(base):
        def __init__(self, optimizer, *args, **given):
            names = self.names.split()
            self.__dict__.update({**self.defaults, **dict(zip(names, args, strict=False)), **given})
            super().__init__(optimizer)

        defaults = {}  # noqa: RUF012

        def half(self, top, share):
            height = number(0.5) * (number(1.0) + cosine(number(pi * share)))
            return self.eta_min + (top - self.eta_min) * height

    class StepLR(Loop):
        names, defaults = "step_size gamma", {"gamma": 0.1}

        def lr_at(self, t):
            lr = number(self.base_lr)
            for i in range(1, t + 1):
                if i % self.step_size == 0:
                    lr = lr * self.gamma
            return lr

    class ExponentialLR(Loop):
        names = "gamma"

        def lr_at(self, t):
            lr = number(self.base_lr)
            for _ in range(t):
                lr = lr * self.gamma
            return lr

    class CosineAnnealingLR(Loop):
        names, defaults = "T_max eta_min", {"eta_min": 0.0}

        def lr_at(self, t):
            return self.half(number(self.base_lr), t / self.T_max)

    class CosineAnnealingWarmRestarts(Loop):
        names, defaults = "T_0 T_mult eta_min", {"T_mult": 1, "eta_min": 0.0}

        def lr_at(self, t):
            start, length = 0, self.T_0
            while start + length <= t:
                start, length = start + length, length * self.T_mult
            return self.half(number(self.base_lr), (t - start) / length)

    class CyclicLR(Loop):
        names, defaults = "max_lr step_size_up step_size_down", {"step_size_down": None}

        def lr_at(self, t):
            down = self.step_size_down or self.step_size_up
            place = t % (self.step_size_up + down)
            if place < self.step_size_up:
                return self.base_lr + (self.max_lr - self.base_lr) * number(place) / self.step_size_up
            return self.max_lr - (self.max_lr - self.base_lr) * number(place - self.step_size_up) / down

    class WarmupCosineLR(Loop):
        names, defaults = "warmup_steps total_steps eta_min", {"eta_min": 0.0}

        def lr_at(self, t):
            if t < self.warmup_steps:
                return number((t + 1) / self.warmup_steps) * self.base_lr
            share = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
            return self.half(number(self.base_lr), min(share, 1.0))

    every = (StepLR, ExponentialLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, CyclicLR, WarmupCosineLR)
    return {kind.__name__: kind for kind in every}


def right_labs(lab: Any) -> Iterator[tuple[str, Any]]:
    """(name, lab) for every style: the lab's base files with all classes written in that style."""
    base, scheduler = lab.base.Optimizer, lab.base.LRScheduler
    formulas = {"plain": PLAIN, "rearranged": REARRANGED, "in place": IN_PLACE}
    carriers = [in_update, through_data, through_numpy, in_double, in_numpy_double]
    numbers: list[tuple[Callable[[float], Any], Callable[[Any], Any]]] = [
        (float, cos),
        (np.float64, np.cos),
        (np.float32, np.cos),
        (torch.tensor, torch.cos),
    ]
    count = 0
    for name, formula in formulas.items():
        for carrier in carriers:
            if name == "in place" and "numpy" in carrier.__name__:
                continue
            kinds = {rule: optimizer(rule, f, carrier(base)) for rule, f in formula.items()}
            kinds["Lookahead"] = (LerpLookahead, WeightedLookahead)[count % 2]
            yield f"{name}, {carrier.__name__}", _lab(lab, kinds, schedulers(scheduler, *numbers[count % 4]))
            count += 1
    adam = foreach_adam(base)
    yield "foreach", _lab(lab, {"Adam": adam}, {})
    yield "torch.optim", _lab(lab, {rule: library(rule) for rule in DEFAULTS}, {})


def _lab(lab: Any, optimizers: dict[str, type], schedulers: dict[str, type]) -> SimpleNamespace:
    return SimpleNamespace(
        base=lab.base,
        optimizers=SimpleNamespace(**{**vars(lab.optimizers), **optimizers}),
        schedulers=SimpleNamespace(**{**vars(lab.schedulers), **schedulers}),
    )
