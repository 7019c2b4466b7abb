"""Rules as small frozen dataclasses; one optimizer class drives them all."""

from dataclasses import dataclass, field

import torch
from base import Optimizer
from torch import Tensor


@dataclass
class Moments:
    """What Adam remembers about one parameter."""

    m: Tensor
    v: Tensor
    t: int = 0

    def advance(self, grad: Tensor, betas: tuple[float, float]) -> tuple[Tensor, Tensor]:
        b1, b2 = betas
        self.t += 1
        self.m = b1 * self.m + (1 - b1) * grad
        self.v = b2 * self.v + (1 - b2) * grad.square()
        return self.m / (1 - b1**self.t), self.v / (1 - b2**self.t)


@dataclass(frozen=True)
class Hyper:
    momentum: float = 0.9
    alpha: float = 0.99
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.hyper = Hyper(weight_decay=weight_decay)

    def update(self, param, grad, state):
        param -= self.lr * (grad + self.hyper.weight_decay * param)


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.hyper = Hyper(momentum=momentum, weight_decay=weight_decay)

    def update(self, param, grad, state):
        grad = grad + self.hyper.weight_decay * param
        state["v"] = self.hyper.momentum * state.get("v", torch.zeros_like(param)) + grad
        param -= self.lr * state["v"]


class Nesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.hyper = Hyper(momentum=momentum, weight_decay=weight_decay)

    def update(self, param, grad, state):
        grad = grad + self.hyper.weight_decay * param
        state["v"] = self.hyper.momentum * state.get("v", torch.zeros_like(param)) + grad
        param -= self.lr * (grad + self.hyper.momentum * state["v"])


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.hyper = Hyper(alpha=alpha, eps=eps)

    def update(self, param, grad, state):
        a = self.hyper.alpha
        state["s"] = a * state.get("s", torch.zeros_like(param)) + (1 - a) * grad.square()
        param -= self.lr * grad / (state["s"].sqrt() + self.hyper.eps)


class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.hyper = Hyper(betas=tuple(betas), eps=eps, weight_decay=weight_decay)
        self.moments = [Moments(torch.zeros_like(p), torch.zeros_like(p)) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, moments in zip(self.params, self.moments):
            if p.grad is None:
                continue
            m, v = moments.advance(p.grad + self.hyper.weight_decay * p, self.hyper.betas)
            p -= self.lr * m / (v.sqrt() + self.hyper.eps)


class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.hyper = Hyper(betas=tuple(betas), eps=eps, weight_decay=weight_decay)
        self.moments = [Moments(torch.zeros_like(p), torch.zeros_like(p)) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, moments in zip(self.params, self.moments):
            if p.grad is None:
                continue
            p *= 1 - self.lr * self.hyper.weight_decay
            m, v = moments.advance(p.grad, self.hyper.betas)
            p -= self.lr * m / (v.sqrt() + self.hyper.eps)


@dataclass
class Lookahead:
    optimizer: Optimizer
    k: int = 5
    alpha: float = 0.5
    count: int = 0
    slow: list = field(default_factory=list)

    def __post_init__(self):
        self.slow = [p.detach().clone() for p in self.params]

    @property
    def params(self):
        return self.optimizer.params

    @property
    def lr(self):
        return self.optimizer.lr

    @lr.setter
    def lr(self, value):
        self.optimizer.lr = value

    def zero_grad(self):
        self.optimizer.zero_grad()

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.count += 1
        if self.count % self.k == 0:
            for p, slow in zip(self.params, self.slow):
                slow += self.alpha * (p - slow)
                p.copy_(slow)
