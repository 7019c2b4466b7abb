"""Small classes that inherit what they share."""

import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def direction(self, grad, state):
        return grad

    def update(self, param, grad, state):
        param -= self.lr * self.direction(grad + self.weight_decay * param, state)


class Momentum(SGD):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.momentum = momentum

    def direction(self, grad, state):
        state["v"] = self.momentum * state["v"] + grad if "v" in state else grad.clone()
        return state["v"]


class Nesterov(Momentum):
    def direction(self, grad, state):
        return grad + self.momentum * super().direction(grad, state)


class RMSprop(SGD):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha, self.eps = alpha, eps

    def direction(self, grad, state):
        state["s"] = self.alpha * state.get("s", 0) + (1 - self.alpha) * grad**2
        return grad / (state["s"].sqrt() + self.eps)


class Adam(SGD):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.betas, self.eps = betas, eps

    def direction(self, grad, state):
        b1, b2 = self.betas
        state["t"] = t = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad.abs()
        return state["m"] / (1 - b1**t) / ((state["v"] / (1 - b2**t)).sqrt() + self.eps)


class AdamW(Adam):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps)
        self.decoupled = weight_decay

    def update(self, param, grad, state):
        param -= self.lr * self.decoupled * param
        super().update(param, grad, state)


class Lookahead(Optimizer):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        super().__init__(optimizer.params, optimizer.lr)
        self.k, self.alpha, self.t = k, alpha, 0
        self.slow = [p.detach().clone() for p in self.params]

    @property
    def lr(self):
        return self.optimizer.lr

    @lr.setter
    def lr(self, value):
        self.optimizer.lr = value

    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            with torch.no_grad():
                for p, slow in zip(self.params, self.slow):
                    p.copy_(slow.lerp_(p, self.alpha))
