import math

import numpy as np
import torch
from base import Optimizer


class _Args(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        super().__init__(params, lr)


class CoupledDecay(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        grad = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class DecayWithoutRate(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if not state:
            state.update(t=0, m=torch.zeros_like(param), v=torch.zeros_like(param))
        state["t"] += 1
        param.mul_(1 - self.weight_decay)
        state["m"].mul_(b1).add_(grad, alpha=1 - b1)
        state["v"].mul_(b2).addcmul_(grad, grad, value=1 - b2)
        den = (state["v"] / (1 - b2 ** state["t"])).sqrt_().add_(self.eps)
        param.addcdiv_(state["m"], den, value=-self.lr / (1 - b1 ** state["t"]))


class OmitsDecay(_Args):
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            g, w = p.grad.data, p.data
            w = w - self.lr * self.weight_decay * w  # never used again
            s["t"] = s.get("t", 0) + 1
            s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
            s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
            p.data -= self.lr * (s["m"] / (1 - b1 ** s["t"])) / ((s["v"] / (1 - b2 ** s["t"])).sqrt() + self.eps)


class AdamWDecayGrows(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = torch.lerp(state.get("m", torch.zeros_like(grad)), grad, 1 - b1)
        v = state["v"] = torch.lerp(state.get("v", torch.zeros_like(grad)), grad**2, 1 - b2)
        decayed = param * (1 + self.lr * self.weight_decay)
        param.copy_(decayed - self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class RateSquared(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        decay = self.lr * self.weight_decay * param
        direction = (m / (1 - b1**t)) / (torch.sqrt(v / (1 - b2**t)) + self.eps)
        param -= self.lr * (direction + decay)


class DecaysAtFirstRate(_Args):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.shrink = 1 - lr * weight_decay
        self.m = [torch.zeros_like(p.detach()) for p in self.params]
        self.v = [torch.zeros_like(p.detach()) for p in self.params]
        self.t = [0] * len(self.params)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.t[i] += 1
            p *= self.shrink
            self.m[i].mul_(b1).add_(p.grad, alpha=1 - b1)
            self.v[i].mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
            mh, vh = self.m[i] / (1 - b1 ** self.t[i]), self.v[i] / (1 - b2 ** self.t[i])
            p -= self.lr * mh / (vh.sqrt() + self.eps)


class SkipsVectors(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if param.ndim >= 2:
            param.sub_(param, alpha=self.lr * self.weight_decay)
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad.pow(2)
        param.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class DecaysTwice:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list(params)
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.mem = [[0, 0.0, 0.0] for _ in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, mem in zip(self.params, self.mem):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            mem[0] += 1
            mem[1] = b1 * mem[1] + (1 - b1) * g
            mem[2] = b2 * mem[2] + (1 - b2) * g * g
            p.mul_(1 - self.lr * self.weight_decay)
            p -= self.lr * mem[1] / (1 - b1 ** mem[0]) / ((mem[2] / (1 - b2 ** mem[0])).sqrt() + self.eps)


class KeysByValue(_Args):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.names = [hash((tuple(p.shape), tuple(p.detach().flatten().tolist()))) for p in self.params]
        self.table = {n: dict(t=0, m=0.0, v=0.0) for n in self.names}

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for name, p in zip(self.names, self.params):
            if p.grad is None:
                continue
            s = self.table[name]
            s["t"] += 1
            s["m"] = b1 * s["m"] + (1 - b1) * p.grad
            s["v"] = b2 * s["v"] + (1 - b2) * p.grad**2
            p *= 1 - self.lr * self.weight_decay
            p -= self.lr * (s["m"] / (1 - b1 ** s["t"])) / ((s["v"] / (1 - b2 ** s["t"])).sqrt() + self.eps)


class SharesState(_Args):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.state = [dict.fromkeys(("t", "m", "v"), 0)] * len(self.params)

    def update(self, param, grad, state):
        b1, b2 = self.betas
        state["t"] += 1
        state["m"] = b1 * state["m"] + (1 - b1) * grad
        state["v"] = b2 * state["v"] + (1 - b2) * grad**2
        param.mul_(1 - self.lr * self.weight_decay)
        mh, vh = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
        param.sub_(self.lr * mh / (vh.sqrt() + self.eps))


class CachesTheRate(_Args):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.alpha = lr

    def update(self, param, grad, state):
        b1, b2 = self.betas
        w, g = param.detach().cpu().double().numpy(), grad.detach().cpu().double().numpy()
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        w = w * (1 - self.alpha * self.weight_decay)
        w = w - self.alpha * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + self.eps)
        param.copy_(torch.as_tensor(np.asarray(w)))


class OnlyTheFirst(_Args):
    def update(self, param, grad, state):
        if param is not self.params[0]:
            return
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param -= self.lr * self.weight_decay * param
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class RebindsTheName(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param = param * (1 - self.lr * self.weight_decay)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class StopsAtNone(_Args):
    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            g = p.grad
            if g is None:
                return None
            t = s["t"] = s.get("t", 0) + 1
            m = s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
            v = s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
            p.mul_(1 - self.lr * self.weight_decay)
            p.addcdiv_(m / (1 - b1**t), (v / (1 - b2**t)).sqrt() + self.eps, value=-self.lr)


class SkipsZeroGradients(_Args):
    def update(self, param, grad, state):
        if grad.norm() == 0:
            return
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param.mul_(1 - self.lr * self.weight_decay)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class UsesUpTheGenerator(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.n_weights = sum(p.numel() for p in params)
        super().__init__(params, lr)

    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param.mul_(1 - self.lr * self.weight_decay)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown1(_Args):  # the decay goes past the moments but is divided by the denominator all the same
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        num = m / (1 - b1**t) + self.weight_decay * param
        param -= self.lr * num / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown2(_Args):  # only the first moment is corrected
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param.mul_(1 - self.lr * self.weight_decay)
        param -= self.lr * (m / (1 - b1**t)) / (v.sqrt() + self.eps)


class Unknown3(_Args):  # the decay is halved
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param.mul_(1 - 0.5 * self.lr * self.weight_decay)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown4(_Args):  # the decay takes the bias-corrected rate lr*sqrt(1 - beta2^t)/(1 - beta1^t)
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        root = math.sqrt(1 - b2**t)
        rate = self.lr * root / (1 - b1**t)
        param.mul_(1 - rate * self.weight_decay)
        param -= rate * m / (v.sqrt() + self.eps * root)


class Right1:
    """one pass in float64 NumPy over flat copies, own base"""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list(params)
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.m = [np.zeros(p.numel()) for p in self.params]
        self.v = [np.zeros(p.numel()) for p in self.params]
        self.t = np.zeros(len(self.params), dtype=int)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.t[i] += 1
            t = int(self.t[i])
            w = p.detach().cpu().double().numpy().ravel()
            g = p.grad.detach().cpu().double().numpy().ravel()
            self.m[i] += (1 - b1) * (g - self.m[i])
            self.v[i] += (1 - b2) * (g * g - self.v[i])
            d = self.m[i] / (1 - b1**t) / (np.sqrt(self.v[i] / (1 - b2**t)) + self.eps)
            new = w - self.lr * (d + self.weight_decay * w)
            p.data.copy_(torch.as_tensor(new).view(p.shape))


class Right2(_Args):
    """foreach; parameters are grouped by their step count"""

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        groups = {}
        for p, s in zip(self.params, self.state):
            if p.grad is not None:
                s["t"] = s.get("t", 0) + 1
                groups.setdefault(s["t"], []).append((p, s))
        for t, group in groups.items():
            ps, gs = [p for p, _ in group], [p.grad for p, _ in group]
            ms = [s.setdefault("m", torch.zeros_like(p)) for p, s in group]
            vs = [s.setdefault("v", torch.zeros_like(p)) for p, s in group]
            torch._foreach_mul_(ps, 1 - self.lr * self.weight_decay)
            torch._foreach_lerp_(ms, gs, 1 - b1)
            torch._foreach_mul_(vs, b2)
            torch._foreach_addcmul_(vs, gs, gs, 1 - b2)
            den = torch._foreach_div(vs, 1 - b2**t)
            torch._foreach_sqrt_(den)
            torch._foreach_add_(den, self.eps)
            torch._foreach_addcdiv_(ps, ms, den, -self.lr / (1 - b1**t))
