"""Optimizers whose loops are generators."""

import torch
from base import Optimizer


class Walker(Optimizer):
    def __init__(self, params, lr, **hyper):
        params = list(params)  # model.parameters() can be walked only once
        super().__init__(params, lr)
        self.hyper = hyper
        self.rules = {p: self.rule(p) for p in self.params}
        for rule in self.rules.values():
            next(rule)

    @torch.no_grad()
    def step(self):
        for p, rule in self.rules.items():
            if p.grad is not None:
                rule.send(p.grad)


class SGD(Walker):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr, wd=weight_decay)

    def rule(self, p):
        while True:
            g = yield
            p.sub_(self.lr * (g + self.hyper["wd"] * p))


class Momentum(Walker):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr, mu=momentum, wd=weight_decay)

    def rule(self, p):
        v = torch.zeros_like(p)
        while True:
            g = yield
            v = self.hyper["mu"] * v + (g + self.hyper["wd"] * p)
            p.sub_(self.lr * v)


class Nesterov(Walker):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr, mu=momentum, wd=weight_decay)

    def rule(self, p):
        mu, v = self.hyper["mu"], torch.zeros_like(p)
        while True:
            g = yield
            g = g + self.hyper["wd"] * p
            v = mu * v + g
            p.sub_(self.lr * (g + mu * v))


class RMSprop(Walker):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr, alpha=alpha, eps=eps)

    def rule(self, p):
        a, s = self.hyper["alpha"], torch.zeros_like(p)
        while True:
            g = yield
            s = a * s + (1 - a) * g.square()
            p.sub_(self.lr * g / (s.sqrt() + self.hyper["eps"]))


class Adam(Walker):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, betas=betas, eps=eps, wd=weight_decay)

    def rule(self, p):
        b1, b2 = self.hyper["betas"]
        m, v, t = torch.zeros_like(p), torch.zeros_like(p), 0
        while True:
            g = yield
            g = g + self.hyper["wd"] * p
            m, v, t = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g.square(), t + 1
            p.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.hyper["eps"]))


class AdamW(Walker):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas=betas, eps=eps, wd=weight_decay)

    def rule(self, p):
        b1, b2 = self.hyper["betas"]
        m, v, t = torch.zeros_like(p), torch.zeros_like(p), 0
        while True:
            g = yield
            p.sub_(self.lr * self.hyper["wd"] * p)
            m, v, t = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g.square(), t + 1
            p.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.hyper["eps"]))


class Lookahead:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.params = optimizer, optimizer.params
        self.beat = self.rhythm(k, alpha)
        next(self.beat)

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
        next(self.beat)

    def rhythm(self, k, alpha):
        slow = [p.detach().clone() for p in self.params]
        while True:
            for _ in range(k):
                yield
            for p, s in zip(self.params, slow):
                s.add_(alpha * (p - s))
                p.copy_(s)
