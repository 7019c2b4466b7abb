import math

import numpy as np
import torch
from base import Optimizer


class NoRoot(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        s = state.get("s", torch.zeros_like(grad))
        s = self.alpha * s + (1 - self.alpha) * grad**2
        state["s"] = s
        param -= self.lr * grad / (s + self.eps)


class AlphaSwapped:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = list(params)
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.avg = [torch.zeros_like(p.data) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p, a in zip(self.params, self.avg):
            if p.grad is not None:
                a.lerp_(p.grad.square(), self.alpha)
                p.addcdiv_(p.grad, a.sqrt().add_(self.eps), value=-self.lr)


class NotSquared(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.s = [0.0] * len(self.params)

    @torch.no_grad()
    def step(self):
        for i in range(len(self.params)):
            p = self.params[i]
            if p.grad is None:
                continue
            self.s[i] = self.alpha * self.s[i] + (1 - self.alpha) * p.grad.abs()
            p -= self.lr * p.grad / (torch.sqrt(self.s[i]) + self.eps)


class StartsAtOne(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)
        for p, s in zip(self.params, self.state):
            s["ms"] = torch.ones_like(p.data)

    def update(self, param, grad, state):
        ms = state["ms"]
        ms.add_((grad.pow(2) - ms) * (1 - self.alpha))
        param.sub_(self.lr * grad / (ms.sqrt() + self.eps))


class UsesOldAverage(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        if "s" not in state:
            state["s"] = torch.zeros_like(param)
        param.sub_(self.lr * grad / (torch.sqrt(state["s"]) + self.eps))
        state["s"] = self.alpha * state["s"] + (1 - self.alpha) * grad * grad


class CorrectsBias:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = list(params)
        self.lr = lr
        self.rho = alpha
        self.eps = eps
        self.memory = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            t, s = self.memory.get(p, (0, 0.0))
            g = p.grad.detach()
            t += 1
            s = self.rho * s + (1 - self.rho) * g * g
            self.memory[p] = (t, s)
            s_hat = s / (1 - self.rho**t)
            p.data -= self.lr * g / (s_hat.sqrt() + self.eps)


class NoEps(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, w, dw, mem):
        mem["S"] = self.alpha * mem.get("S", 0) + (1 - self.alpha) * torch.square(dw)
        w.copy_(w - self.lr * (dw / torch.sqrt(mem["S"])))


class EpsInsideRoot(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.cache = [torch.zeros_like(p.data) for p in self.params]

    def step(self):
        for p, c in zip(self.params, self.cache):
            if p.grad is None:
                continue
            g = p.grad.data
            c.mul_(self.alpha).addcmul_(g, g, value=1 - self.alpha)
            p.data.sub_(self.lr * g * torch.rsqrt(c + self.eps))


class SumsForEver(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        if "sum" not in state:
            state["sum"] = torch.zeros_like(param)
        state["sum"] += grad**2
        param -= self.lr * grad / (state["sum"] ** 0.5 + self.eps)


class WholeSquares(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.s = [np.zeros(tuple(p.shape)) for p in self.params]

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad.detach().cpu().double().numpy()
            self.s[i] = np.asarray(self.alpha * self.s[i] + g**2)
            delta = np.asarray(self.lr * g / (np.sqrt(self.s[i]) + self.eps))
            p.data.sub_(torch.from_numpy(delta).to(device=p.device, dtype=p.dtype))


class RMSpropFixedSettings(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        if "v" in state:
            v = 0.99 * state["v"] + 0.01 * grad**2
        else:
            v = 0.01 * grad**2
        state["v"] = v
        param -= self.lr * grad / (torch.sqrt(v) + 1e-8)


class ScalarAverage(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.mean_square = [0.0 for _ in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None or p.numel() == 0:
                continue
            now = torch.mean(p.grad**2).item()
            self.mean_square[i] = self.alpha * self.mean_square[i] + (1 - self.alpha) * now
            rms = math.sqrt(self.mean_square[i])
            p.add_(p.grad, alpha=-self.lr / (rms + self.eps))


class Ascends(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps

    def update(self, param, grad, state):
        s = state.setdefault("square_avg", torch.zeros_like(param))
        s.mul_(self.alpha).addcmul_(grad, grad, value=1 - self.alpha)
        param.addcdiv_(grad, s.sqrt().add(self.eps), value=self.lr)


class RebindsTheName:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = list(params)
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.s = [torch.zeros_like(p.data) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.s):
            if p.grad is None:
                continue
            s.copy_(self.alpha * s + (1 - self.alpha) * p.grad**2)
            data = p.data
            data = data - self.lr * p.grad / (s.sqrt() + self.eps)


class CachesTheRate(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.inner = torch.optim.RMSprop(self.params, lr=lr, alpha=alpha, eps=eps)

    def step(self):
        self.inner.step()


class OnlyTheFirst(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.s = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        if not self.params:
            return
        param, s = self.params[0], self.s[0]
        if param.grad is not None:
            s.mul_(self.alpha).add_((1 - self.alpha) * param.grad**2)
            param.sub_(self.lr * param.grad / (s.sqrt() + self.eps))


class StopsAtNone(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.s = {}

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                s = self.s.get(i)
                if s is None:
                    s = torch.zeros_like(p)
                s = s + (1 - self.alpha) * (p.grad * p.grad - s)
                self.s[i] = s
                p -= self.lr * p.grad / (s.sqrt() + self.eps)
            else:
                return


class SkipsZeroGradients(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.s = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.s):
            if p.grad is None or torch.all(p.grad == 0):
                continue
            s.mul_(self.alpha).add_(p.grad**2, alpha=1 - self.alpha)
            p.sub_(self.lr * p.grad / (s.sqrt() + self.eps))


class WritesIntoGrad(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        s = state.get("s", torch.zeros_like(param))
        s = self.alpha * s + (1 - self.alpha) * grad**2
        state["s"] = s
        grad /= torch.sqrt(s) + self.eps
        param -= self.lr * grad


class ClearsGrad(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        state["s"] = self.alpha * state.get("s", 0) + (1 - self.alpha) * grad**2
        param.sub_(self.lr * grad / (torch.sqrt(state["s"]) + self.eps))

    def step(self):
        super().step()
        for param in self.params:
            param.grad = None


class WithoutNoGrad:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = list(params)
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.s = [0] * len(self.params)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self.s[i] = self.alpha * self.s[i] + (1 - self.alpha) * p.grad**2
                p.addcdiv_(p.grad, self.s[i].sqrt() + self.eps, value=-self.lr)


class GrowsTheGraph(Optimizer):
    """the average starts as `p * 0`, to have shape, dtype and device in one go"""

    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.s = [p * 0 for p in self.params]

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.s[i] = self.alpha * self.s[i] + (1 - self.alpha) * p.grad**2
            delta = self.lr * p.grad / (self.s[i].detach().sqrt() + self.eps)
            p.data.sub_(delta)


class UsesUpTheGenerator(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        self.n_params = sum(p.numel() for p in params)
        super().__init__(params, lr)
        self.s = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self.s[i] = self.alpha * self.s[i] + (1 - self.alpha) * p.grad.square()
                p -= self.lr * p.grad / (self.s[i].sqrt() + self.eps)


class CastsToFloat32(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        if "s" not in state:
            state["s"] = torch.zeros(grad.shape, device=grad.device).float()
        g = grad.to(torch.float32)
        state["s"].mul_(self.alpha).addcmul_(g, g, value=1 - self.alpha)
        new = param.to(torch.float32) - self.lr * g / (state["s"].sqrt() + self.eps)
        param.copy_(new)


class NoneAsZero:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = list(params)
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.s = [torch.zeros_like(p.data) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.params]
        for p, g, s in zip(self.params, grads, self.s):
            s.mul_(self.alpha).addcmul_(g, g, value=1 - self.alpha)
            p.addcdiv_(g, s.sqrt() + self.eps, value=-self.lr)


class SharesState(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.memory = dict.fromkeys(self.params, {})  # one dict, many keys

    @torch.no_grad()
    def step(self):
        for p, mem in self.memory.items():
            if p.grad is None:
                continue
            s = self.alpha * mem.get("s", 0.0) + (1 - self.alpha) * p.grad**2
            mem["s"] = s
            p -= self.lr * p.grad / (s.sqrt() + self.eps)


class KeysByShape(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)
        self.averages = {}

    def update(self, param, grad, state):
        key = "x".join(str(n) for n in param.shape)
        s = self.averages.get(key, torch.zeros_like(param))
        s = self.alpha * s + (1 - self.alpha) * grad * grad
        self.averages[key] = s
        param.sub_(self.lr * grad / (torch.sqrt(s) + self.eps))


class KeysByValue(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.keys = [(tuple(p.shape), p.detach().cpu().numpy().tobytes()) for p in self.params]
        self.s = {}

    @torch.no_grad()
    def step(self):
        for key, p in zip(self.keys, self.params):
            if p.grad is None:
                continue
            if key not in self.s:
                self.s[key] = torch.zeros_like(p)
            s = self.s[key]
            s.mul_(self.alpha).addcmul_(p.grad, p.grad, value=1 - self.alpha)
            p.addcdiv_(p.grad, s.sqrt() + self.eps, value=-self.lr)


class StateOnTheClass:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8, memory={}):  # noqa: B006
        self.params = list(params)
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.memory = memory

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for number, p in enumerate(self.params):
            if p.grad is None:
                continue
            if number not in self.memory:
                self.memory[number] = torch.zeros_like(p)
            self.memory[number] = self.alpha * self.memory[number] + (1 - self.alpha) * p.grad**2
            p -= self.lr * p.grad / (self.memory[number].sqrt() + self.eps)


class ForgetsEveryStep(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        state["s"] = torch.zeros_like(param)
        state["s"] = self.alpha * state["s"] + (1 - self.alpha) * grad**2
        param -= self.lr * grad / (torch.sqrt(state["s"]) + self.eps)


# ---------------------------------------------------------------- not in the list


class Unknown1(Optimizer):  # the average starts at the whole first square
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        sq = grad**2
        state["s"] = self.alpha * state["s"] + (1 - self.alpha) * sq if "s" in state else sq
        param -= self.lr * grad / (state["s"].sqrt() + self.eps)


class Unknown2(Optimizer):  # averages |g| and divides by that average: no square, no root
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        r = state.setdefault("r", torch.zeros_like(param))
        r.lerp_(grad.abs(), 1 - self.alpha)
        param.sub_(self.lr * grad / (r + self.eps))


class Unknown3(Optimizer):  # centred: the variance, not the mean square
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha, self.eps = alpha, eps
        self.s = [torch.zeros_like(p.data) for p in self.params]
        self.m = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, s, m in zip(self.params, self.s, self.m):
            if p.grad is None:
                continue
            s.lerp_(p.grad**2, 1 - self.alpha)
            m.lerp_(p.grad, 1 - self.alpha)
            var = (s - m * m).clamp(min=0)
            p -= self.lr * p.grad / (var.sqrt() + self.eps)


class Unknown4(Optimizer):  # a running maximum that fades, not an average
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        s = torch.maximum(self.alpha * state.get("s", torch.zeros_like(param)), grad**2)
        state["s"] = s
        param -= self.lr * grad / (s.sqrt() + self.eps)


class Unknown5(Optimizer):  # multiplies by the root in place of dividing by it
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        state["s"] = self.alpha * state.get("s", 0) + (1 - self.alpha) * grad**2
        param -= self.lr * grad * (state["s"].sqrt() + self.eps)


class Unknown6:  # momentum of 0.9 on top of the scaled gradient
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params, self.lr, self.alpha, self.eps = list(params), lr, alpha, eps
        self.s = [torch.zeros_like(p.data) for p in self.params]
        self.b = [torch.zeros_like(p.data) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p, s, b in zip(self.params, self.s, self.b):
            if p.grad is None:
                continue
            s.mul_(self.alpha).addcmul_(p.grad, p.grad, value=1 - self.alpha)
            b.mul_(0.9).addcdiv_(p.grad, s.sqrt() + self.eps)
            p.add_(b, alpha=-self.lr)


class Unknown7(Optimizer):  # g is replaced by an average of g (Adam without correction)
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        m = state["m"] = self.alpha * state.get("m", 0) + (1 - self.alpha) * grad
        s = state["s"] = self.alpha * state.get("s", 0) + (1 - self.alpha) * grad**2
        param -= self.lr * m / (s.sqrt() + self.eps)


class Unknown8(Optimizer):  # divides by the size of the averaged g: the square is taken of the average
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        m = state["m"] = self.alpha * state.get("m", torch.zeros_like(grad)) + (1 - self.alpha) * grad
        param -= self.lr * grad / ((m**2).sqrt() + self.eps)


class Unknown9(Optimizer):  # the weight 1 - alpha is squared too: ((1 - alpha) g)^2
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        s = state.setdefault("s", torch.zeros_like(param))
        s.mul_(self.alpha).add_(((1 - self.alpha) * grad) ** 2)
        param.sub_(self.lr * grad / (s.sqrt() + self.eps))


class Unknown10(Optimizer):  # the root is stored as the next step's average
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        s = state.setdefault("s", torch.zeros_like(param))
        s.mul_(self.alpha).addcmul_(grad, grad, value=1 - self.alpha)
        param.sub_(self.lr * grad / s.sqrt_().add(self.eps))


class Unknown11(Optimizer):  # the larger of root and eps, not their sum
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha, self.eps = alpha, eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        state["s"] = self.alpha * state.get("s", 0) + (1 - self.alpha) * grad**2
        param -= self.lr * grad / state["s"].sqrt().clamp(min=self.eps)


# ---------------------------------------------------------------- right


class Right1(Optimizer):
    """torch's own, asked for one step"""

    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.inner = torch.optim.RMSprop(self.params, lr=lr, alpha=alpha, eps=eps)

    def step(self):
        for group in self.inner.param_groups:
            group.update(lr=self.lr)
        self.inner.step()


class Right2(Optimizer):
    """remembers the root, not the mean square"""

    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param, grad, state):
        old = state.get("rms", torch.zeros_like(param))
        rms = torch.hypot(math.sqrt(self.alpha) * old, math.sqrt(1 - self.alpha) * grad)
        state["rms"] = rms
        param.copy_(param - self.lr * (grad / (rms + self.eps)))


class Right3:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = list(params)
        self.lr = lr
        self.settings = dict(alpha=alpha, eps=eps)
        self.s = {id(p): np.zeros(tuple(p.shape)) for p in self.params}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        a, eps = self.settings["alpha"], self.settings["eps"]
        for p in self.params:
            if p.grad is None:
                continue
            g = p.grad.detach().cpu().numpy().astype("float64")
            s = self.s[id(p)]
            s += (1 - a) * (g * g - s)
            step = np.asarray(self.lr * g / (np.sqrt(s) + eps))
            p.data.copy_(p.data.double().cpu() - torch.from_numpy(step))


class Right4(Optimizer):
    """remembers s / (1 - alpha), the faded sum, and puts the factor back under the root"""

    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.sums = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, total in zip(self.params, self.sums):
            if p.grad is not None:
                total.mul_(self.alpha).addcmul_(p.grad, p.grad)
                denominator = total.mul(1 - self.alpha).sqrt_().add_(self.eps)
                p.addcdiv_(p.grad, denominator, value=-self.lr)


class Right5(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.s = [torch.zeros_like(p.data) for p in self.params]

    @torch.no_grad()
    def step(self):
        live = [(p, p.grad, s) for p, s in zip(self.params, self.s) if p.grad is not None]
        if not live:
            return
        ps, gs, ss = (list(column) for column in zip(*live))
        torch._foreach_mul_(ss, self.alpha)
        torch._foreach_addcmul_(ss, gs, gs, value=1 - self.alpha)
        roots = torch._foreach_sqrt(ss)
        torch._foreach_add_(roots, self.eps)
        torch._foreach_addcdiv_(ps, gs, roots, value=-self.lr)
