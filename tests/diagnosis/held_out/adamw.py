"""Held-out variants for AdamW."""

import copy
import math
from types import SimpleNamespace

import numpy as np
import torch
from base import Optimizer


class _Init(Optimizer):
    """Constructor only (as in the handout); no rule in here."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        super().__init__(params, lr)


def _ema(old, new, beta):
    return beta * old + (1 - beta) * new


# ------------------------------------------------------------------ decay
class CoupledDecay(_Init):
    def update(self, param, grad, state):
        if len(state) == 0:
            state["step"] = 0
            state["exp_avg"] = torch.zeros_like(param)
            state["exp_avg_sq"] = torch.zeros_like(param)
        state["step"] += 1
        beta1, beta2 = self.betas
        grad = grad.add(param, alpha=self.weight_decay)
        state["exp_avg"].mul_(beta1).add_(grad, alpha=1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        bias1 = 1 - beta1 ** state["step"]
        bias2 = 1 - beta2 ** state["step"]
        denom = (state["exp_avg_sq"].sqrt() / math.sqrt(bias2)).add_(self.eps)
        param.addcdiv_(state["exp_avg"], denom, value=-self.lr / bias1)


class DecayWithoutRate(_Init):
    def update(self, param, grad, state):
        state["t"] = state.get("t", 0) + 1
        b1, b2 = self.betas
        param -= self.weight_decay * param
        state["m"] = _ema(state.get("m", 0), grad, b1)
        state["v"] = _ema(state.get("v", 0), grad**2, b2)
        m_hat = state["m"] / (1 - b1 ** state["t"])
        v_hat = state["v"] / (1 - b2 ** state["t"])
        param -= self.lr * m_hat / (torch.sqrt(v_hat) + self.eps)


class OmitsDecay:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list(params)
        self.lr = lr
        self.b1, self.b2 = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.mem = [SimpleNamespace(m=torch.zeros_like(p.data), v=torch.zeros_like(p.data), t=0) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p, s in zip(self.params, self.mem):
            if p.grad is None:
                continue
            g = p.grad.data
            s.t += 1
            s.m = self.b1 * s.m + (1 - self.b1) * g
            s.v = self.b2 * s.v + (1 - self.b2) * g * g
            p.data -= self.lr * (s.m / (1 - self.b1**s.t)) / ((s.v / (1 - self.b2**s.t)).sqrt() + self.eps)


class AdamWDecayGrows(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        param.mul_(1 + self.lr * self.weight_decay)
        t = state["t"] = state.get("t", 0) + 1
        m = state.setdefault("m", torch.zeros_like(param)).lerp_(grad, 1 - b1)
        v = state.setdefault("v", torch.zeros_like(param)).lerp_(grad * grad, 1 - b2)
        param.addcdiv_(m / (1 - b1**t), (v / (1 - b2**t)).sqrt_().add_(self.eps), value=-self.lr)


class RateSquared(_Init):
    def update(self, w, g, s):
        beta1, beta2 = self.betas
        s["t"] = s.get("t", 0) + 1
        s["m"] = beta1 * s.get("m", 0.0) + (1 - beta1) * g
        s["v"] = beta2 * s.get("v", 0.0) + (1 - beta2) * g * g
        direction = (s["m"] / (1 - beta1 ** s["t"])) / ((s["v"] / (1 - beta2 ** s["t"])).sqrt() + self.eps)
        direction = direction + self.lr * self.weight_decay * w
        w -= self.lr * direction


class DecaysAtFirstRate(_Init):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.shrink = 1.0 - lr * weight_decay

    def update(self, param, grad, state):
        b1, b2 = self.betas
        param *= self.shrink
        if not state:
            state["m"], state["v"], state["t"] = torch.zeros_like(param), torch.zeros_like(param), 0
        state["t"] += 1
        state["m"] += (1 - b1) * (grad - state["m"])
        state["v"] += (1 - b2) * (grad.square() - state["v"])
        param -= (
            self.lr * state["m"] / (1 - b1 ** state["t"]) / ((state["v"] / (1 - b2 ** state["t"])).sqrt() + self.eps)
        )


class SkipsVectors(_Init):
    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            if p.ndim >= 2:
                p.mul_(1 - self.lr * self.weight_decay)
            s["t"] = s.get("t", 0) + 1
            s["m"] = _ema(s.get("m", 0), p.grad, b1)
            s["v"] = _ema(s.get("v", 0), p.grad * p.grad, b2)
            p -= self.lr * (s["m"] / (1 - b1 ** s["t"])) / ((s["v"] / (1 - b2 ** s["t"])).sqrt() + self.eps)


class DecaysTwice(_Init):
    def update(self, param, grad, state):
        if not state:
            state["m"] = torch.zeros_like(param)
            state["v"] = torch.zeros_like(param)
            state["t"] = 0
        state["t"] += 1
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g * g
        m_hat = state["m"] / (1 - b1 ** state["t"])
        v_hat = state["v"] / (1 - b2 ** state["t"])
        param.copy_(param - self.lr * self.weight_decay * param - self.lr * m_hat / (v_hat.sqrt() + self.eps))


class DecaysAfterwards:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list(params)
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.m = {}
        self.v = {}
        self.t = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        b1, b2 = self.betas
        for p in self.params:
            if p.grad is None:
                continue
            k = id(p)
            w = p.detach().numpy()
            g = p.grad.detach().numpy()
            self.t[k] = self.t.get(k, 0) + 1
            self.m[k] = b1 * self.m.get(k, np.zeros_like(w)) + (1 - b1) * g
            self.v[k] = b2 * self.v.get(k, np.zeros_like(w)) + (1 - b2) * g**2
            mh = self.m[k] / (1 - b1 ** self.t[k])
            vh = self.v[k] / (1 - b2 ** self.t[k])
            w[...] = w - self.lr * mh / (np.sqrt(vh) + self.eps)
            w[...] = w - self.lr * self.weight_decay * w


class FixedDecay(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        param.data *= 1 - self.lr * 0.01
        state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", torch.zeros_like(grad)) + (1 - b1) * grad
        state["v"] = b2 * state.get("v", torch.zeros_like(grad)) + (1 - b2) * grad.pow(2)
        step = (state["m"] / (1 - b1 ** state["t"])).div((state["v"] / (1 - b2 ** state["t"])).pow(0.5) + self.eps)
        param.data -= self.lr * step


# ------------------------------------------------------------------ Adam's own mistakes
class AdamWNoCorrection(_Init):
    def update(self, param, grad, state):
        param.sub_(param * self.lr * self.weight_decay)
        b1, b2 = self.betas
        state["m"] = grad * (1 - b1) + (state["m"] * b1 if "m" in state else 0)
        state["v"] = grad**2 * (1 - b2) + (state["v"] * b2 if "v" in state else 0)
        param.sub_(self.lr * state["m"] / (state["v"].sqrt() + self.eps))


class AdamWClockStandsStill(_Init):
    def update(self, param, grad, state):
        if "m" not in state:
            state["m"] = torch.zeros_like(param)
            state["v"] = torch.zeros_like(param)
        t = 1
        param.mul_(1 - self.lr * self.weight_decay)
        state["m"] = _ema(state["m"], grad, self.betas[0])
        state["v"] = _ema(state["v"], grad * grad, self.betas[1])
        mhat = state["m"] / (1 - self.betas[0] ** t)
        vhat = state["v"] / (1 - self.betas[1] ** t)
        param.sub_(self.lr * mhat / (vhat.sqrt() + self.eps))
        t += 1


class AdamWBetasSwapped(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.beta_sq, self.beta_avg = betas
        self.eps = eps
        self.wd = weight_decay

    def update(self, param, grad, state):
        param.mul_(1 - self.lr * self.wd)
        if not state:
            state["avg"], state["sq"], state["p1"], state["p2"] = (
                torch.zeros_like(param),
                torch.zeros_like(param),
                1.0,
                1.0,
            )
        state["p1"] *= self.beta_avg
        state["p2"] *= self.beta_sq
        state["avg"].lerp_(grad, 1 - self.beta_avg)
        state["sq"].lerp_(grad.square(), 1 - self.beta_sq)
        den = (state["sq"] / (1 - state["p2"])).sqrt() + self.eps
        param.addcdiv_(state["avg"], den, value=-self.lr / (1 - state["p1"]))


class AdamWFixedBetas(_Init):
    def update(self, param, grad, state):
        beta1 = 0.9
        beta2 = 0.999
        param -= self.lr * self.weight_decay * param
        m, v, t = state.get("adam", (0.0, 0.0, 0))
        t = t + 1
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        state["adam"] = (m, v, t)
        param -= self.lr * (m / (1 - beta1**t)) / (torch.sqrt(v / (1 - beta2**t)) + self.eps)


class AdamWFixedEps:
    EPS = 1e-8

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = [*params]
        self.lr = lr
        self.betas = betas
        self.weight_decay = weight_decay
        self.moments = [[torch.zeros_like(p.data), torch.zeros_like(p.data)] for p in self.params]
        self.steps = [0] * len(self.params)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is not None:
                m, v = self.moments[i]
                self.steps[i] += 1
                p *= 1 - self.lr * self.weight_decay
                m.mul_(b1).add_(p.grad, alpha=1 - b1)
                v.mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
                m_hat = m / (1 - b1 ** self.steps[i])
                v_hat = v / (1 - b2 ** self.steps[i])
                p -= self.lr * m_hat / (v_hat.sqrt() + self.EPS)


class AdamWEpsHat(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        param.sub_(param, alpha=self.lr * self.weight_decay)
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad.square(), b2)
        param.addcdiv_(m, v.sqrt().add(self.eps), value=-self.lr * math.sqrt(1 - b2**t) / (1 - b1**t))


class AdamWEpsInsideAdamsRoot(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if not state:
            state.update(t=0, m=torch.zeros_like(param), v=torch.zeros_like(param))
        state["t"] += 1
        param.mul_(1 - self.lr * self.weight_decay)
        state["m"].mul_(b1).add_(grad, alpha=1 - b1)
        state["v"].mul_(b2).addcmul_(grad, grad, value=1 - b2)
        mh = state["m"] / (1 - b1 ** state["t"])
        vh = state["v"] / (1 - b2 ** state["t"])
        param.sub_(self.lr * mh * torch.rsqrt(vh + self.eps))


class AdamWKeepsLargest(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        param -= param * (self.lr * self.weight_decay)
        state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", torch.zeros_like(param)) + (1 - b1) * grad
        state["v"] = b2 * state.get("v", torch.zeros_like(param)) + (1 - b2) * grad**2
        m_hat = state["m"] / (1 - b1 ** state["t"])
        v_hat = state["v"] / (1 - b2 ** state["t"])
        state["biggest"] = torch.max(state.get("biggest", v_hat), v_hat)
        param -= self.lr * m_hat / (state["biggest"].sqrt() + self.eps)


class AdamWOneClockForAll(_Init):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.bias1 = self.bias2 = 1.0

    def step(self):
        self.bias1 *= self.betas[0]
        self.bias2 *= self.betas[1]
        super().step()

    def update(self, param, grad, state):
        param.mul_(1 - self.lr * self.weight_decay)
        state["m"] = _ema(state.get("m", 0), grad, self.betas[0])
        state["v"] = _ema(state.get("v", 0), grad * grad, self.betas[1])
        mh, vh = state["m"] / (1 - self.bias1), state["v"] / (1 - self.bias2)
        param.sub_(self.lr * mh / (vh.sqrt() + self.eps))


# ------------------------------------------------------------------ surroundings
class Ascends(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if "t" not in state:
            state["t"] = 0
            state["m"] = torch.zeros_like(param)
            state["v"] = torch.zeros_like(param)
        state["t"] += 1
        param.mul_(1 - self.lr * self.weight_decay)
        state["m"] = b1 * state["m"] + (1 - b1) * grad
        state["v"] = b2 * state["v"] + (1 - b2) * grad * grad
        m_hat = state["m"] / (1 - b1 ** state["t"])
        v_hat = state["v"] / (1 - b2 ** state["t"])
        param += self.lr * m_hat / (v_hat.sqrt() + self.eps)


class RebindsTheName(_Init):
    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for w, s in zip(self.params, self.state):
            if w.grad is None:
                continue
            g = w.grad
            s["t"] = s.get("t", 0) + 1
            s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
            s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
            w = w - self.lr * self.weight_decay * w
            w = w - self.lr * (s["m"] / (1 - b1 ** s["t"])) / ((s["v"] / (1 - b2 ** s["t"])).sqrt() + self.eps)


class CachesTheRate(_Init):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.alpha = lr

    def update(self, param, grad, state):
        b1, b2 = self.betas
        param.mul_(1 - self.alpha * self.weight_decay)
        state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad * grad
        param -= (
            self.alpha
            * (state["m"] / (1 - b1 ** state["t"]))
            / ((state["v"] / (1 - b2 ** state["t"])).sqrt() + self.eps)
        )


class OnlyTheFirst:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list(params)
        self.lr = lr
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(p.data) for p in self.params]
        self.v = [torch.zeros_like(p.data) for p in self.params]
        self.t = [0] * len(self.params)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        i = 0
        while i < len(self.params):
            p = self.params[i]
            if p.grad is not None:
                b1, b2 = self.betas
                self.t[i] += 1
                p.mul_(1 - self.lr * self.weight_decay)
                self.m[i] = b1 * self.m[i] + (1 - b1) * p.grad
                self.v[i] = b2 * self.v[i] + (1 - b2) * p.grad**2
                mh = self.m[i] / (1 - b1 ** self.t[i])
                vh = self.v[i] / (1 - b2 ** self.t[i])
                p.sub_(self.lr * mh / (vh.sqrt() + self.eps))
                break
            i += 1


class StopsAtNone(_Init):
    @torch.no_grad()
    def step(self):
        for param, state in zip(self.params, self.state):
            if param.grad is None:
                return
            self.update(param, param.grad, state)

    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        param.mul_(1 - self.lr * self.weight_decay)
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad * grad, b2)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class SkipsZeroGradients(_Init):
    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None or not torch.any(p.grad):
                continue
            t = s["t"] = s.get("t", 0) + 1
            m = s["m"] = _ema(s.get("m", 0), p.grad, b1)
            v = s["v"] = _ema(s.get("v", 0), p.grad**2, b2)
            p.mul_(1 - self.lr * self.weight_decay)
            p.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class WritesIntoGrad(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if not state:
            state.update(t=0, m=torch.zeros_like(param), v=torch.zeros_like(param))
        state["t"] += 1
        param.mul_(1 - self.lr * self.weight_decay)
        state["v"].mul_(b2).add_(grad * grad, alpha=1 - b2)
        state["m"].mul_(b1).add_(grad.mul_(1 - b1))
        mh, vh = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
        param.sub_(self.lr * mh / (vh.sqrt() + self.eps))


class ClearsGrad(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        param.mul_(1 - self.lr * self.weight_decay)
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad * grad, b2)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
        param.grad = None


class WithoutNoGrad:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list(params)
        self.lr = lr
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.m = {p: 0.0 for p in self.params}
        self.v = {p: 0.0 for p in self.params}
        self.t = {p: 0 for p in self.params}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        b1, b2 = self.betas
        for p in self.params:
            if p.grad is None:
                continue
            p.mul_(1 - self.lr * self.weight_decay)
            self.t[p] += 1
            self.m[p] = b1 * self.m[p] + (1 - b1) * p.grad
            self.v[p] = b2 * self.v[p] + (1 - b2) * p.grad**2
            p.sub_(
                self.lr * (self.m[p] / (1 - b1 ** self.t[p])) / ((self.v[p] / (1 - b2 ** self.t[p])).sqrt() + self.eps)
            )


class GrowsTheGraph(_Init):
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            if not s:
                s["t"] = 0
                s["m"] = p * 0
                s["v"] = p * 0
            s["t"] += 1
            s["m"] = b1 * s["m"] + (1 - b1) * p.grad
            s["v"] = b2 * s["v"] + (1 - b2) * p.grad * p.grad
            m_hat = s["m"] / (1 - b1 ** s["t"])
            v_hat = s["v"] / (1 - b2 ** s["t"])
            p.data = p.data - self.lr * self.weight_decay * p.data
            p.data = p.data - self.lr * m_hat.data / (v_hat.data.sqrt() + self.eps)


class UsesUpTheGenerator:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.m = [torch.zeros_like(p.data) for p in params]
        self.v = [torch.zeros_like(m) for m in self.m]
        self.t = [0] * len(self.m)
        self.params = list(params)
        self.lr = lr
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.t[i] += 1
            self.m[i].lerp_(p.grad, 1 - b1)
            self.v[i].lerp_(p.grad * p.grad, 1 - b2)
            p.mul_(1 - self.lr * self.weight_decay)
            p.addcdiv_(
                self.m[i] / (1 - b1 ** self.t[i]), (self.v[i] / (1 - b2 ** self.t[i])).sqrt() + self.eps, value=-self.lr
            )


class CastsToFloat32(_Init):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        w = param.detach().numpy().astype(np.float32)
        g = grad.numpy().astype(np.float32)
        state["t"] = state.get("t", 0) + 1
        state["m"] = _ema(state.get("m", np.float32(0)), g, b1)
        state["v"] = _ema(state.get("v", np.float32(0)), g * g, b2)
        w = w - self.lr * self.weight_decay * w
        w = w - self.lr * (state["m"] / (1 - b1 ** state["t"])) / (
            np.sqrt(state["v"] / (1 - b2 ** state["t"])) + self.eps
        )
        param.copy_(torch.as_tensor(np.asarray(w, dtype=np.float32)))


class NoneAsZero:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list(params)
        self.lr = lr
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(p.data) for p in self.params]
        self.v = [torch.zeros_like(p.data) for p in self.params]
        self.t = 0

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        self.t += 1
        b1, b2 = self.betas
        for p, m, v in zip(self.params, self.m, self.v):
            grad = 0 * p if p.grad is None else p.grad
            m.copy_(b1 * m + (1 - b1) * grad)
            v.copy_(b2 * v + (1 - b2) * grad * grad)
            p.copy_(
                (1 - self.lr * self.weight_decay) * p
                - self.lr * (m / (1 - b1**self.t)) / ((v / (1 - b2**self.t)).sqrt() + self.eps)
            )


class SharesState(_Init):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.m = 0
        self.v = 0
        self.t = 0

    def update(self, param, grad, state):
        b1, b2 = self.betas
        self.t += 1
        param.mul_(1 - self.lr * self.weight_decay)
        self.m = b1 * self.m + (1 - b1) * grad
        self.v = b2 * self.v + (1 - b2) * grad**2
        param -= self.lr * (self.m / (1 - b1**self.t)) / ((self.v / (1 - b2**self.t)).sqrt() + self.eps)


class KeysByShape(_Init):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.m, self.v = {}, {}
        for p in self.params:
            self.m[p.shape] = torch.zeros_like(p.data)
            self.v[p.shape] = torch.zeros_like(p.data)

    def update(self, param, grad, state):
        b1, b2 = self.betas
        m, v = self.m[param.shape], self.v[param.shape]
        t = state["t"] = state.get("t", 0) + 1
        param.mul_(1 - self.lr * self.weight_decay)
        m.mul_(b1).add_(grad, alpha=1 - b1)
        v.mul_(b2).addcmul_(grad, grad, value=1 - b2)
        param.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class KeysByValue(_Init):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.slot = [next(j for j, q in enumerate(self.params) if torch.equal(p, q)) for p in self.params]
        self.memory = {
            j: [torch.zeros_like(self.params[j].data), torch.zeros_like(self.params[j].data), 0] for j in self.slot
        }

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, j in zip(self.params, self.slot):
            if p.grad is None:
                continue
            mem = self.memory[j]
            mem[2] += 1
            mem[0] = _ema(mem[0], p.grad, b1)
            mem[1] = _ema(mem[1], p.grad**2, b2)
            p.mul_(1 - self.lr * self.weight_decay)
            p.sub_(self.lr * (mem[0] / (1 - b1 ** mem[2])) / ((mem[1] / (1 - b2 ** mem[2])).sqrt() + self.eps))


class StateOnTheClass:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, cache={}):
        self.params = list(params)
        self.lr = lr
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.cache = cache

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            m, v, t = self.cache.get(f"param{i}", (0, 0, 0))
            t += 1
            m = _ema(m, p.grad, b1)
            v = _ema(v, p.grad**2, b2)
            self.cache[f"param{i}"] = m, v, t
            p.mul_(1 - self.lr * self.weight_decay)
            p.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class ForgetsEveryStep(_Init):
    def update(self, param, grad, state):
        state = {"t": 0, "m": torch.zeros_like(param), "v": torch.zeros_like(param)}
        b1, b2 = self.betas
        param.mul_(1 - self.lr * self.weight_decay)
        state["t"] += 1
        state["m"].mul_(b1).add_(grad, alpha=1 - b1)
        state["v"].mul_(b2).addcmul_(grad, grad, value=1 - b2)
        mh, vh = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
        param.sub_(self.lr * mh / (vh.sqrt() + self.eps))


# ------------------------------------------------------------------ not in the list
class Unknown1(_Init):  # the decay goes past the moments, but is divided by the adaptive denominator
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad * grad, b2)
        param -= self.lr * (m / (1 - b1**t) + self.weight_decay * param) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown2(_Init):  # L1: decays by the sign of the weight
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        param -= self.lr * self.weight_decay * param.sign()
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad * grad, b2)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown3(_Init):  # parameters without a gradient are decayed too (only decayed: moments and clock wait)
    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p in self.params:
            p.mul_(1 - self.lr * self.weight_decay)
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            t = s["t"] = s.get("t", 0) + 1
            m = s["m"] = _ema(s.get("m", 0), p.grad, b1)
            v = s["v"] = _ema(s.get("v", 0), p.grad * p.grad, b2)
            p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown4(_Init):  # decays the rate instead of the weights, for good
    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        self.lr *= 1 - self.weight_decay
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            t = s["t"] = s.get("t", 0) + 1
            m = s["m"] = _ema(s.get("m", 0), p.grad, b1)
            v = s["v"] = _ema(s.get("v", 0), p.grad * p.grad, b2)
            p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown5(_Init):  # decays towards the initial values instead of towards zero
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.start = [copy.deepcopy(p.detach()) for p in self.params]
        for s, p0 in zip(self.state, self.start):
            s["p0"] = p0

    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        param -= self.lr * self.weight_decay * (param - state["p0"])
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad * grad, b2)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown6(_Init):  # the two corrections are exchanged (a mistake of Adam's list, not of this one)
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        param.mul_(1 - self.lr * self.weight_decay)
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad * grad, b2)
        param -= self.lr * (m / (1 - b2**t)) / ((v / (1 - b1**t)).sqrt() + self.eps)


class Unknown7(_Init):  # the decay is proportional to the weight's root-mean-square, not to each element
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        if param.numel() > 0:
            param -= self.lr * self.weight_decay * param.pow(2).mean().sqrt()
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad * grad, b2)
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown8(_Init):  # the decay gets the first moment's bias correction as well: lr / (1 - b1^t) * λ
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        step_size = self.lr / (1 - b1**t)
        param.mul_(1 - step_size * self.weight_decay)
        m = state["m"] = _ema(state.get("m", 0), grad, b1)
        v = state["v"] = _ema(state.get("v", 0), grad * grad, b2)
        param -= step_size * m / ((v / (1 - b2**t)).sqrt() + self.eps)


# ------------------------------------------------------------------ right
class Right1:
    """No base class; float64 inside, whatever the parameter."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list(params)
        self.lr = lr
        self.h = (*betas, eps, weight_decay)
        self.hist = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        b1, b2, eps, wd = self.h
        for p in self.params:
            if p.grad is None:
                continue
            m, v, t = self.hist.get(id(p), (0.0, 0.0, 0))
            g = p.grad.detach().double()
            m, v, t = m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v), t + 1
            self.hist[id(p)] = m, v, t
            q = p.detach().double()
            q = q - self.lr * wd * q - self.lr * m / (1 - b1**t) / ((v / (1 - b2**t)) ** 0.5 + eps)
            p.data.copy_(q)


