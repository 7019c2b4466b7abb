import numpy as np
import torch
from base import Optimizer


class _Args(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)


class NoRoot(_Args):
    def update(self, param, grad, state):
        sq = state.setdefault("sq", torch.zeros_like(param))
        sq.mul_(self.alpha).addcmul_(grad, grad, value=1 - self.alpha)
        param.addcdiv_(grad, sq + self.eps, value=-self.lr)


class AlphaSwapped(_Args):
    def update(self, param, grad, state):
        s = state.get("s", torch.zeros_like(grad))
        s = torch.lerp(s, grad**2, self.alpha)
        state["s"] = s
        param -= self.lr * grad / (s.sqrt() + self.eps)


class NotSquared(_Args):
    def update(self, param, grad, state):
        state["s"] = self.alpha * state.get("s", 0) + (1 - self.alpha) * grad.abs()
        param.sub_(self.lr * grad / (state["s"].sqrt() + self.eps))


class StartsAtOne:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = list(params)
        self.lr, self.alpha, self.eps = lr, alpha, eps
        self.cache = [torch.ones_like(p.detach()) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p, c in zip(self.params, self.cache):
            if p.grad is not None:
                c.copy_(self.alpha * c + (1 - self.alpha) * p.grad.square())
                p -= self.lr * p.grad / (c.sqrt() + self.eps)


class UsesOldAverage(_Args):
    def update(self, param, grad, state):
        if "s" not in state:
            state["s"] = torch.zeros_like(param)
        param.copy_(param - self.lr * grad / (state["s"].sqrt() + self.eps))
        state["s"] = self.alpha * state["s"] + (1 - self.alpha) * grad * grad


class CorrectsBias(_Args):
    def update(self, param, grad, state):
        state["t"] = state.get("t", 0) + 1
        s = state.get("s", 0) * self.alpha + (1 - self.alpha) * grad**2
        state["s"] = s
        s_hat = s / (1 - self.alpha ** state["t"])
        param -= self.lr * grad / (torch.sqrt(s_hat) + self.eps)


class NoEps(_Args):
    def update(self, param, grad, state):
        s = state.setdefault("s", torch.zeros_like(param))
        s.mul_(self.alpha).add_((1 - self.alpha) * grad.pow(2))
        param.sub_(grad / s.sqrt(), alpha=self.lr)


class EpsInsideRoot(_Args):
    def step(self):
        for p, st in zip(self.params, self.state):
            if p.grad is None:
                continue
            g = p.grad.data
            st["ms"] = self.alpha * st.get("ms", torch.zeros_like(g)) + (1 - self.alpha) * g * g
            p.data -= self.lr * g * torch.rsqrt(st["ms"] + self.eps)


class SumsWholeSquares(_Args):
    def update(self, param, grad, state):
        acc = state.get("acc", torch.zeros_like(grad))
        acc += grad * grad
        state["acc"] = acc
        param -= self.lr / (acc**0.5 + self.eps) * grad


class Ascends(_Args):
    def update(self, param, grad, state):
        w, g = param.detach().cpu().numpy(), grad.detach().cpu().numpy()
        state["s"] = self.alpha * state.get("s", np.zeros_like(g)) + (1 - self.alpha) * np.square(g)
        new = w + self.lr * g / (np.sqrt(state["s"]) + self.eps)
        param.copy_(torch.as_tensor(np.asarray(new)))


class CachesTheRate(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.hyper = (lr, alpha, eps)

    def update(self, param, grad, state):
        lr, alpha, eps = self.hyper
        s = state.setdefault("s", torch.zeros_like(param))
        s.mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
        param.addcdiv_(grad, s.sqrt().add_(eps), value=-lr)


class SharesState(_Args):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr, alpha, eps)
        self.s = 0.0

    def update(self, param, grad, state):
        self.s = self.alpha * self.s + (1 - self.alpha) * grad**2
        param.sub_(self.lr * grad / (self.s.sqrt() + self.eps))


class KeysByCurrentValue(_Args):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr, alpha, eps)
        self.square = [torch.zeros_like(p.data) for p in self.params]

    def index(self, param):
        for i, other in enumerate(self.params):
            if other.shape == param.shape and bool((other == param).all()):
                return i

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            s = self.square[self.index(p)]
            s.mul_(self.alpha).add_(p.grad**2, alpha=1 - self.alpha)
            p -= self.lr * p.grad / (s.sqrt() + self.eps)


