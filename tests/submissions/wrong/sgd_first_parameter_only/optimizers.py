# I override step() everywhere: it is easier for me to see the whole loop in one place.
import torch

from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.wd = weight_decay

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            g = p.grad + self.wd * p
            p -= self.lr * g
            return p


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.mu = momentum
        self.wd = weight_decay
        self.vs = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.vs):
            if p.grad is None:
                continue
            g = p.grad + self.wd * p
            v *= self.mu
            v += g
            p -= self.lr * v


class Nesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.mu = momentum
        self.wd = weight_decay
        self.vs = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.wd * p
            self.vs[i] = self.mu * self.vs[i] + g
            p -= self.lr * (g + self.mu * self.vs[i])


class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha, self.eps = alpha, eps
        self.squares = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.squares[i] = self.alpha * self.squares[i] + (1 - self.alpha) * p.grad**2
            p -= self.lr * p.grad / (self.squares[i].sqrt() + self.eps)


class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.b1, self.b2 = betas
        self.eps, self.wd = eps, weight_decay
        self.ms = [torch.zeros_like(p) for p in self.params]
        self.vs = [torch.zeros_like(p) for p in self.params]
        self.ts = [0 for p in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.ts[i] += 1
            g = p.grad + self.wd * p
            self.ms[i] = self.b1 * self.ms[i] + (1 - self.b1) * g
            self.vs[i] = self.b2 * self.vs[i] + (1 - self.b2) * g * g
            m_hat = self.ms[i] / (1 - self.b1 ** self.ts[i])
            v_hat = self.vs[i] / (1 - self.b2 ** self.ts[i])
            p -= self.lr * m_hat / (torch.sqrt(v_hat) + self.eps)


class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.b1, self.b2 = betas
        self.eps, self.wd = eps, weight_decay
        self.ms = [torch.zeros_like(p) for p in self.params]
        self.vs = [torch.zeros_like(p) for p in self.params]
        self.ts = [0] * len(self.params)

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.ts[i] += 1
            p -= self.lr * self.wd * p
            self.ms[i] = self.b1 * self.ms[i] + (1 - self.b1) * p.grad
            self.vs[i] = self.b2 * self.vs[i] + (1 - self.b2) * p.grad * p.grad
            m_hat = self.ms[i] / (1 - self.b1 ** self.ts[i])
            v_hat = self.vs[i] / (1 - self.b2 ** self.ts[i])
            p -= self.lr * m_hat / (torch.sqrt(v_hat) + self.eps)


class Lookahead(Optimizer):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.inner = optimizer
        self.k, self.alpha, self.n = k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    params = property(lambda self: self.inner.params)
    lr = property(lambda self: self.inner.lr, lambda self, lr: setattr(self.inner, "lr", lr))

    @torch.no_grad()
    def step(self):
        self.inner.step()
        self.n += 1
        if self.n == self.k:
            self.n = 0
            for i, p in enumerate(self.params):
                self.slow[i] = self.slow[i] + self.alpha * (p - self.slow[i])
                p.copy_(self.slow[i])