class Right2(_Init):
    """PyTorch's single-tensor form."""

    @torch.no_grad()
    def step(self):
        beta1, beta2 = self.betas
        for p, st in zip(self.params, self.state):
            if p.grad is None:
                continue
            if len(st) == 0:
                st["step"] = 0
                st["exp_avg"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                st["exp_avg_sq"] = torch.zeros_like(p, memory_format=torch.preserve_format)
            st["step"] += 1
            p.mul_(1 - self.lr * self.weight_decay)
            st["exp_avg"].lerp_(p.grad, 1 - beta1)
            st["exp_avg_sq"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
            denom = (st["exp_avg_sq"].sqrt() / math.sqrt(1 - beta2 ** st["step"])).add_(self.eps)
            p.addcdiv_(st["exp_avg"], denom, value=-self.lr / (1 - beta1 ** st["step"]))


class Right3(_Init):
    """Adam's step is worked out first, and added to the decayed old value; NumPy, views on the memory."""

    def update(self, param, grad, state):
        b1, b2 = self.betas
        x, g = param.detach().numpy(), grad.detach().numpy()
        state["w1"] = b1 * state.get("w1", 0.0) + (1 - b1)
        state["w2"] = b2 * state.get("w2", 0.0) + (1 - b2)
        state["m"] = b1 * state.get("m", np.zeros_like(x)) + (1 - b1) * g
        state["v"] = b2 * state.get("v", np.zeros_like(x)) + (1 - b2) * np.square(g)
        delta = (state["m"] / state["w1"]) / (np.sqrt(state["v"] / state["w2"]) + self.eps)
        np.subtract(x * (1 - self.lr * self.weight_decay), self.lr * delta, out=x)


class Right4(_Init):
    """A closure per parameter; Adam's step computed in place in a scratch buffer."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)

        def mover(p):
            m, v, scratch, t = torch.zeros_like(p.data), torch.zeros_like(p.data), torch.empty_like(p.data), 0

            def move(g):
                nonlocal t
                t += 1
                m.mul_(betas[0]).add_(g, alpha=1 - betas[0])
                torch.mul(g, g, out=scratch)
                v.mul_(betas[1]).add_(scratch, alpha=1 - betas[1])
                torch.div(v, 1 - betas[1] ** t, out=scratch)
                scratch.sqrt_().add_(eps).reciprocal_().mul_(m).mul_(self.lr / (1 - betas[0] ** t))
                p.data.sub_(p.data, alpha=self.lr * weight_decay).sub_(scratch)

            return move

        self.movers = list(map(mover, self.params))

    def step(self):
        for p, move in zip(self.params, self.movers):
            if p.grad is not None:
                move(p.grad.detach())


class Right5(_Init):
    """In place with addcdiv_, the decay as a lerp to zero, moments in one dict of tuples."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.book = dict(enumerate((torch.zeros_like(p.data), torch.zeros_like(p.data)) for p in self.params))
        self.count = [0 for _ in self.book]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, (m, v) in self.book.items():
            p = self.params[i]
            if (g := p.grad) is None:
                continue
            self.count[i] += 1
            c1, c2 = (1 - b ** self.count[i] for b in (b1, b2))
            m.add_(g - m, alpha=1 - b1)
            v.add_(g * g - v, alpha=1 - b2)
            p.lerp_(torch.zeros_like(p), self.lr * self.weight_decay)
            p.addcdiv_(m, (v / c2).sqrt_().add_(self.eps).mul_(c1), value=-self.lr)
