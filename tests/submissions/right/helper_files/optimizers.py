"""Optimizers; the formulas they share are in helpers.py."""

import torch
from base import Optimizer
from helpers import AdamState, decayed
from tools.averages import moving_average


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        param -= self.lr * decayed(grad, param, self.weight_decay)


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def velocity(self, param, grad, state):
        state["v"] = self.momentum * state.get("v", 0) + decayed(grad, param, self.weight_decay)
        return state["v"]

    def update(self, param, grad, state):
        param -= self.lr * self.velocity(param, grad, state)


class Nesterov(Momentum):
    def update(self, param, grad, state):
        v = self.velocity(param, grad, state)
        param -= self.lr * (decayed(grad, param, self.weight_decay) + self.momentum * v)


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        state["s"] = moving_average(state.get("s", 0), grad**2, self.alpha)
        param -= self.lr * grad / (state["s"].sqrt() + self.eps)


class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.state = [AdamState(p) for p in self.params]

    def update(self, param, grad, state):
        grad = decayed(grad, param, self.weight_decay)
        param -= self.lr * state.direction(grad, self.betas, self.eps)


class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.state = [AdamState(p) for p in self.params]

    def update(self, param, grad, state):
        param *= 1 - self.lr * self.weight_decay
        param -= self.lr * state.direction(grad, self.betas, self.eps)


class Lookahead:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.params = optimizer.params
        self.k = k
        self.alpha = alpha
        self.count = 0
        self.slow = [p.detach().clone() for p in self.params]

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
            for fast, slow in zip(self.params, self.slow):
                slow.add_(self.alpha * (fast - slow))
                fast.copy_(slow)
