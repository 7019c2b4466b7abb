from collections import defaultdict

import numpy as np
import torch
from base import Optimizer


def clear(params):
    for p in params:
        p.grad = None


class NoVelocity(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(param)
        v = state["velocity"]
        g = grad + self.weight_decay * param
        v = self.momentum * v + g
        param -= self.lr * v


class AveragesVelocity(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.ema = [torch.zeros_like(p, requires_grad=False) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, m in zip(self.params, self.ema):
            if p.grad is None:
                continue
            m.lerp_(p.grad + self.weight_decay * p, 1 - self.momentum)
            p.add_(m, alpha=-self.lr)


class RateTwice:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.mu = momentum
        self.lam = weight_decay
        self.v = {}

    def zero_grad(self):
        clear(self.params)

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad.data + self.lam * p.data
            if i in self.v:
                self.v[i] = self.mu * self.v[i] + self.lr * g
            else:
                self.v[i] = self.lr * g
            p.data = p.data - self.lr * self.v[i]


class AliasesTheGradient(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.buffers = [None] * len(self.params)

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            g = p.grad
            if g is None:
                continue
            if self.weight_decay != 0:
                g = g + self.weight_decay * p
            if self.buffers[i] is None:
                self.buffers[i] = g
            else:
                self.buffers[i].mul_(self.momentum).add_(g)
            p.sub_(self.buffers[i], alpha=self.lr)


class StaleVelocity(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        v = state.setdefault("v", torch.zeros_like(param))
        g = grad.add(param, alpha=self.weight_decay)
        param.sub_(self.lr * v)
        v.mul_(self.momentum)
        v.add_(g)


class MomentumOnGradient(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.beta, self.wd = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, w, dw, memory):
        dw = dw + self.wd * w
        memory["v"] = memory.get("v", 0) + self.beta * dw
        w.copy_(w - self.lr * memory["v"])


class RateInside(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocity = {}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                if p not in self.velocity:
                    self.velocity[p] = torch.zeros_like(p)
                v = self.velocity[p]
                v *= self.momentum
                v -= self.lr * (p.grad + self.weight_decay * p)
                p += v


class FixedMomentum:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.history = [np.zeros(tuple(p.shape)) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for k in range(len(self.params)):
            p = self.params[k]
            if p.grad is None:
                continue
            w = p.detach().cpu().double().numpy()
            g = p.grad.detach().cpu().double().numpy() + self.weight_decay * w
            self.history[k] = np.asarray(0.9 * self.history[k] + g)
            p.data.copy_(torch.from_numpy(np.asarray(w - self.lr * self.history[k])))


class Dampened(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        d_p = grad.add(param, alpha=self.weight_decay)
        buf = state.get("momentum_buffer")
        if buf is None:
            buf = state["momentum_buffer"] = d_p.clone()
        else:
            buf.mul_(self.momentum).add_(d_p, alpha=1 - self.momentum)
        param.add_(buf, alpha=-self.lr)


class MomentumWithoutDecay(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.vs = [torch.zeros_like(p).detach() for p in self.params]

    @torch.no_grad()
    def step(self):
        live = [i for i, p in enumerate(self.params) if p.grad is not None]
        if live:
            ps = [self.params[i] for i in live]
            vs = [self.vs[i] for i in live]
            torch._foreach_mul_(vs, self.momentum)
            torch._foreach_add_(vs, [p.grad for p in ps])
            torch._foreach_add_(ps, vs, alpha=-self.lr)


class DecaysOutside(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.mul_(1 - self.lr * self.weight_decay)
        if not state:
            state["v"] = torch.zeros_like(param)
        state["v"] = self.momentum * state["v"] + grad
        param.sub_(self.lr * state["v"])


class Ascends(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocities = [torch.zeros_like(p.data) for p in self.params]

    def step(self):
        for p, v in zip(self.params, self.velocities):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad.data).add_(p.data, alpha=self.weight_decay)
                p.data.add_(v, alpha=self.lr)


class RebindsTheName(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [0] * len(self.params)

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.v[i] = self.momentum * self.v[i] + p.grad + self.weight_decay * p
            p = p - self.lr * self.v[i]


class CachesTheRate(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.hyper = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}

    def update(self, param, grad, state):
        h = self.hyper
        g = grad + h["weight_decay"] * param
        state["v"] = h["momentum"] * state["v"] + g if "v" in state else g
        param.sub_(h["lr"] * state["v"])


class OnlyTheFirst(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is not None:
                v = s.get("v", torch.zeros_like(p))
                v = self.momentum * v + p.grad + self.weight_decay * p
                s["v"] = v
                p -= self.lr * v
            break


class StopsAtNone:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.v = {id(p): torch.zeros_like(p.data) for p in self.params}

    def zero_grad(self):
        clear(self.params)

    def step(self):
        with torch.no_grad():
            for p in self.params:
                if p.grad is None:
                    return
                v = self.v[id(p)]
                v.copy_(v * self.momentum + p.grad + p * self.weight_decay)
                p.sub_(v * self.lr)


class SkipsZeroGradients(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        if not grad.any():
            return
        g = grad + self.weight_decay * param
        if "v" in state:
            g += self.momentum * state["v"]
        state["v"] = g
        param -= self.lr * g


class WritesIntoGrad(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        # turn the gradient into the new velocity
        grad.add_(param, alpha=self.weight_decay)
        if "v" in state:
            grad.add_(state["v"], alpha=self.momentum)
        state["v"] = grad.clone()
        param.sub_(grad, alpha=self.lr)


class ClearsGrad(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        v = state.get("v")
        g = torch.add(grad, param, alpha=self.weight_decay)
        v = g if v is None else torch.add(g, v, alpha=self.momentum)
        state["v"] = v
        param.add_(-self.lr * v)
        param.grad = None


class WithoutNoGrad(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros_like(p) for p in self.params]

    def step(self):
        for i in range(len(self.params)):
            if self.params[i].grad is not None:
                grad = self.params[i].grad + self.weight_decay * self.params[i]
                self.v[i] = self.momentum * self.v[i] + grad
                self.params[i].sub_(self.lr * self.v[i])


class GrowsTheGraph(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros_like(p) for p in self.params]

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.v[i] = self.momentum * self.v[i] + g
            with torch.no_grad():
                p -= self.lr * self.v[i]


class UsesUpTheGenerator(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros_like(p.data) for p in params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.v):
            if p.grad is None:
                continue
            v.mul_(self.momentum).add_(p.grad + self.weight_decay * p)
            p.add_(v, alpha=-self.lr)


class CastsToFloat32(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros(p.shape, dtype=torch.float32, device=p.device) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.v):
            if p.grad is None:
                continue
            v *= self.momentum
            v += p.grad + self.weight_decay * p
            p -= self.lr * v


class NoneAsZero(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.v):
            g = p.grad
            if g is None:
                g = torch.zeros_like(p)
            v.mul_(self.momentum).add_(g).add_(p, alpha=self.weight_decay)
            p.add_(v, alpha=-self.lr)


class SharesState(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = 0.0

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        self.v = self.momentum * self.v + g
        param -= self.lr * self.v


class KeysByShape(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.buffers = {}

    def update(self, param, grad, state):
        key = param.shape
        if key not in self.buffers:
            self.buffers[key] = torch.zeros_like(param)
        v = self.buffers[key]
        v.mul_(self.momentum).add_(grad).add_(param, alpha=self.weight_decay)
        param.sub_(v, alpha=self.lr)


class KeysByValue(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.names = [str(p.tolist()) for p in self.params]
        self.v = {name: torch.zeros_like(p.data) for name, p in zip(self.names, self.params)}

    @torch.no_grad()
    def step(self):
        for name, p in zip(self.names, self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.v[name] = self.momentum * self.v[name] + g
            p -= self.lr * self.v[name]


class StateOnTheClass(Optimizer):
    velocities = {}

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            v = self.velocities.get(i, torch.zeros_like(p))
            v = self.momentum * v + (p.grad + self.weight_decay * p)
            self.velocities[i] = v
            p -= self.lr * v


class ForgetsEveryStep(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        velocities = [torch.zeros_like(p) for p in self.params]
        for p, v in zip(self.params, velocities):
            if p.grad is None:
                continue
            v.mul_(self.momentum).add_(p.grad + self.weight_decay * p)
            p.add_(v, alpha=-self.lr)


# ---------------------------------------------------------------- not in the list


class Unknown1(Optimizer):  # this is Nesterov: the step looks ahead along the new velocity
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0) + g
        param -= self.lr * (g + self.momentum * v)


class Unknown2(Optimizer):  # momentum multiplies the sum of velocity and gradient: v = mu (v + g)
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        v = state.setdefault("v", torch.zeros_like(param))
        v.add_(grad + self.weight_decay * param).mul_(self.momentum)
        param.sub_(self.lr * v)


class Unknown3(Optimizer):  # the velocity starts at the first gradient, which then enters once more
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        if "v" not in state:
            state["v"] = g.clone()
        state["v"] = self.momentum * state["v"] + g
        param -= self.lr * state["v"]


class Unknown4(Optimizer):  # an average with Adam's bias correction
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.m = [torch.zeros_like(p.data) for p in self.params]
        self.t = [0] * len(self.params)

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.t[i] += 1
            self.m[i].mul_(self.momentum).add_((1 - self.momentum) * (p.grad + self.weight_decay * p))
            p -= self.lr * self.m[i] / (1 - self.momentum ** self.t[i])


class Unknown5(Optimizer):  # the decay pulls at the velocity in place of the parameter
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        v = state.get("v", torch.zeros_like(param))
        v = self.momentum * v + grad - self.weight_decay * v
        state["v"] = v
        param -= self.lr * v


class Unknown6(Optimizer):  # the gradient is added to the step a second time: p - lr (v + g)
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0) + g
        param -= self.lr * v + self.lr * g


class Unknown7:  # old velocity is subtracted: v = g - mu v
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params, self.lr = list(params), lr
        self.momentum, self.weight_decay = momentum, weight_decay
        self.v = defaultdict(float)

    def zero_grad(self):
        clear(self.params)

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self.v[i] = p.grad + self.weight_decay * p - self.momentum * self.v[i]
                p.sub_(self.lr * self.v[i])


class Unknown8(Optimizer):  # where velocity and gradient disagree in sign, the velocity starts anew
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = state.get("v", torch.zeros_like(param))
        v = torch.where(v * g < 0, torch.zeros_like(v), v)
        state["v"] = self.momentum * v + g
        param -= self.lr * state["v"]


class Unknown9(Optimizer):  # remembers only the gradient before, not the velocity: v = g + mu g_old
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + self.weight_decay * param
        v = g + self.momentum * state.get("last", torch.zeros_like(g))
        state["last"] = g
        param -= self.lr * v


class Unknown10(Optimizer):  # half the decay: the derivative of wd/4 p^2
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum, self.weight_decay = momentum, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        g = grad + 0.5 * self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0) + g
        param -= self.lr * v


# ---------------------------------------------------------------- right


class Right1(Optimizer):
    """torch's own, asked for one step"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = torch.optim.SGD(self.params, lr=lr, momentum=momentum, weight_decay=weight_decay)

    def step(self):
        self.inner.param_groups[0]["lr"] = self.lr
        self.inner.step()


class Right2:
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.mu = momentum
        self.wd = weight_decay
        self.v = [np.zeros(tuple(p.shape), dtype=np.float64) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p, v in zip(self.params, self.v):
            if p.grad is None:
                continue
            w = p.detach().cpu().numpy()
            v *= self.mu
            v += p.grad.detach().cpu().numpy()
            v += self.wd * w
            p.data.copy_(torch.from_numpy(np.asarray(w - self.lr * v)))


class Right3(Optimizer):
    """the velocity is kept with the other sign, as a displacement for a rate of one"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        move = state.get("move")
        if move is None:
            move = -grad
        else:
            move = move * self.momentum - grad
        move = move - self.weight_decay * param
        state["move"] = move
        param.addcmul_(move, torch.as_tensor(self.lr, dtype=param.dtype, device=param.device))


class Right4(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        pairs = [(p, v) for p, v in zip(self.params, self.v) if p.grad is not None]
        if not pairs:
            return
        ps, vs = map(list, zip(*pairs))
        torch._foreach_mul_(vs, self.momentum)
        torch._foreach_add_(vs, [p.grad for p in ps])
        torch._foreach_add_(vs, ps, alpha=self.weight_decay)
        torch._foreach_add_(ps, vs, alpha=-self.lr)


class Right5(Optimizer):
    """a coroutine per parameter remembers the velocity"""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)

        def remember():
            v = 0
            while True:
                g = yield v
                v = momentum * v + g

        self.weight_decay = weight_decay
        self.memories = [remember() for _ in self.params]
        for memory in self.memories:
            next(memory)

    def step(self):
        for p, memory in zip(self.params, self.memories):
            if p.grad is not None:
                v = memory.send(p.grad.detach() + self.weight_decay * p.detach())
                p.data.sub_(v, alpha=self.lr)
