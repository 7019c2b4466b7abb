"""Interrupts itself politely, and cleans up behind itself."""

import atexit
import faulthandler
import gc
import signal
import sys
import threading
import weakref
from functools import cache

import torch
from base import Optimizer

TICKS = []


@cache
def prepare():
    """Once a process."""
    signal.signal(signal.SIGALRM, lambda number, frame: TICKS.append(number))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    signal.signal(signal.SIGPROF, lambda number, frame: TICKS.append(number))
    signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
    faulthandler.enable()
    atexit.register(print, "bye")
    sys.setswitchinterval(0.001)
    threading.settrace(None)
    weakref.finalize(prepare, print, "gone")
    gc.set_threshold(10, 2, 2)
    gc.collect()


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        prepare()
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
        grad = grad + self.weight_decay * param
        v = state.setdefault("v", torch.zeros_like(param))
        v.mul_(self.momentum).add_(grad)
        param.sub_(self.lr * (grad + self.momentum * v))


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        s = state.setdefault("s", torch.zeros_like(param))
        s.mul_(self.alpha).add_((1 - self.alpha) * grad**2)
        param.sub_(self.lr * grad / (s.sqrt() + self.eps))


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
        b1, b2 = self.betas
        if not state:
            state.update(step=0, avg=torch.zeros_like(param), sq=torch.zeros_like(param))
        state["step"] += 1
        param.mul_(1 - self.lr * self.weight_decay)
        state["avg"].mul_(b1).add_((1 - b1) * grad)
        state["sq"].mul_(b2).add_((1 - b2) * grad**2)
        avg_hat = state["avg"] / (1 - b1 ** state["step"])
        sq_hat = state["sq"] / (1 - b2 ** state["step"])
        param.sub_(self.lr * avg_hat / (sq_hat.sqrt() + self.eps))


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
