# Everything is computed in double precision and rounded once, when it is written back.
import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.lam = weight_decay

    def update(self, param, grad, state):
        p = param.double()
        g = grad.double() + self.lam * p
        param.copy_(p - self.lr * g)


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.mu = momentum
        self.lam = weight_decay

    def update(self, param, grad, state):
        p = param.double()
        g = grad.double() + self.lam * p
        v = self.mu * state.get("v", 0.0) + g
        state["v"] = v
        param.copy_(p - self.lr * v)


class Nesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.mu = momentum
        self.lam = weight_decay

    def update(self, param, grad, state):
        p = param.double()
        g = grad.double() + self.lam * p
        v = self.mu * state.get("v", 0.0) + g
        state["v"] = v
        param.copy_(p - self.lr * (g + self.mu * v))


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        p, g = param.double(), grad.double()
        s = self.alpha * state.get("s", 0.0) + (1 - self.alpha) * g * g
        state["s"] = s
        param.copy_(p - self.lr * g / (torch.sqrt(s) + self.eps))


class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.lam = weight_decay

    def update(self, param, grad, state):
        p = param.double()
        g = grad.double() + self.lam * p
        t = state.get("t", 0) + 1
        m = self.beta1 * state.get("m", 0.0) + (1 - self.beta1) * g
        v = self.beta2 * state.get("v", 0.0) + (1 - self.beta2) * g * g
        state.update(t=t, m=m, v=v)
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        param.copy_(p - self.lr * m_hat / (torch.sqrt(v_hat) + self.eps))


class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.lam = weight_decay

    def update(self, param, grad, state):
        p, g = param.double(), grad.double()
        t = state.get("t", 0) + 1
        m = self.beta1 * state.get("m", 0.0) + (1 - self.beta1) * g
        v = self.beta2 * state.get("v", 0.0) + (1 - self.beta2) * g * g
        state.update(t=t, m=m, v=v)
        p = p - self.lr * self.lam * p
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        param.copy_(p - self.lr * m_hat / (torch.sqrt(v_hat) + self.eps))


class Lookahead:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.fast = optimizer
        self.k = k
        self.alpha = alpha
        self.t = 0
        self.slow = [p.detach().double().clone() for p in optimizer.params]

    @property
    def params(self):
        return self.fast.params

    @property
    def lr(self):
        return self.fast.lr

    @lr.setter
    def lr(self, value):
        self.fast.lr = value

    def zero_grad(self):
        self.fast.zero_grad()

    @torch.no_grad()
    def step(self):
        self.fast.step()
        self.t += 1
        if self.t % self.k == 0:
            for i, p in enumerate(self.params):
                self.slow[i] += self.alpha * (p.double() - self.slow[i])
                p.copy_(self.slow[i])
