"""Each rule is written once more, as its formula says, and both are driven through the same steps.

What a formula does not show has a test of its own: that gradients are left alone, that no autograd graph is kept,
that a parameter without a gradient keeps still, that nothing is shared between parameters or optimizers.
"""

import gc
from math import cos, pi

import pytest
import torch
from base import Optimizer
from optimizers import SGD, Adam, AdamW, Momentum
from schedulers import WarmupCosineLR


def expected_rate(t, base, warmup, total, eta_min):
    if t < warmup:
        return base * (t + 1) / warmup
    share = min((t - warmup) / (total - warmup), 1.0)
    return eta_min + (base - eta_min) * (1 + cos(pi * share)) / 2


@pytest.mark.parametrize(("base", "warmup", "total", "eta_min"), [(0.4, 4, 20, 0.0), (0.3, 5, 30, 0.1)])
def test_warms_up_and_follows_the_cosine(base, warmup, total, eta_min):
    optimizer = Optimizer([torch.zeros(1)], lr=base)
    scheduler = WarmupCosineLR(optimizer, warmup_steps=warmup, total_steps=total, eta_min=eta_min)
    for t in range(total + 10):
        assert optimizer.lr == pytest.approx(expected_rate(t, base, warmup, total, eta_min))
        scheduler.step()
    for t in (7, 2, total + 3, 0):
        assert scheduler.lr_at(t) == pytest.approx(expected_rate(t, base, warmup, total, eta_min))


def sgd(p, g, memory, lr, weight_decay=0.0):
    return p - lr * (g + weight_decay * p)


def momentum(p, g, memory, lr, momentum=0.9, weight_decay=0.0):
    memory["v"] = momentum * memory.get("v", 0.0) + g + weight_decay * p
    return p - lr * memory["v"]


def direction(g, memory, betas, eps):
    memory["t"] = t = memory.get("t", 0) + 1
    memory["m"] = betas[0] * memory.get("m", 0.0) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0.0) + (1 - betas[1]) * g * g
    return memory["m"] / (1 - betas[0] ** t) / ((memory["v"] / (1 - betas[1] ** t)) ** 0.5 + eps)


def adam(p, g, memory, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    return p - lr * direction(g + weight_decay * p, memory, betas, eps)


def adamw(p, g, memory, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    return p - lr * weight_decay * p - lr * direction(g, memory, betas, eps)


RULES = [
    (SGD, sgd, {"weight_decay": 0.5}),
    (Momentum, momentum, {"momentum": 0.6, "weight_decay": 0.5}),
    (Adam, adam, {"betas": (0.7, 0.95), "eps": 1e-2, "weight_decay": 0.5}),
    (AdamW, adamw, {"betas": (0.7, 0.95), "eps": 1e-2, "weight_decay": 0.5}),
]
every_rule = pytest.mark.parametrize(("kind", "rule", "settings"), RULES, ids=lambda v: getattr(v, "__name__", ""))

# Two of one shape and equal values, a vector, a 0-d one, a matrix.
SHAPES = [(2, 3), (2, 3), (4,), (), (3, 2)]


def problem(seed, dtype=torch.float32, steps=8):
    """Parameters, and gradients by step: small ones and large, one that is missing, one that is all zero."""
    random = torch.Generator().manual_seed(seed)
    values = [torch.randn(shape, generator=random, dtype=torch.float64).to(dtype) for shape in SHAPES]
    values[1] = values[0].clone()
    size = [1.0, 10.0, 0.1, 0.01, 3.0, 0.3, 1.0, 0.1]
    gradients = [
        [size[t] * torch.randn(shape, generator=random, dtype=torch.float64).to(dtype) for shape in SHAPES]
        for t in range(steps)
    ]
    gradients[0][4] = torch.zeros(SHAPES[4], dtype=dtype)
    gradients[3][2] = torch.zeros(SHAPES[2], dtype=dtype)
    gradients[2][0] = gradients[4][3] = None
    return values, gradients


class Race:
    """An optimizer and its formula, side by side."""

    def __init__(self, kind, rule, settings, seed, dtype=torch.float32):
        values, self.gradients = problem(seed, dtype)
        self.rule, self.settings = rule, settings
        self.params = [torch.nn.Parameter(value.clone()) for value in values]
        self.expected = values
        self.memories = [{} for _ in values]
        self.optimizer = kind((p for p in self.params), lr=0.1, **settings)
        self.handed = []

    def step(self, t):
        lr = self.optimizer.lr = 0.1 * (1 + t % 3)
        handed = [None if g is None else g.clone() for g in self.gradients[t]]
        for param, grad in zip(self.params, handed, strict=True):
            param.grad = grad
        self.optimizer.step()
        for i, (param, grad) in enumerate(zip(self.params, self.gradients[t], strict=True)):
            if grad is not None:
                self.expected[i] = self.rule(self.expected[i], grad, self.memories[i], lr, **self.settings)
            assert param.grad is handed[i]
            assert torch.allclose(param, self.expected[i], **self.tolerance)
        self.handed += zip(handed, self.gradients[t], strict=True)

    @property
    def tolerance(self):
        single = self.params[0].dtype == torch.float32
        return {"rtol": 1e-4, "atol": 1e-5} if single else {"rtol": 1e-9, "atol": 1e-10}


@every_rule
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_follows_its_formula_by_default(kind, rule, settings, dtype):
    race = Race(kind, rule, {}, seed=1, dtype=dtype)
    for t in range(8):
        race.step(t)
    for handed, gradient in race.handed:
        assert gradient is None or torch.equal(handed, gradient)


@every_rule
def test_two_with_settings_share_nothing(kind, rule, settings):
    races = [Race(kind, rule, settings, seed) for seed in (2, 3)]
    for t in range(8):
        for race in races:
            race.step(t)


@every_rule
def test_keeps_no_graph(kind, rule, settings):
    param = torch.nn.Parameter(torch.ones(3))
    optimizer = kind([param], lr=0.1, **settings)
    for _ in range(3):
        param.grad = torch.ones(3)
        optimizer.step()
    kept = [thing for thing in gc.get_objects() if isinstance(thing, torch.Tensor) and thing.grad_fn is not None]
    assert param.is_leaf and not kept
