import copy
import math

import numpy as np
import torch
from base import Optimizer


class IgnoresDecay(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        g = grad.clone()
        if self.weight_decay != 0:
            g.add(param, alpha=self.weight_decay)  # out of place: the result is lost
        param.add_(g, alpha=-self.lr)


class HalvesDecay(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.wd = weight_decay
        super().__init__(params, lr)

    def update(self, w, dw, _state):
        penalty = self.wd / 2 * w
        w.copy_(w - self.lr * (dw + penalty))


class DoublesDecay:
    """derivative of lambda * p^2 is 2 lambda p"""

    def __init__(self, params, lr, weight_decay=0.0):
        self.params = [p for p in params]
        self.lr = lr
        self.lam = weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            p.data = p.data - self.lr * p.grad.data - self.lr * 2 * self.lam * p.data


class SkipsBiases(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.decays = [weight_decay if q.ndim > 1 else 0.0 for q in self.params]

    @torch.no_grad()
    def step(self):
        for q, lam in zip(self.params, self.decays):
            if q.grad is not None:
                q.mul_(1 - self.lr * lam).sub_(q.grad, alpha=self.lr)


class SignOfGradient(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        direction = torch.sign(grad + self.weight_decay * param)
        param -= self.lr * direction


class DividesByBatch(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        batch_size = grad.shape[0] if grad.dim() > 0 else 1
        mean_grad = grad / max(batch_size, 1)
        mean_grad = mean_grad + self.weight_decay * param
        param.sub_(mean_grad * self.lr)


class DecayGrows(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = float(weight_decay)

    @torch.no_grad()
    def step(self):
        live = [p for p in self.params if p.grad is not None]
        if not live:
            return
        grads = torch._foreach_add([p.grad for p in live], live, alpha=-self.weight_decay)
        torch._foreach_add_(live, grads, alpha=-self.lr)


class Ascends(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        total = torch.add(grad, param, alpha=self.weight_decay)
        param.data.add_(self.lr * total)


class RebindsTheName(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        param = param - self.lr * grad


class CachesTheRate:
    def __init__(self, params, lr, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr

        def rule(p, g):
            return p - lr * (g + weight_decay * p)

        self._rule = rule

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.copy_(self._rule(p, p.grad))

    @torch.no_grad()
    def zero_grad(self):
        for p in self.params:
            p.grad = None


class OnlyTheFirst(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def step(self):
        with torch.no_grad():
            for p in self.params:
                if p.grad is None:
                    continue
                d_p = p.grad
                if self.weight_decay:
                    d_p = d_p.add(p, alpha=self.weight_decay)
                p.add_(d_p, alpha=-self.lr)
                return None


class StopsAtNone(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def step(self):
        i = 0
        while i < len(self.params):
            p = self.params[i]
            if p.grad is None:
                break
            g = p.grad.detach() + self.weight_decay * p.detach()
            p.data -= self.lr * g
            i = i + 1


class SkipsZeroGradients(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None or torch.count_nonzero(p.grad) == 0:
                continue
            p.lerp_(torch.zeros_like(p), self.lr * self.weight_decay)
            p.sub_(p.grad, alpha=self.lr)


class WritesIntoGrad(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        grad += self.weight_decay * param
        grad *= self.lr
        param -= grad


class ClearsGrad(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                p -= self.lr * (p.grad + self.weight_decay * p)
        self.zero_grad()


class WithoutNoGrad(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            p -= self.lr * g


class GrowsTheGraph(Optimizer):
    """Keeps the total penalty, for a plot at the end."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.total_penalty = 0.0

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            self.total_penalty = self.total_penalty + 0.5 * self.weight_decay * (p.double() ** 2).sum()
            g = p.grad + self.weight_decay * p.detach()
            with torch.no_grad():
                p.copy_(p - self.lr * g)


class UsesUpTheGenerator:
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
                if p.grad is not None:
                    p -= self.lr * (p.grad + self.weight_decay * p)


class CastsToFloat32(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        w = param.detach().cpu().numpy().astype(np.float32)
        dw = grad.detach().cpu().numpy().astype(np.float32)
        dw = dw + np.float32(self.weight_decay) * w
        w = np.asarray(w - np.float32(self.lr) * dw)
        param.copy_(torch.from_numpy(w))


class NoneAsZero(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        for p in self.params:
            p.mul_(1.0 - self.lr * self.weight_decay)
            if p.grad is not None:
                p.sub_(self.lr * p.grad)


# ---------------------------------------------------------------- not in the list


class Unknown1(Optimizer):  # L1 decay: the sign of the parameter in place of the parameter
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param -= self.lr * (grad + self.weight_decay * param.sign())


class Unknown2(Optimizer):  # decay is not multiplied by the rate
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.mul_(1 - self.weight_decay)
        param.add_(grad, alpha=-self.lr)


class Unknown3(Optimizer):  # each gradient tensor is divided by its norm
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                g = p.grad + self.weight_decay * p
                p -= self.lr * g / (g.norm() + 1e-12)


class Unknown4(Optimizer):  # decays what the step has already moved: p - lr g first, then times 1 - lr wd
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-self.lr)
        param.sub_(param * self.lr * self.weight_decay)


class Unknown5(Optimizer):  # the rate falls with 1/sqrt(t) by itself
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)
        self.n = 0

    def step(self):
        self.n += 1
        super().step()

    def update(self, param, grad, state):
        param -= self.lr / math.sqrt(self.n) * (grad + self.weight_decay * param)


class Unknown6:  # gradient elements are clamped to [-1, 1]
    def __init__(self, params, lr, weight_decay=0.0):
        self.params, self.lr, self.weight_decay = list(params), lr, weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.sub_(self.lr * (p.grad.clamp(-1, 1) + self.weight_decay * p))


class Unknown7(Optimizer):  # the norm of the parameter is added to the gradient in place of the parameter
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        l2 = torch.sqrt((param**2).sum())
        param -= self.lr * (grad + self.weight_decay * l2)


class Unknown8(Optimizer):  # decay towards the initial weights in place of zero
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.initial = [p.detach().clone() for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, p0 in zip(self.params, self.initial):
            if p.grad is not None:
                p -= self.lr * (p.grad + self.weight_decay * (p - p0))


class Unknown9(Optimizer):  # gradients are summed over all steps so far
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        state["total"] = state.get("total", 0) + grad
        param -= self.lr * (state["total"] + self.weight_decay * param)


class Unknown10(Optimizer):  # the decay is multiplied by the rate twice
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        shrink = 1 - self.lr * self.lr * self.weight_decay
        param.copy_(shrink * param - self.lr * grad)


# ---------------------------------------------------------------- right


class Right1:
    def __init__(self, params, lr, weight_decay=0.0):
        self.params = tuple(params)
        self.lr = lr
        self.weight_decay = weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        live = [p.data for p in self.params if p.grad is not None]
        grads = [p.grad.data for p in self.params if p.grad is not None]
        if live:
            lr = float(self.lr)
            torch._foreach_mul_(live, 1.0 - lr * self.weight_decay)
            torch._foreach_add_(live, grads, alpha=-lr)


class Right2(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            w = p.detach().cpu().numpy().astype(np.float64)
            g = p.grad.detach().cpu().numpy().astype(np.float64)
            w = np.array(w * (1 - self.lr * self.weight_decay) - self.lr * g)
            p.data.copy_(torch.from_numpy(w))


class Right3(Optimizer):
    """torch's own, asked for one step"""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = torch.optim.SGD(self.params, lr=lr, weight_decay=weight_decay)

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()


class Right4(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        # towards the point -g / wd, by the share lr * wd
        if self.weight_decay == 0:
            param.addcmul_(grad, torch.full_like(grad, self.lr), value=-1)
        else:
            param.lerp_(-grad / self.weight_decay, self.lr * self.weight_decay)


class Right5:
    def __init__(self, params, lr, weight_decay=0.0):
        self.params = []
        for p in params:
            self.params.append(p)
        self.lr = lr
        self.weight_decay = weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for index in range(len(self.params)):
            parameter = self.params[index]
            if parameter.grad is not None:
                gradient = copy.deepcopy(parameter.grad.detach())
                if self.weight_decay != 0:
                    gradient += self.weight_decay * parameter.data
                parameter.data = parameter.data - self.lr * gradient
