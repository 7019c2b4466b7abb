"""Optimizers. State lives in dictionaries keyed by the parameter itself, as torch.optim does it."""

from collections import defaultdict

import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.add_(p.grad + self.weight_decay * p, alpha=-self.lr)


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocity = {}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                g = p.grad + self.weight_decay * p
                v = self.velocity.get(id(p))
                v = g.clone() if v is None else self.momentum * v + g
                self.velocity[id(p)] = v
                p.add_(v, alpha=-self.lr)


class Nesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocity = {id(p): torch.zeros_like(p) for p in self.params}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                g = p.grad + self.weight_decay * p
                v = self.velocity[id(p)]
                v.mul_(self.momentum).add_(g)
                p.add_(g.add(v, alpha=self.momentum), alpha=-self.lr)


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.mean_square = {p: torch.zeros_like(p) for p in self.params}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                s = self.mean_square[p]
                s.mul_(self.alpha).addcmul_(p.grad, p.grad, value=1 - self.alpha)
                p.addcdiv_(p.grad, s.sqrt().add_(self.eps), value=-self.lr)


class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.m = {p: torch.zeros_like(p) for p in self.params}
        self.v = {p: torch.zeros_like(p) for p in self.params}
        self.t = 0

    @torch.no_grad()
    def step(self):
        self.t += 1
        for p in self.params:
            if p.grad is not None:
                g = p.grad.add(p, alpha=self.weight_decay)
                self.m[p].lerp_(g, 1 - self.beta1)
                self.v[p].mul_(self.beta2).addcmul_(g, g, value=1 - self.beta2)
                m_hat = self.m[p] / (1 - self.beta1**self.t)
                v_hat = self.v[p] / (1 - self.beta2**self.t)
                p.addcdiv_(m_hat, v_hat.sqrt_().add_(self.eps), value=-self.lr)


class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.m = {p: torch.zeros_like(p) for p in self.params}
        self.v = {p: torch.zeros_like(p) for p in self.params}
        self.t = defaultdict(int)

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                self.t[p] += 1
                p.mul_(1 - self.lr * self.weight_decay)
                self.m[p].lerp_(p.grad, 1 - self.beta1)
                self.v[p].mul_(self.beta2).addcmul_(p.grad, p.grad, value=1 - self.beta2)
                m_hat = self.m[p] / (1 - self.beta1 ** self.t[p])
                v_hat = self.v[p] / (1 - self.beta2 ** self.t[p])
                p.addcdiv_(m_hat, v_hat.sqrt_().add_(self.eps), value=-self.lr)


class Lookahead:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.base = optimizer
        self.k = k
        self.alpha = alpha
        self.calls = 0
        self.slow = {p: p.detach().clone() for p in optimizer.params}

    @property
    def params(self):
        return self.base.params

    @property
    def lr(self):
        return self.base.lr

    @lr.setter
    def lr(self, value):
        self.base.lr = value

    def zero_grad(self):
        self.base.zero_grad()

    @torch.no_grad()
    def step(self):
        self.base.step()
        self.calls += 1
        if self.calls % self.k == 0:
            for p in self.params:
                self.slow[p].lerp_(p, self.alpha)
                p.copy_(self.slow[p])
