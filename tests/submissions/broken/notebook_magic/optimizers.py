%matplotlib inline
"""My optimizers (HW 3). I assign to .data so autograd never sees the update."""

import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        d_p = grad
        if self.weight_decay != 0:
            d_p = d_p + self.weight_decay * param.data
        param.data = param.data - self.lr * d_p


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        d_p = grad
        if self.weight_decay != 0:
            d_p = d_p + self.weight_decay * param.data
        if "velocity" not in state:
            state["velocity"] = d_p.clone()
        else:
            state["velocity"] = self.momentum * state["velocity"] + d_p
        param.data = param.data - self.lr * state["velocity"]


class Nesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        d_p = grad
        if self.weight_decay != 0:
            d_p = d_p + self.weight_decay * param.data
        if "velocity" not in state:
            state["velocity"] = d_p.clone()
        else:
            state["velocity"] = self.momentum * state["velocity"] + d_p
        look_ahead = d_p + self.momentum * state["velocity"]
        param.data = param.data - self.lr * look_ahead


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        average = state.get("average", torch.zeros_like(grad))
        average = self.alpha * average + (1 - self.alpha) * grad.pow(2)
        state["average"] = average
        param.data = param.data - self.lr * grad / (average.sqrt() + self.eps)


class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        beta1, beta2 = self.betas
        t = state.get("t", 0) + 1
        m = state.get("m", torch.zeros_like(grad))
        v = state.get("v", torch.zeros_like(grad))
        d_p = grad + self.weight_decay * param.data
        m = beta1 * m + (1 - beta1) * d_p
        v = beta2 * v + (1 - beta2) * d_p.pow(2)
        state["t"], state["m"], state["v"] = t, m, v
        mhat = m / (1 - beta1**t)
        vhat = v / (1 - beta2**t)
        param.data = param.data - self.lr * mhat / (vhat.sqrt() + self.eps)


class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        beta1, beta2 = self.betas
        t = state.get("t", 0) + 1
        m = state.get("m", torch.zeros_like(grad))
        v = state.get("v", torch.zeros_like(grad))
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad.pow(2)
        state["t"], state["m"], state["v"] = t, m, v
        mhat = m / (1 - beta1**t)
        vhat = v / (1 - beta2**t)
        decayed = param.data - self.lr * self.weight_decay * param.data
        param.data = decayed - self.lr * mhat / (vhat.sqrt() + self.eps)


class Lookahead:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.step_count = 0
        self.slow_weights = [p.data.clone() for p in optimizer.params]

    def __getattr__(self, name):
        return getattr(self.__dict__["optimizer"], name)

    @property
    def lr(self):
        return self.optimizer.lr

    @lr.setter
    def lr(self, lr):
        self.optimizer.lr = lr

    def step(self):
        self.optimizer.step()
        self.step_count += 1
        if self.step_count % self.k != 0:
            return
        for i, p in enumerate(self.optimizer.params):
            slow = self.slow_weights[i]
            slow = slow + self.alpha * (p.data - slow)
            self.slow_weights[i] = slow
            p.data = slow.clone()
