"""I am more at home in NumPy than in torch, so the arithmetic happens there."""

import numpy as np
import torch
from base import Optimizer


def to_numpy(tensor):
    return tensor.detach().cpu().numpy().copy()


def write(param, array):
    param.copy_(torch.from_numpy(np.asarray(array)).to(param.dtype))


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        p, g = to_numpy(param), to_numpy(grad)
        g = g + self.weight_decay * p
        write(param, p - self.lr * g)


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        p, g = to_numpy(param), to_numpy(grad)
        g = g + self.weight_decay * p
        v = self.momentum * state.get("v", np.zeros_like(p)) + g
        state["v"] = v
        write(param, p - self.lr * v)


class Nesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        p, g = to_numpy(param), to_numpy(grad)
        g = g + self.weight_decay * p
        v = self.momentum * state.get("v", np.zeros_like(p)) + g
        state["v"] = v
        write(param, p - self.lr * (g + self.momentum * v))


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        p, g = to_numpy(param), to_numpy(grad)
        s = self.alpha * state.get("s", np.zeros_like(p)) + (1 - self.alpha) * np.square(g)
        state["s"] = s
        write(param, p - self.lr * g / (np.sqrt(s) + self.eps))


class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        b1, b2 = self.betas
        p, g = to_numpy(param), to_numpy(grad)
        g = g + self.weight_decay * p
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", np.zeros_like(p)) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", np.zeros_like(p)) + (1 - b2) * np.square(g)
        step = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + self.eps)
        write(param, p - self.lr * step)


class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        b1, b2 = self.betas
        p, g = to_numpy(param), to_numpy(grad)
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", np.zeros_like(p)) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", np.zeros_like(p)) + (1 - b2) * np.square(g)
        p = p - self.lr * self.weight_decay * p
        step = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + self.eps)
        write(param, p - self.lr * step)


class Lookahead:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.params = optimizer.params
        self.k = k
        self.alpha = alpha
        self.t = 0
        self.slow = [to_numpy(p) for p in self.params]

    @property
    def lr(self):
        return self.optimizer.lr

    @lr.setter
    def lr(self, value):
        self.optimizer.lr = value

    def zero_grad(self):
        self.optimizer.zero_grad()

    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k:
            return
        with torch.no_grad():
            for i, p in enumerate(self.params):
                self.slow[i] = self.slow[i] + self.alpha * (to_numpy(p) - self.slow[i])
                write(p, self.slow[i])
