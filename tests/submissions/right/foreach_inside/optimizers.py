"""All parameters at once with torch._foreach_*: one Python call an operation, not one a tensor."""

import torch
from base import Optimizer


class Grouped(Optimizer):
    """Steps the parameters that have a gradient; a subclass computes the update for all of them."""

    buffers = ()

    def __init__(self, params, lr):
        super().__init__(params, lr)
        for slot, p in zip(self.state, self.params):
            slot["t"] = 0
            for name in self.buffers:
                slot[name] = torch.zeros_like(p)

    @torch.no_grad()
    def step(self):
        active = [(p, s) for p, s in zip(self.params, self.state) if p.grad is not None]
        if not active:
            return
        params = [p for p, _ in active]
        slots = [s for _, s in active]
        for s in slots:
            s["t"] += 1
        self.update_all(params, [p.grad for p in params], slots)


class SGD(Grouped):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update_all(self, params, grads, slots):
        grads = torch._foreach_add(grads, params, alpha=self.weight_decay)
        torch._foreach_add_(params, grads, alpha=-self.lr)


class Momentum(Grouped):
    buffers = ("v",)

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update_all(self, params, grads, slots):
        v = [s["v"] for s in slots]
        grads = torch._foreach_add(grads, params, alpha=self.weight_decay)
        torch._foreach_mul_(v, self.momentum)
        torch._foreach_add_(v, grads)
        torch._foreach_add_(params, v, alpha=-self.lr)


class Nesterov(Grouped):
    buffers = ("v",)

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update_all(self, params, grads, slots):
        v = [s["v"] for s in slots]
        grads = torch._foreach_add(grads, params, alpha=self.weight_decay)
        torch._foreach_mul_(v, self.momentum)
        torch._foreach_add_(v, grads)
        torch._foreach_add_(grads, v, alpha=self.momentum)
        torch._foreach_add_(params, grads, alpha=-self.lr)


class RMSprop(Grouped):
    buffers = ("s",)

    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update_all(self, params, grads, slots):
        s = [slot["s"] for slot in slots]
        torch._foreach_mul_(s, self.alpha)
        torch._foreach_addcmul_(s, grads, grads, value=1 - self.alpha)
        root = torch._foreach_sqrt(s)
        torch._foreach_add_(root, self.eps)
        torch._foreach_addcdiv_(params, grads, root, value=-self.lr)


def adam_direction(grads, slots, betas, eps):
    beta1, beta2 = betas
    m = [s["m"] for s in slots]
    v = [s["v"] for s in slots]
    torch._foreach_lerp_(m, grads, 1 - beta1)
    torch._foreach_mul_(v, beta2)
    torch._foreach_addcmul_(v, grads, grads, value=1 - beta2)
    m_hat = torch._foreach_div(m, [1 - beta1 ** s["t"] for s in slots])
    v_hat = torch._foreach_div(v, [1 - beta2 ** s["t"] for s in slots])
    torch._foreach_sqrt_(v_hat)
    torch._foreach_add_(v_hat, eps)
    return torch._foreach_div(m_hat, v_hat)


class Adam(Grouped):
    buffers = ("m", "v")

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay

    def update_all(self, params, grads, slots):
        grads = torch._foreach_add(grads, params, alpha=self.weight_decay)
        direction = adam_direction(grads, slots, self.betas, self.eps)
        torch._foreach_add_(params, direction, alpha=-self.lr)


class AdamW(Grouped):
    buffers = ("m", "v")

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay

    def update_all(self, params, grads, slots):
        torch._foreach_mul_(params, 1 - self.lr * self.weight_decay)
        direction = adam_direction(grads, slots, self.betas, self.eps)
        torch._foreach_add_(params, direction, alpha=-self.lr)


class Lookahead:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.params = optimizer.params
        self.k, self.alpha, self.t = k, alpha, 0
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
        self.t += 1
        if self.t % self.k == 0:
            torch._foreach_lerp_(self.slow, self.params, self.alpha)
            for p, slow in zip(self.params, self.slow):
                p.copy_(slow)