class StopsAtNone(_Args):
    @torch.no_grad()
    def step(self):
        for i in range(len(self.params)):
            p, st = self.params[i], self.state[i]
            if p.grad is None:
                break
            st["s"] = st.get("s", 0) * self.alpha + p.grad**2 * (1 - self.alpha)
            p -= self.lr * p.grad / (st["s"] ** 0.5 + self.eps)


class WritesIntoGrad(_Args):
    def update(self, param, grad, state):
        s = state.setdefault("s", torch.zeros_like(param))
        s.mul_(self.alpha).addcmul_(grad, grad, value=1 - self.alpha)
        param.sub_(grad.div_(s.sqrt().add_(self.eps)), alpha=self.lr)


class WithoutNoGrad(_Args):
    def step(self):
        for p, st in zip(self.params, self.state):
            if p.grad is None:
                continue
            st["s"] = self.alpha * st.get("s", 0) + (1 - self.alpha) * p.grad**2
            p -= self.lr * p.grad / (torch.sqrt(st["s"]) + self.eps)


class KeepsTheGenerator:
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = params
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.s = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            self.s[p] = self.alpha * self.s.get(p, 0) + (1 - self.alpha) * p.grad**2
            p.sub_(self.lr * p.grad / (self.s[p].sqrt() + self.eps))


class Unknown1(_Args):  # the average starts at the first square instead of at zero
    def update(self, param, grad, state):
        if "s" in state:
            state["s"] = self.alpha * state["s"] + (1 - self.alpha) * grad**2
        else:
            state["s"] = grad**2
        param -= self.lr * grad / (state["s"].sqrt() + self.eps)


class Unknown2(_Args):  # centred: the square of the mean gradient is subtracted from the mean square
    def update(self, param, grad, state):
        if not state:
            state["s"], state["m"] = torch.zeros_like(param), torch.zeros_like(param)
        state["s"].lerp_(grad * grad, 1 - self.alpha)
        state["m"].lerp_(grad, 1 - self.alpha)
        var = (state["s"] - state["m"] ** 2).clamp(min=0)
        param.sub_(self.lr * grad / (var.sqrt() + self.eps))


class Unknown3(_Args):  # the root is stored and goes on as the average
    def update(self, param, grad, state):
        s = state.get("s", 0)
        s = (self.alpha * s + (1 - self.alpha) * grad**2).sqrt()
        state["s"] = s
        param -= self.lr * grad / (s + self.eps)


class Unknown4(_Args):  # the sum of both terms fades: s = alpha*(s + (1 - alpha)*g^2)
    def update(self, param, grad, state):
        state["s"] = self.alpha * (state.get("s", 0) + (1 - self.alpha) * grad**2)
        param -= self.lr * grad / (state["s"].sqrt() + self.eps)


class Right1:
    """keeps s/(1 - alpha), in NumPy float64, with flat arrays"""

    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        self.params = list(params)
        self.lr, self.alpha, self.eps = lr, alpha, eps
        self.sums = [np.zeros(p.numel()) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            w = p.detach().cpu().double().numpy().reshape(-1)
            g = p.grad.detach().cpu().double().numpy().reshape(-1)
            self.sums[i] = self.alpha * self.sums[i] + g * g
            rms = np.sqrt((1 - self.alpha) * self.sums[i])
            p.data.copy_(torch.as_tensor(w - self.lr * g / (rms + self.eps)).reshape(p.shape))


class Right2(_Args):
    @torch.no_grad()
    def step(self):
        live = [(p, st) for p, st in zip(self.params, self.state) if p.grad is not None]
        if not live:
            return
        ps, gs = [p for p, _ in live], [p.grad for p, _ in live]
        ss = [st.setdefault("s", torch.zeros_like(p)) for p, st in live]
        torch._foreach_mul_(ss, self.alpha)
        torch._foreach_addcmul_(ss, gs, gs, 1 - self.alpha)
        den = torch._foreach_sqrt(ss)
        torch._foreach_add_(den, self.eps)
        torch._foreach_addcdiv_(ps, gs, den, -self.lr)
