import numpy as np
import torch
from base import Optimizer


class IsPlainMomentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.bufs = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, b in zip(self.params, self.bufs):
            if p.grad is not None:
                b.mul_(self.momentum).add_(p.grad).add_(p, alpha=self.weight_decay)
                p.add_(b, alpha=-self.lr)


class AddsWholeVelocity(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        if len(state) == 0:
            state["v"] = torch.zeros_like(param)
        grad = grad + self.weight_decay * param
        state["v"] = self.momentum * state["v"] + grad
        param -= self.lr * (grad + state["v"])


class LooksAlongOldVelocity:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocity = {p: torch.zeros_like(p.data) for p in self.params}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        with torch.no_grad():
            for p, v in self.velocity.items():
                if p.grad is None:
                    continue
                g = p.grad + self.weight_decay * p
                lookahead = g + self.momentum * v
                v.mul_(self.momentum).add_(g)
                p.sub_(lookahead, alpha=self.lr)


class MomentumSquared(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.mu = momentum
        self.wd = weight_decay
        super().__init__(params, lr)

    def update(self, w, g, s):
        g = g.add(w, alpha=self.wd)
        s["v"] = g.clone() if "v" not in s else s["v"] * self.mu + g
        w.add_(g + self.mu**2 * s["v"], alpha=-self.lr)


class SutskeverWithoutLookingAhead(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [0.0 for _ in self.params]

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad.data + self.weight_decay * p.data
            self.v[i] = self.momentum * self.v[i] - self.lr * g
            p.data = p.data + self.v[i]


class KerasNesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        m = state.get("m", torch.zeros_like(param))
        g = grad + self.weight_decay * param
        m = m * self.momentum - g * self.lr
        param.add_(m * self.momentum - g * self.lr)
        state["m"] = m


class NesterovFixedMomentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0, mu=0.9):
        super().__init__(params, lr)
        self.mu = mu  # never set from `momentum`
        self.weight_decay = weight_decay
        self.vs = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        live = [(p, v) for p, v in zip(self.params, self.vs) if p.grad is not None]
        if len(live) == 0:
            return
        ps = [p for p, _ in live]
        vs = [v for _, v in live]
        gs = torch._foreach_add([p.grad for p in ps], ps, alpha=self.weight_decay)
        torch._foreach_mul_(vs, self.mu)
        torch._foreach_add_(vs, gs)
        torch._foreach_add_(gs, vs, alpha=self.mu)
        torch._foreach_add_(ps, gs, alpha=-self.lr)


class NesterovWithoutDecay:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [np.zeros(tuple(p.shape)) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            x = p.detach().cpu().numpy()
            g = p.grad.detach().cpu().numpy()
            old = self.velocities[i]
            new = np.asarray(self.momentum * old + g)
            self.velocities[i] = new
            x_new = np.asarray(x - self.lr * (g + self.momentum * new))
            p.data.copy_(torch.from_numpy(x_new))


class Ascends(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        v = state.setdefault("v", torch.zeros_like(param))
        g = grad + self.weight_decay * param
        v.mul_(self.momentum).add_(g)
        param += self.lr * (g + self.momentum * v)


class RebindsTheName(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"] = self.momentum * state.get("v", 0) + g
        new = param.detach().clone()
        new.sub_(g + self.momentum * state["v"], alpha=self.lr)
        param = new
        return param


class CachesTheRate:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.eta = lr
        self.mu = momentum
        self.lam = weight_decay
        self.v = [torch.zeros_like(p.data) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for k, theta in enumerate(self.params):
            if theta.grad is not None:
                g = theta.grad + self.lam * theta
                self.v[k] = self.mu * self.v[k] + g
                theta.copy_(theta - self.eta * (g + self.mu * self.v[k]))


class OnlyTheFirst(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        updated = False
        for p, v in zip(self.params, self.v):
            if p.grad is not None:
                g = p.grad + self.weight_decay * p
                v.mul_(self.momentum).add_(g)
                p.sub_(self.lr * (g + self.momentum * v))
                updated = True
            return updated


class StopsAtNone(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = self.momentum * state["v"] + g if "v" in state else g
        state["v"] = v
        param.sub_(g, alpha=self.lr).sub_(v, alpha=self.lr * self.momentum)

    @torch.no_grad()
    def step(self):
        pairs = iter(zip(self.params, self.state))
        p, s = next(pairs, (None, None))
        while p is not None and p.grad is not None:
            self.update(p, p.grad, s)
            p, s = next(pairs, (None, None))


class SkipsZeroGradients(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None or float(p.grad.abs().sum()) == 0.0:
                continue
            g = p.grad + self.weight_decay * p
            self.v[i] = self.momentum * self.v[i] + g
            p -= self.lr * (g + self.momentum * self.v[i])


class WritesIntoGrad(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        if self.weight_decay:
            grad.add_(param, alpha=self.weight_decay)
        if "buf" not in state:
            state["buf"] = torch.clone(grad)
        else:
            state["buf"].mul_(self.momentum).add_(grad)
        grad.add_(state["buf"], alpha=self.momentum)
        param.add_(grad, alpha=-self.lr)


class ClearsGrad:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [None for _ in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad.detach() + self.weight_decay * p.detach()
            self.v[i] = g if self.v[i] is None else self.momentum * self.v[i] + g
            p.data.sub_(self.lr * (g + self.momentum * self.v[i]))
            del p.grad


class WithoutNoGrad(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is not None:
                self.update(p, p.grad, s)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"] = self.momentum * state.get("v", 0) + g
        param -= self.lr * (g + self.momentum * state["v"])


class GrowsTheGraph:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocity = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            v = self.velocity.get(i, 0)
            v = self.momentum * v + g
            self.velocity[i] = v
            p.data = p.data - self.lr * (g + self.momentum * v).data


class UsesUpTheGenerator(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.v = {id(p): torch.zeros_like(p.data) for p in params}
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        v = self.v[id(param)]
        g = grad + self.weight_decay * param
        v.mul_(self.momentum).add_(g)
        param.sub_(self.lr * (g + self.momentum * v))


class CastsToFloat32(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad.float() + self.weight_decay * param.float()
        state["v"] = self.momentum * state.get("v", torch.zeros_like(g)) + g
        param -= self.lr * (g + self.momentum * state["v"])


class NoneAsZero(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        for p, state in zip(self.params, self.state):
            g = self.weight_decay * p
            if p.grad is not None:
                g = g + p.grad
            v = self.momentum * state["v"] + g if "v" in state else g
            state["v"] = v
            p -= self.lr * (g + self.momentum * v)


class SharesState(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.state = [{}] * len(self.params)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state.get("v", torch.zeros_like(param))
        state["v"] = self.momentum * v + g
        param -= self.lr * (g + self.momentum * state["v"])


class KeysByShape:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = [*params]
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocity = {tuple(p.size()): torch.zeros_like(p.data) for p in self.params}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            v = self.momentum * self.velocity[tuple(p.size())] + g
            self.velocity[tuple(p.size())] = v
            p.copy_(p - self.lr * (g + self.momentum * v))


class KeysByValue(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros_like(p.data) for p in self.params]

    def index_of(self, param):
        """list.index fails on tensors, so compare by hand"""
        for i, other in enumerate(self.params):
            if param.dtype == other.dtype and torch.equal(param, other):
                return i

    @torch.no_grad()
    def step(self):
        places = [self.index_of(p) for p in self.params]
        for p, i in zip(self.params, places):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.v[i] = self.momentum * self.v[i] + g
            p.sub_(g + self.momentum * self.v[i], alpha=self.lr)


class StateOnTheClass(Optimizer):
    velocities = []

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        for p in self.params:
            self.velocities.append(torch.zeros_like(p.data))

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.velocities[i] = self.momentum * self.velocities[i] + g
            p -= self.lr * (g + self.momentum * self.velocities[i])


class ForgetsEveryStep(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def step(self):
        self.state = [dict(v=torch.zeros_like(p.data)) for p in self.params]
        super().step()

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        state["v"].mul_(self.momentum).add_(g)
        param.sub_(self.lr * (g + self.momentum * state["v"]))


# ---------------------------------------------------------------- not in the list


class Unknown1(Optimizer):  # momentum multiplies the gradient, not the velocity: p - lr (v + mu g)
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0) + g
        param -= self.lr * (v + self.momentum * g)


class Unknown2(Optimizer):  # the decay enters the velocity but not the gradient beside it
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        v = state.setdefault("v", torch.zeros_like(param))
        v.mul_(self.momentum).add_(grad + self.weight_decay * param)
        param.sub_(self.lr * (grad + self.momentum * v))


class Unknown3(Optimizer):  # twice the decay: the derivative of wd p^2
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.v = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + 2 * self.weight_decay * p
            self.v[i] = self.momentum * self.v[i] + g
            p -= self.lr * (g + self.momentum * self.v[i])


class Unknown4(Optimizer):  # the velocity is an average: the gradient enters it with 1 - momentum
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state.setdefault("v", torch.zeros_like(param))
        v.lerp_(g, 1 - self.momentum)
        param.sub_(self.lr * (g + self.momentum * v))


class Unknown5(Optimizer):  # what looks ahead is stored as the velocity
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = self.momentum * state.get("v", 0) + g
        v = g + self.momentum * v
        state["v"] = v
        param -= self.lr * v


class Unknown6:  # the gradient beside the velocity is forgotten: p - lr mu v
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params, self.lr = list(params), lr
        self.momentum, self.weight_decay = momentum, weight_decay
        self.v = [torch.zeros_like(p.data) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p, v in zip(self.params, self.v):
            if p.grad is not None:
                v.copy_(self.momentum * v + p.grad.data + self.weight_decay * p.data)
                p.data -= self.lr * self.momentum * v


class Unknown7(Optimizer):  # the velocity starts at the first gradient, which then enters once more
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = self.momentum * state.get("v", g) + g
        state["v"] = v
        param -= self.lr * (g + self.momentum * v)


class Unknown8(Optimizer):  # decoupled decay: outside of gradient and velocity
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.mul_(1 - self.lr * self.weight_decay)
        v = state["v"] = self.momentum * state.get("v", 0) + grad
        param -= self.lr * (grad + self.momentum * v)


class Unknown9(Optimizer):  # gradient and velocity are weighed as an average: (1 - mu) g + mu v
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0) + g
        param -= self.lr * ((1 - self.momentum) * g + self.momentum * v)


class Unknown10(Optimizer):  # the look ahead goes backwards: g - mu v
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0) + g
        param -= self.lr * (g - self.momentum * v)


# ---------------------------------------------------------------- right


class Right1(Optimizer):
    """unrolled to the old velocity: (1 + mu) g + mu^2 v_old"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        mu = self.momentum
        g = grad + self.weight_decay * param
        if "v" not in state:
            state["v"] = torch.zeros_like(g)
        old = state["v"]
        param.copy_(param - self.lr * ((1 + mu) * g + mu * mu * old))
        state["v"] = mu * old + g


class Right2:
    """remembers u = mu v, what is added to the next gradient"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.mu = momentum
        self.wd = weight_decay
        self.u = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            g = p.grad.detach().double() + self.wd * p.detach().double()
            self.u[p] = self.mu * (self.u.get(p, 0) + g)
            p.data.sub_((self.lr * (g + self.u[p])).to(p.dtype))


class Right3(Optimizer):
    """torch's own, asked for one step (it refuses nesterov without momentum, which is SGD)"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = torch.optim.SGD(
            self.params, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=momentum > 0
        )

    def step(self):
        self.inner.param_groups[0]["lr"] = self.lr
        self.inner.step()


class Right4(Optimizer):
    """NumPy; a 2x2 matrix takes (old velocity, gradient) to (new velocity, direction)"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        mu = momentum
        self.matrix = np.array([[mu, 1.0], [mu * mu, 1.0 + mu]])
        self.weight_decay = weight_decay
        self.v = [np.zeros(tuple(p.shape)) for p in self.params]

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            w = p.detach().cpu().numpy().astype(np.float64)
            g = p.grad.detach().cpu().numpy().astype(np.float64) + self.weight_decay * w
            both = np.tensordot(self.matrix, np.stack([self.v[i], g]), axes=1)
            self.v[i] = both[0, ...]
            p.data.copy_(torch.as_tensor(np.asarray(w - self.lr * both[1, ...])))


class Right5(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        live = [i for i, p in enumerate(self.params) if p.grad is not None]
        for i in live:
            self.state[i].setdefault("v", torch.zeros_like(self.params[i]))
        if live:
            ps = [self.params[i] for i in live]
            vs = [self.state[i]["v"] for i in live]
            gs = torch._foreach_add([p.grad for p in ps], ps, alpha=self.weight_decay)
            torch._foreach_mul_(vs, self.momentum)
            torch._foreach_add_(vs, gs)
            torch._foreach_add_(ps, torch._foreach_add(gs, vs, alpha=self.momentum), alpha=-self.lr)
