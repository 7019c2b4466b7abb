import math

import torch

from base import Optimizer


def zeros(param: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(param, memory_format=torch.preserve_format)


class SGD(Optimizer):
    """Stochastic gradient descent with L2 regularisation."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        grad = grad.add(param, alpha=self.weight_decay)
        param.add_(grad, alpha=-self.lr)


class Momentum(Optimizer):
    """Heavy-ball momentum."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        if self.weight_decay:
            grad = grad.add(param, alpha=self.weight_decay)
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = grad
        else:
            state["momentum_buffer"].mul_(self.momentum).add_(grad)
        buf = state["momentum_buffer"]
        param.add_(buf, alpha=-self.lr)


class Nesterov(Optimizer):
    """Nesterov's accelerated gradient, PyTorch's form."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        grad = grad.add(param, alpha=self.weight_decay)
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros(param)
        buf = state["momentum_buffer"]
        buf.mul_(self.momentum).add_(grad)
        param.add_(grad.add(buf, alpha=self.momentum), alpha=-self.lr)


class RMSprop(Optimizer):
    """Divide by a running root mean square of the gradient."""

    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        if "square_avg" not in state:
            state["square_avg"] = zeros(param)
        square_avg = state["square_avg"]
        square_avg.mul_(self.alpha).addcmul_(grad, grad, value=1 - self.alpha)
        param.addcdiv_(grad, square_avg.sqrt().add_(self.eps), value=-self.lr)


class Adam(Optimizer):
    """Kingma and Ba, 2015."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        beta1, beta2 = self.betas
        if not state:
            state["step"] = 0
            state["exp_avg"] = zeros(param)
            state["exp_avg_sq"] = zeros(param)
        state["step"] += 1
        grad = grad.add(param, alpha=self.weight_decay)
        state["exp_avg"].mul_(beta1).add_(grad, alpha=1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correction1 = 1 - beta1 ** state["step"]
        correction2 = 1 - beta2 ** state["step"]
        denom = (state["exp_avg_sq"].sqrt() / math.sqrt(correction2)).add_(self.eps)
        param.addcdiv_(state["exp_avg"], denom, value=-self.lr / correction1)


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        beta1, beta2 = self.betas
        if not state:
            state["step"] = 0
            state["exp_avg"] = zeros(param)
            state["exp_avg_sq"] = zeros(param)
        state["step"] += 1
        param.mul_(1 - self.lr * self.weight_decay)
        state["exp_avg"].mul_(beta1).add_(grad, alpha=1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correction1 = 1 - beta1 ** state["step"]
        correction2 = 1 - beta2 ** state["step"]
        denom = (state["exp_avg_sq"].sqrt() / math.sqrt(correction2)).add_(self.eps)
        param.addcdiv_(state["exp_avg"], denom, value=-self.lr / correction1)


class Lookahead:
    """Zhang et al., 2019: k steps forward, one step back."""

    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.inner_steps = 0
        self.slow_params = [p.detach().clone() for p in optimizer.params]

    @property
    def params(self):
        return self.optimizer.params

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
        self.inner_steps += 1
        if self.inner_steps % self.k == 0:
            self.synchronise()

    @torch.no_grad()
    def synchronise(self):
        for fast, slow in zip(self.params, self.slow_params, strict=True):
            slow.add_(fast - slow, alpha=self.alpha)
            fast.copy_(slow)
