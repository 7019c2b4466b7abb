import numpy as np
import torch
from base import Optimizer


class _Args(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)


class NoVelocity(_Args):
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state.get("velocity", torch.zeros_like(param))
        v = self.momentum * v + g
        param -= self.lr * v


class AveragesVelocity(_Args):
    def update(self, param, grad, state):
        g = grad.add(param, alpha=self.weight_decay)
        if not state:
            state["avg"] = torch.zeros_like(param)
        state["avg"].lerp_(g, 1 - self.momentum)
        param.sub_(state["avg"], alpha=self.lr)


class RateTwice(_Args):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr, momentum, weight_decay)
        self.v = [torch.zeros_like(p.data) for p in self.params]

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad.data + self.weight_decay * p.data
            self.v[i] = self.momentum * self.v[i] + self.lr * g
            p.data -= self.lr * self.v[i]


class AliasesTheGradient(_Args):
    def update(self, param, grad, state):
        if self.weight_decay != 0:
            grad = grad.add(param, alpha=self.weight_decay)
        buf = state.get("momentum_buffer")
        if buf is None:
            buf = state["momentum_buffer"] = grad
        else:
            buf.mul_(self.momentum).add_(grad)
        param.add_(buf, alpha=-self.lr)


class StaleVelocity(_Args):
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state.setdefault("v", torch.zeros_like(param))
        param.add_(v, alpha=-self.lr)
        v.mul_(self.momentum).add_(g)


class MomentumOnGradient(_Args):
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"] = state.get("v", 0.0) + self.momentum * g
        param.copy_(param - self.lr * state["v"])


class RateInside:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr, self.mu, self.wd = lr, momentum, weight_decay
        self.delta = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                old = self.delta.get(p, torch.zeros_like(p))
                self.delta[p] = self.mu * old - self.lr * (p.grad + self.wd * p)
                p.add_(self.delta[p])


class FixedMomentum(_Args):
    MU = 0.9

    def update(self, param, grad, state):
        g = (grad + self.weight_decay * param).cpu().numpy()
        if "v" not in state:
            state["v"] = np.zeros_like(g)
        state["v"] = self.MU * state["v"] + g
        param.copy_(param - torch.as_tensor(np.asarray(self.lr * state["v"])).to(param))


class SharesState(_Args):
    velocity = None

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr, momentum, weight_decay)
        # one dict, repeated
        self.state = [{}] * len(self.params)

    def update(self, param, grad, state):
        v = state.get("v")
        g = grad + self.weight_decay * param
        if v is None or v.shape != g.shape:
            v = torch.zeros_like(g)
        v = self.momentum * v + g
        state["v"] = v
        param -= self.lr * v


class KeysByShape(_Args):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr, momentum, weight_decay)
        self.buffers = {}

    def update(self, param, grad, state):
        key = tuple(param.shape)
        if key not in self.buffers:
            self.buffers[key] = torch.zeros_like(param)
        buf = self.buffers[key]
        buf *= self.momentum
        buf += grad + self.weight_decay * param
        param -= self.lr * buf


class StateOnTheClass(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0, velocity={}):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocity = velocity

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            if i in self.velocity:
                self.velocity[i] = self.momentum * self.velocity[i] + g
            else:
                self.velocity[i] = g
            p -= self.lr * self.velocity[i]


class StopsAtNone(_Args):
    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                return
            g = p.grad + self.weight_decay * p
            s["v"] = g if "v" not in s else s["v"] * self.momentum + g
            p -= self.lr * s["v"]


class SkipsZeroGradients(_Args):
    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None or torch.count_nonzero(p.grad) == 0:
                continue
            s.setdefault("v", torch.zeros_like(p)).mul_(self.momentum).add_(p.grad).add_(p, alpha=self.weight_decay)
            p.sub_(s["v"], alpha=self.lr)


class ClearsGrad(_Args):
    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            s["v"] = self.momentum * s.get("v", 0) + g
            p -= self.lr * s["v"]
            p.grad = None


class GrowsTheGraph(_Args):
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            s["v"] = self.momentum * s["v"] + g if "v" in s else g
            p.data -= self.lr * s["v"].data


class UsesUpTheGenerator(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = [torch.zeros_like(p, requires_grad=False) for p in params]
        super().__init__(params, lr)

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocities):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad + self.weight_decay * p)
                p.sub_(self.lr * v)


class Unknown1(_Args):  # misplaced bracket: v = mu * (v + g)
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"] = self.momentum * (state.get("v", 0) + g)
        param -= self.lr * state["v"]


class Unknown2(_Args):  # the first gradient counts twice: v starts as g, and then the rule is applied to it
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        if "v" not in state:
            state["v"] = g.clone()
        state["v"].mul_(self.momentum).add_(g)
        param.sub_(self.lr * state["v"])


class Unknown3(_Args):  # the old velocity fades with 1 - momentum
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"] = (1 - self.momentum) * state.get("v", torch.zeros_like(g)) + g
        param -= self.lr * state["v"]


class Unknown4(_Args):  # weight decay with the wrong sign: the weights grow
    def update(self, param, grad, state):
        g = grad - self.weight_decay * param
        v = state.setdefault("v", torch.zeros_like(g))
        v.mul_(self.momentum).add_(g)
        param.add_(v, alpha=-self.lr)


class Right1:
    """keeps the history as momentum-scaled sums in NumPy float64"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.vel = [None for _ in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for k, p in enumerate(self.params):
            if p.grad is None:
                continue
            w = p.detach().cpu().double().numpy()
            g = p.grad.detach().cpu().double().numpy() + self.weight_decay * w
            self.vel[k] = g if self.vel[k] is None else self.momentum * self.vel[k] + g
            p.data.copy_(torch.as_tensor(np.asarray(w - self.lr * self.vel[k])))


class Right2(_Args):
    """stores the negative velocity, whole step at once with foreach"""

    @torch.no_grad()
    def step(self):
        live = [(p, s) for p, s in zip(self.params, self.state) if p.grad is not None]
        if not live:
            return
        ps = [p for p, _ in live]
        neg = [s.setdefault("neg", torch.zeros_like(p)) for p, s in live]
        torch._foreach_mul_(neg, self.momentum)
        torch._foreach_sub_(neg, [p.grad for p in ps])
        torch._foreach_sub_(neg, torch._foreach_mul(ps, self.weight_decay))
        torch._foreach_add_(ps, neg, alpha=self.lr)
