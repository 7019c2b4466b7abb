"""Homework 3: optimizers. Every class fills in `update`, the base class does the loop."""

import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        param.sub_(self.lr * grad)


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        v = state.setdefault("v", torch.zeros_like(param))
        v.mul_(self.momentum).add_(grad)
        param.sub_(self.lr * v)


class Nesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        raise NotImplementedError("Nesterov.update")


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        raise NotImplementedError("RMSprop.update")


class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        if not state:
            state.update(t=0, m=torch.zeros_like(param), v=torch.zeros_like(param))
        state["t"] += 1
        m, v, t = state["m"], state["v"], state["t"]
        m.mul_(self.beta1).add_((1 - self.beta1) * grad)
        v.mul_(self.beta2).add_((1 - self.beta2) * grad**2)
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        param.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))


class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        raise NotImplementedError("AdamW.update")


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
        raise NotImplementedError("Lookahead.step")
