import numpy as np
import torch
from base import Optimizer


class IgnoresDecay(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        if self.weight_decay != 0.0:
            grad.add(param, alpha=self.weight_decay)  # result thrown away
        param.sub_(self.lr * grad)


class HalvesDecay(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            g = p.grad.detach() + 0.5 * self.weight_decay * p.data
            p.data = p.data - self.lr * g


class DoublesDecay(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.l2 = weight_decay

    def update(self, param, grad, state):
        # gradient of  loss + l2 * ||p||^2
        total = grad + 2 * self.l2 * param
        param -= self.lr * total


class SkipsBiases(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.wd = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        shrink = 1.0 - self.lr * self.wd if param.dim() > 1 else 1.0
        param.mul_(shrink).add_(grad, alpha=-self.lr)


class SignOfGradient(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad.add(param, alpha=self.weight_decay)
        param.copy_(param - self.lr * torch.sign(g))


class DividesByBatch:
    def __init__(self, params, lr, weight_decay=0.0):
        self.params = [p for p in params]
        self.lr = lr
        self.weight_decay = weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                n = len(p.grad) if p.grad.dim() else 1
                p.sub_(self.lr * (p.grad / n + self.weight_decay * p))


class DecayGrows(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        w = param.detach().cpu().numpy()
        g = grad.detach().cpu().numpy()
        new = w - self.lr * g + self.lr * self.weight_decay * w
        param.copy_(torch.as_tensor(np.asarray(new)))


class Ascends(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    @torch.no_grad()
    def step(self):
        ps = [p for p in self.params if p.grad is not None]
        if not ps:
            return
        gs = torch._foreach_add([p.grad for p in ps], [p.detach() for p in ps], alpha=self.weight_decay)
        torch._foreach_add_(ps, gs, alpha=self.lr)


class RebindsTheName(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            w = p.data
            w = w - self.lr * (p.grad + self.weight_decay * w)


class CachesTheRate(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.defaults = dict(lr=lr, weight_decay=weight_decay)

    def update(self, param, grad, state):
        lr, wd = self.defaults["lr"], self.defaults["weight_decay"]
        param.add_(grad + wd * param, alpha=-lr)


class OnlyTheFirst(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    @torch.no_grad()
    def step(self):
        i = 0
        while i < len(self.params):
            p = self.params[i]
            if p.grad is not None:
                p -= self.lr * (p.grad + self.weight_decay * p)
            i += 1
            break


class NoneAsZero(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    @torch.no_grad()
    def step(self):
        for p in self.params:
            g = p.grad if p.grad is not None else torch.zeros_like(p)
            p -= self.lr * (g + self.weight_decay * p)


class WritesIntoGrad(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        grad += self.weight_decay * param
        grad *= self.lr
        param -= grad


class KeepsTheGenerator:
    def __init__(self, params, lr, weight_decay=0.0):
        self.params = params
        self.lr = lr
        self.weight_decay = weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        with torch.no_grad():
            for p in self.params:
                if p.grad is None:
                    continue
                d_p = p.grad
                if self.weight_decay:
                    d_p = d_p.add(p, alpha=self.weight_decay)
                p.add_(d_p, alpha=-self.lr)


class CastsToFloat32(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        w = np.array(param.detach().cpu().numpy(), dtype=np.float32)
        g = np.array(grad.detach().cpu().numpy(), dtype=np.float32)
        g = g + np.float32(self.weight_decay) * w
        param.data.copy_(torch.tensor(w - np.float32(self.lr) * g))


class Unknown1(Optimizer):  # the decay is not scaled by the rate: p - lr*g - wd*p
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.mul_(1 - self.weight_decay)
        param.sub_(self.lr * grad)


class Unknown2(Optimizer):  # the gradient is divided by its norm
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        n = g.norm()
        if n > 0:
            g = g / n
        param -= self.lr * g


class Unknown3(Optimizer):  # L1 decay: the sign of the parameter instead of the parameter
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.data -= self.lr * (grad + self.weight_decay * param.sign())


class Unknown4(Optimizer):  # the rate fades by itself, as 1 / sqrt(t)
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        self.n_steps = 0
        super().__init__(params, lr)

    @torch.no_grad()
    def step(self):
        self.n_steps += 1
        rate = self.lr / self.n_steps**0.5
        for p in self.params:
            if p.grad is not None:
                p -= rate * (p.grad + self.weight_decay * p)


class Right1:
    def __init__(self, params, lr, weight_decay=0.0):
        self.params, self.lr, self.weight_decay = tuple(params), lr, weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            w = p.detach().cpu().numpy().astype(np.float64)
            g = p.grad.detach().cpu().numpy().astype(np.float64)
            p.data.copy_(torch.as_tensor(np.asarray((1 - self.lr * self.weight_decay) * w - self.lr * g)))


class Right2(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def step(self):
        live = [p for p in self.params if p.grad is not None]
        if not live:
            return
        data = [p.data for p in live]
        delta = torch._foreach_add([p.grad.data for p in live], data, alpha=self.weight_decay)
        torch._foreach_mul_(delta, self.lr)
        torch._foreach_sub_(data, delta)
