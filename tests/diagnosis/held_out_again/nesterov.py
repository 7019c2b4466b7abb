import numpy as np
import torch
from base import Optimizer


class _Args(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)


class IsPlainMomentum(_Args):
    nesterov = False

    def update(self, param, grad, state):
        d = grad.add(param, alpha=self.weight_decay)
        buf = state.get("buf")
        if buf is None:
            buf = state["buf"] = d.clone()
        else:
            buf.mul_(self.momentum).add_(d)
        if self.nesterov:  # never switched on
            d = d.add(buf, alpha=self.momentum)
        else:
            d = buf
        param.add_(d, alpha=-self.lr)


class AddsWholeVelocity(_Args):
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            g = p.grad.data + self.weight_decay * p.data
            s["v"] = self.momentum * s.get("v", 0) + g
            p.data -= self.lr * g
            p.data -= self.lr * s["v"]


class LooksAlongOldVelocity(_Args):
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v_prev = state.get("v", torch.zeros_like(param))
        v = self.momentum * v_prev + g
        param.copy_(param - self.lr * (g + self.momentum * v_prev))
        state["v"] = v


class MomentumSquared:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr, self.mu, self.wd = lr, momentum, weight_decay
        self.v = [torch.zeros_like(p.detach()) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.v):
            if p.grad is not None:
                g = p.grad + self.wd * p
                v.copy_(self.mu * v + g)
                p -= self.lr * (g + self.mu**2 * v)


class SutskeverWithoutLookingAhead(_Args):
    def update(self, param, grad, state):
        v = state.setdefault("v", torch.zeros_like(param))
        v *= self.momentum
        v -= self.lr * (grad + self.weight_decay * param)
        param += v


class KeysByValue(_Args):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr, momentum, weight_decay)
        self.keys = [f"{tuple(p.shape)}{p.detach().tolist()}" for p in self.params]
        self.v = {k: torch.zeros_like(p.detach()) for k, p in zip(self.keys, self.params)}

    @torch.no_grad()
    def step(self):
        for p, k in zip(self.params, self.keys):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.v[k] = self.momentum * self.v[k] + g
            p -= self.lr * (g + self.momentum * self.v[k])


class StateOnTheClass(Optimizer):
    velocities = {}

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        if param not in self.velocities:
            self.velocities[param] = torch.zeros_like(param)
        v = self.velocities[param]
        g = grad + self.weight_decay * param
        v.mul_(self.momentum).add_(g)
        param.sub_(self.lr * (g + self.momentum * v))


class ForgetsEveryStep(_Args):
    @torch.no_grad()
    def step(self):
        velocity = [torch.zeros_like(p) for p in self.params]
        for p, v in zip(self.params, velocity):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            v.mul_(self.momentum).add_(g)
            p.add_(g.add(v, alpha=self.momentum), alpha=-self.lr)


class NoneAsZero(_Args):
    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.state):
            g = torch.zeros_like(p) if p.grad is None else p.grad.clone()
            g += self.weight_decay * p
            v = s["v"] = self.momentum * s.get("v", torch.zeros_like(p)) + g
            p -= self.lr * (g + self.momentum * v)


class RebindsTheName(_Args):
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"] = self.momentum * state.get("v", 0) + g
        param = param - self.lr * (g + self.momentum * state["v"])
        return param


class OnlyTheFirstWithGradient(_Args):
    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            s["v"] = self.momentum * s.get("v", 0) + g
            p.sub_(g + self.momentum * s["v"], alpha=self.lr)
            return


class CastsToFloat32(_Args):
    def update(self, param, grad, state):
        w, g = param.float(), grad.float()
        g = g + self.weight_decay * w
        if "v" not in state:
            state["v"] = torch.zeros(param.shape, dtype=torch.float32, device=param.device)
        state["v"] = self.momentum * state["v"] + g
        param.copy_(w - self.lr * (g + self.momentum * state["v"]))


class TripsOverTheUsedUpGenerator(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.v = [torch.zeros_like(p.data) for p in params]

    def step(self):
        for i in range(len(self.params)):
            p, v = self.params[i], self.v[i]
            if p.grad is None:
                continue
            g = p.grad.detach() + self.weight_decay * p.detach()
            v.mul_(self.momentum).add_(g)
            p.data.sub_(self.lr * (g + self.momentum * v))


class Unknown1(_Args):  # factors in the wrong places: p - lr*(v + mu*g); the first step agrees
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"] = self.momentum * state.get("v", 0) + g
        param -= self.lr * (state["v"] + self.momentum * g)


class Unknown2(_Args):  # the look-ahead direction g + mu*v is what is stored as velocity
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state.get("v", torch.zeros_like(g)).mul_(self.momentum).add_(g)
        v.mul_(self.momentum).add_(g)
        state["v"] = v
        param.sub_(v, alpha=self.lr)


class Unknown3(_Args):  # the decay enters the velocity but not the gradient of the step
    def update(self, param, grad, state):
        v = state.setdefault("v", torch.zeros_like(param))
        v.mul_(self.momentum).add_(grad).add_(param, alpha=self.weight_decay)
        param.sub_(self.lr * (grad + self.momentum * v))


class Unknown4(_Args):  # the velocity is an average, (1 - mu) on the gradient
    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"] = self.momentum * state.get("v", 0) + (1 - self.momentum) * g
        param -= self.lr * (g + self.momentum * state["v"])


class Right1(_Args):
    """unrolled to the old velocity: p - lr*((1 + mu)*g + mu^2*v_old)"""

    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            w = p.detach().double()
            g = p.grad.detach().double() + self.weight_decay * w
            old = s.get("v")
            d = (1 + self.momentum) * g
            if old is not None:
                d = d + self.momentum**2 * old
                g = g + self.momentum * old
            s["v"] = g
            p.data.copy_(w - self.lr * d)


class Right2:
    """remembers u = mu*v, in NumPy"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = [*params]
        self.lr, self.mu, self.wd = lr, momentum, weight_decay
        self.u = {id(p): np.zeros(tuple(p.shape)) for p in self.params}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            w = p.detach().cpu().numpy().astype("float64")
            g = p.grad.detach().cpu().numpy() + self.wd * w
            self.u[id(p)] = self.mu * (self.u[id(p)] + g)
            p.data.copy_(torch.as_tensor(np.asarray(w - self.lr * (g + self.u[id(p)]))))
