"""Held-out variants for Adam."""

import math
from collections import defaultdict

import numpy as np
import torch
from base import Optimizer


class _Cfg(Optimizer):
    """Constructor only (as in the handout); no rule in here."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        super().__init__(params, lr)


# ------------------------------------------------------------------ bias correction and clock
class NoCorrection(_Cfg):
    def update(self, param, grad, state):
        if not state:
            state["m"] = torch.zeros_like(param)
            state["v"] = torch.zeros_like(param)
        g = grad + self.weight_decay * param
        b1, b2 = self.betas
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g**2
        param -= self.lr * state["m"] / (torch.sqrt(state["v"]) + self.eps)


class CorrectsFirstOnly:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params = [p for p in params]
        self.lr = lr
        self.beta1 = betas[0]
        self.beta2 = betas[1]
        self.eps = eps
        self.wd = weight_decay
        self.m = [torch.zeros_like(p.data) for p in self.params]
        self.v = [torch.zeros_like(p.data) for p in self.params]
        self.t = [0 for _ in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for i in range(len(self.params)):
            p = self.params[i]
            if p.grad is None:
                continue
            self.t[i] = self.t[i] + 1
            g = p.grad.data + self.wd * p.data
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * g * g
            m_hat = self.m[i] / (1 - self.beta1 ** self.t[i])
            p.data = p.data - self.lr * m_hat / (self.v[i].sqrt() + self.eps)


class CorrectsSecondOnly(_Cfg):
    @torch.no_grad()
    def update(self, param, grad, state):
        beta1, beta2 = self.betas
        exp_avg = state.setdefault("exp_avg", torch.zeros_like(param))
        exp_avg_sq = state.setdefault("exp_avg_sq", torch.zeros_like(param))
        state["step"] = state.get("step", 0) + 1
        if self.weight_decay != 0:
            grad = grad.add(param, alpha=self.weight_decay)
        exp_avg.lerp_(grad, 1 - beta1)
        exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        bc2 = 1 - beta2 ** state["step"]
        denom = (exp_avg_sq.sqrt() / math.sqrt(bc2)).add_(self.eps)
        param.addcdiv_(exp_avg, denom, value=-self.lr)


class CorrectionsSwapped(_Cfg):
    def update(self, param, grad, state):
        x = param.detach().numpy()
        g = grad.detach().numpy() + self.weight_decay * x
        b1, b2 = self.betas
        n = state.get("n", 0) + 1
        m = b1 * state.get("m", np.zeros_like(x)) + (1 - b1) * g
        v = b2 * state.get("v", np.zeros_like(x)) + (1 - b2) * np.square(g)
        state.update(n=n, m=m, v=v)
        mh = m / (1 - b2**n)
        vh = v / (1 - b1**n)
        x[...] -= self.lr * mh / (np.sqrt(vh) + self.eps)


class ClockStandsStill(_Cfg):
    def update(self, param, grad, state):
        m = state.get("m", 0.0)
        v = state.get("v", 0.0)
        t = state.get("t", 0)
        t += 1  # never put back
        g = grad + self.weight_decay * param
        m = self.betas[0] * m + (1 - self.betas[0]) * g
        v = self.betas[1] * v + (1 - self.betas[1]) * g.square()
        state["m"], state["v"] = m, v
        m_hat = m / (1 - self.betas[0] ** t)
        v_hat = v / (1 - self.betas[1] ** t)
        param.copy_(param - self.lr * m_hat / (v_hat.sqrt() + self.eps))


class ClockStartsAtZero(_Cfg):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, betas, eps, weight_decay)
        for p, s in zip(self.params, self.state):
            s["t"] = 0
            s["m"] = torch.zeros_like(p, requires_grad=False)
            s["v"] = torch.zeros_like(p, requires_grad=False)

    def update(self, w, dw, s):
        b1, b2 = self.betas
        dw = dw + self.weight_decay * w
        s["m"].mul_(b1).add_(dw, alpha=1 - b1)
        s["v"].mul_(b2).add_(dw * dw, alpha=1 - b2)
        mhat = s["m"] / (1 - b1 ** s["t"])
        vhat = s["v"] / (1 - b2 ** s["t"])
        w.sub_(self.lr * mhat / (vhat.sqrt() + self.eps))
        s["t"] += 1


class ClockStartsAtTwo(_Cfg):
    def update(self, param, grad, state):
        if len(state) == 0:
            state["step"] = 1
            state["avg"] = torch.zeros_like(param)
            state["sq"] = torch.zeros_like(param)
        state["step"] += 1
        d_p = grad if self.weight_decay == 0 else grad + param * self.weight_decay
        b1, b2 = self.betas
        state["avg"] += (1 - b1) * (d_p - state["avg"])
        state["sq"] += (1 - b2) * (d_p * d_p - state["sq"])
        step_size = self.lr / (1 - b1 ** state["step"])
        root = (state["sq"] / (1 - b2 ** state["step"])) ** 0.5
        param.data.add_(-step_size * state["avg"] / (root + self.eps))


class ClockTicksPerParameter(_Cfg):
    t = 0

    def update(self, param, grad, state):
        self.t += 1
        b1, b2 = self.betas
        g = torch.add(grad, param, alpha=self.weight_decay)
        m = state["m"] = b1 * state.get("m", torch.zeros_like(g)) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", torch.zeros_like(g)) + (1 - b2) * g.pow(2)
        param -= self.lr * (m / (1 - b1**self.t)) / ((v / (1 - b2**self.t)).sqrt() + self.eps)


class OneClockForAll(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.b1, self.b2 = betas
        self.eps = eps
        self.decay = weight_decay
        self.first = {id(p): torch.zeros_like(p).detach() for p in self.params}
        self.second = {id(p): torch.zeros_like(p).detach() for p in self.params}
        self.iteration = 0

    def step(self):
        self.iteration += 1
        with torch.no_grad():
            for p in self.params:
                if p.grad is not None:
                    g = p.grad + self.decay * p
                    self.first[id(p)] = self.first[id(p)] * self.b1 + g * (1 - self.b1)
                    self.second[id(p)] = self.second[id(p)] * self.b2 + g * g * (1 - self.b2)
                    c1 = 1 - math.pow(self.b1, self.iteration)
                    c2 = 1 - math.pow(self.b2, self.iteration)
                    p -= self.lr * (self.first[id(p)] / c1) / (torch.sqrt(self.second[id(p)] / c2) + self.eps)


class StoresCorrected(_Cfg):
    def update(self, param, grad, state):
        if "t" not in state:
            state["t"] = 0
            state["m"] = torch.zeros_like(param)
            state["v"] = torch.zeros_like(param)
        state["t"] += 1
        t = state["t"]
        beta1, beta2 = self.betas
        grad = grad + self.weight_decay * param
        state["m"] = beta1 * state["m"] + (1 - beta1) * grad
        state["v"] = beta2 * state["v"] + (1 - beta2) * grad**2
        state["m"] = state["m"] / (1 - beta1**t)
        state["v"] = state["v"] / (1 - beta2**t)
        param.sub_(self.lr * state["m"] / (state["v"].sqrt() + self.eps))


# ------------------------------------------------------------------ settings
class BetasSwapped(_Cfg):
    def update(self, param, grad, state):
        beta2, beta1 = self.betas
        mu, nu, k = state.get("all", (torch.zeros_like(param), torch.zeros_like(param), 0))
        k += 1
        g = grad + self.weight_decay * param
        mu = torch.lerp(mu, g, 1 - beta1)
        nu = torch.lerp(nu, g * g, 1 - beta2)
        state["all"] = (mu, nu, k)
        param.add_(mu / (1 - beta1**k) / ((nu / (1 - beta2**k)).sqrt() + self.eps), alpha=-self.lr)


class FixedBetas:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.memory = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            if p not in self.memory:
                self.memory[p] = [torch.zeros_like(p), torch.zeros_like(p), 0]
            mem = self.memory[p]
            g = p.grad + self.weight_decay * p
            mem[0] = 0.9 * mem[0] + 0.1 * g
            mem[1] = 0.999 * mem[1] + 0.001 * g * g
            mem[2] += 1
            mhat = mem[0] / (1 - 0.9 ** mem[2])
            vhat = mem[1] / (1 - 0.999 ** mem[2])
            p -= self.lr * mhat / (vhat.sqrt() + self.eps)


class FixedEps(_Cfg):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state["m"] + (1 - b1) * g if "m" in state else (1 - b1) * g
        v = state["v"] = b2 * state["v"] + (1 - b2) * g * g if "v" in state else (1 - b2) * g * g
        denom = torch.sqrt(v / (1 - b2**t)) + 1e-8
        param.addcdiv_(m, denom, value=-self.lr / (1 - b1**t))


# ------------------------------------------------------------------ moments
class WholeGradientInFirst(_Cfg):
    def update(self, param, grad, state):
        state.setdefault("t", 0)
        state.setdefault("m", torch.zeros_like(param))
        state.setdefault("v", torch.zeros_like(param))
        state["t"] += 1
        g = grad.add(param, alpha=self.weight_decay)
        state["m"].mul_(self.betas[0]).add_(g)
        state["v"].mul_(self.betas[1]).addcmul_(g, g, value=1 - self.betas[1])
        mhat = state["m"].div(1 - self.betas[0] ** state["t"])
        vhat = state["v"].div(1 - self.betas[1] ** state["t"])
        param.sub_(mhat.div_(vhat.sqrt_().add_(self.eps)).mul_(self.lr))


class WholeSquareInSecond(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.l2 = weight_decay
        self.ms = [0] * len(self.params)
        self.vs = [0] * len(self.params)
        self.ts = [0] * len(self.params)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.l2 * p
            self.ts[i] += 1
            self.ms[i] = b1 * self.ms[i] + (1 - b1) * g
            self.vs[i] = b2 * self.vs[i] + g**2
            mh = self.ms[i] / (1 - b1 ** self.ts[i])
            vh = self.vs[i] / (1 - b2 ** self.ts[i])
            p.copy_(p - self.lr * mh / (vh**0.5 + self.eps))


class NoFirstMoment(_Cfg):
    def update(self, param, grad, state):
        beta2 = self.betas[1]
        g = grad + self.weight_decay * param
        state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g * g
        state["t"] = state.get("t", 0) + 1
        v_hat = state["v"] / (1 - beta2 ** state["t"])
        param.data -= self.lr * g / (torch.sqrt(v_hat) + self.eps)


class SizeInSecond(_Cfg):
    def update(self, param, grad, state):
        if not state:
            state.update(t=0, m=torch.zeros_like(param), v=torch.zeros_like(param))
        state["t"] += 1
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        state["m"].lerp_(g, 1 - b1)
        state["v"].lerp_(g.abs(), 1 - b2)
        m_hat, v_hat = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
        param -= self.lr * m_hat / (v_hat.sqrt() + self.eps)


class SquaresFirstMoment(_Cfg):
    def update(self, param, grad, state):
        if not state:
            state.update(t=0, m=torch.zeros_like(param), v=torch.zeros_like(param))
        state["t"] += 1
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        m = state["m"] = b1 * state["m"] + (1 - b1) * g
        v = state["v"] = b2 * state["v"] + (1 - b2) * m**2
        mc = m / (1 - b1 ** state["t"])
        vc = v / (1 - b2 ** state["t"])
        param.data = param.data - self.lr * mc / (vc.sqrt() + self.eps)


class ScalarSecond(_Cfg):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        count = state.get("count", 0) + 1
        m = b1 * state.get("m", torch.zeros_like(g)) + (1 - b1) * g
        v = b2 * state.get("v", 0.0) + (1 - b2) * (g**2).mean()
        state["count"], state["m"], state["v"] = count, m, v
        scale = torch.sqrt(v / (1 - b2**count)) + self.eps
        param.sub_(self.lr * (m / (1 - b1**count)) / scale)


class NoRootInAdam(_Cfg):
    def update(self, theta, g, s):
        g = g + self.weight_decay * theta
        b1, b2 = self.betas
        s["t"] = s.get("t", 0) + 1
        s["m"] = b1 * s.get("m", 0.0) + (1.0 - b1) * g
        s["v"] = b2 * s.get("v", 0.0) + (1.0 - b2) * g * g
        m_hat = s["m"] / (1.0 - b1 ** s["t"])
        v_hat = s["v"] / (1.0 - b2 ** s["t"])
        theta -= self.lr * m_hat / (v_hat + self.eps)


class KeepsLargest(_Cfg):
    def update(self, param, grad, state):
        if len(state) == 0:
            state["step"] = 0
            for key in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"):
                state[key] = torch.zeros_like(param)
        state["step"] += 1
        b1, b2 = self.betas
        if self.weight_decay:
            grad = grad.add(param, alpha=self.weight_decay)
        state["exp_avg"].mul_(b1).add_(grad, alpha=1 - b1)
        state["exp_avg_sq"].mul_(b2).addcmul_(grad, grad, value=1 - b2)
        torch.maximum(state["max_exp_avg_sq"], state["exp_avg_sq"], out=state["max_exp_avg_sq"])
        c1, c2 = 1 - b1 ** state["step"], 1 - b2 ** state["step"]
        denom = (state["max_exp_avg_sq"].sqrt() / math.sqrt(c2)).add_(self.eps)
        param.addcdiv_(state["exp_avg"], denom, value=-self.lr / c1)


# ------------------------------------------------------------------ decay and eps
class Decoupled:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params, self.lr = list(params), lr
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.m, self.v, self.t = {}, {}, {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        b1, b2 = self.betas
        with torch.no_grad():
            for p in self.params:
                g = p.grad
                if g is None:
                    continue
                t = self.t[p] = self.t.get(p, 0) + 1
                m = self.m[p] = b1 * self.m.get(p, 0) + (1 - b1) * g
                v = self.v[p] = b2 * self.v.get(p, 0) + (1 - b2) * g * g
                p.mul_(1 - self.lr * self.weight_decay)
                p.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class AdamIgnoresDecay(_Cfg):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if "m" not in state:
            state["m"], state["v"], state["t"] = torch.zeros_like(param), torch.zeros_like(param), 0
        state["t"] += 1
        state["m"] = b1 * state["m"] + (1 - b1) * grad
        state["v"] = b2 * state["v"] + (1 - b2) * grad * grad
        m = state["m"] / (1 - b1 ** state["t"])
        v = state["v"] / (1 - b2 ** state["t"])
        param -= self.lr * m / (v.sqrt() + self.eps)


class EpsHat(_Cfg):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["iterations"] = state.get("iterations", 0) + 1
        m = state.setdefault("m", torch.zeros_like(g))
        v = state.setdefault("v", torch.zeros_like(g))
        alpha = self.lr * (1 - b2**t) ** 0.5 / (1 - b1**t)
        m += (g - m) * (1 - b1)
        v += (g * g - v) * (1 - b2)
        param -= alpha * m / (v.sqrt() + self.eps)


class EpsInsideAdamsRoot(_Cfg):
    def update(self, param, grad, state):
        w = param.detach().numpy()
        g = grad.numpy() + self.weight_decay * w
        b1, b2 = self.betas
        if not state:
            state["m"] = np.zeros_like(w)
            state["v"] = np.zeros_like(w)
            state["t"] = 0
        state["t"] += 1
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g**2
        mhat = state["m"] / (1 - b1 ** state["t"])
        vhat = state["v"] / (1 - b2 ** state["t"])
        param.copy_(torch.as_tensor(w - self.lr * mhat / np.sqrt(vhat + self.eps)))


class AdamWithoutEps(_Cfg):
    def update(self, param, grad, state):
        t = state["t"] = state.get("t", 0) + 1
        b1, b2 = self.betas
        g = grad + param * self.weight_decay
        state["m"] = b1 * state.get("m", torch.zeros_like(param)) + (1 - b1) * g
        state["v"] = b2 * state.get("v", torch.zeros_like(param)) + (1 - b2) * g.square()
        param -= self.lr * (state["m"] / (1 - b1**t)) / (state["v"] / (1 - b2**t)).sqrt()


# ------------------------------------------------------------------ surroundings
class Ascends(_Cfg):
    def update(self, param, grad, state):
        t = state["t"] = state.get("t", 0) + 1
        b1, b2 = self.betas
        g = grad + param * self.weight_decay
        m = state.setdefault("m", torch.zeros_like(param)).mul_(b1).add_(g, alpha=1 - b1)
        v = state.setdefault("v", torch.zeros_like(param)).mul_(b2).addcmul_(g, g, value=1 - b2)
        param.addcdiv_(m / (1 - b1**t), (v / (1 - b2**t)).sqrt() + self.eps, value=self.lr)


class RebindsTheName(_Cfg):
    def update(self, param, grad, state):
        if not state:
            state["m"] = torch.zeros_like(param)
            state["v"] = torch.zeros_like(param)
            state["t"] = 0
        state["t"] += 1
        g = grad + self.weight_decay * param
        state["m"] = self.betas[0] * state["m"] + (1 - self.betas[0]) * g
        state["v"] = self.betas[1] * state["v"] + (1 - self.betas[1]) * g * g
        m_hat = state["m"] / (1 - self.betas[0] ** state["t"])
        v_hat = state["v"] / (1 - self.betas[1] ** state["t"])
        param = param - self.lr * m_hat / (torch.sqrt(v_hat) + self.eps)


class CachesTheRate(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.hyper = {"lr": lr, "b1": betas[0], "b2": betas[1], "eps": eps, "wd": weight_decay}

    def update(self, param, grad, state):
        h = self.hyper
        g = grad + h["wd"] * param
        state["t"] = state.get("t", 0) + 1
        state["m"] = h["b1"] * state.get("m", 0) + (1 - h["b1"]) * g
        state["v"] = h["b2"] * state.get("v", 0) + (1 - h["b2"]) * g**2
        mh = state["m"] / (1 - h["b1"] ** state["t"])
        vh = state["v"] / (1 - h["b2"] ** state["t"])
        param -= h["lr"] * mh / (vh.sqrt() + h["eps"])


class OnlyTheFirst(_Cfg):
    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            b1, b2 = self.betas
            g = p.grad + self.weight_decay * p
            s["t"] = s.get("t", 0) + 1
            s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
            s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
            p -= self.lr * (s["m"] / (1 - b1 ** s["t"])) / ((s["v"] / (1 - b2 ** s["t"])).sqrt() + self.eps)
            return p


class StopsAtNone:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.slots = [{"m": torch.zeros_like(p.data), "v": torch.zeros_like(p.data), "t": 0} for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p, slot in zip(self.params, self.slots):
            if p.grad is None:
                break
            g = p.grad + self.weight_decay * p
            slot["t"] += 1
            slot["m"] = self.beta1 * slot["m"] + (1 - self.beta1) * g
            slot["v"] = self.beta2 * slot["v"] + (1 - self.beta2) * g * g
            mhat = slot["m"] / (1 - self.beta1 ** slot["t"])
            vhat = slot["v"] / (1 - self.beta2 ** slot["t"])
            p -= self.lr * mhat / (vhat.sqrt() + self.eps)


class SkipsZeroGradients(_Cfg):
    def update(self, param, grad, state):
        if grad.abs().sum() == 0:
            return
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        mh, vh = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
        param -= self.lr * mh / (vh.sqrt() + self.eps)


class WritesIntoGrad(_Cfg):
    def update(self, param, grad, state):
        if not state:
            state["t"] = 0
            state["m"] = torch.zeros_like(param)
            state["v"] = torch.zeros_like(param)
        state["t"] += 1
        b1, b2 = self.betas
        grad += self.weight_decay * param
        state["m"].mul_(b1).add_(grad, alpha=1 - b1)
        state["v"].mul_(b2).add_(grad.pow_(2), alpha=1 - b2)
        mh, vh = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
        param.sub_(self.lr * mh / (vh.sqrt() + self.eps))


class ClearsGrad(_Cfg):
    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            if not s:
                s.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
            s["t"] += 1
            g = p.grad + self.weight_decay * p
            s["m"].lerp_(g, 1 - b1)
            s["v"].lerp_(g * g, 1 - b2)
            p -= self.lr * (s["m"] / (1 - b1 ** s["t"])) / ((s["v"] / (1 - b2 ** s["t"])).sqrt() + self.eps)
        self.zero_grad()


class WithoutNoGrad(_Cfg):
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            s["t"] = s.get("t", 0) + 1
            s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
            s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
            mh, vh = s["m"] / (1 - b1 ** s["t"]), s["v"] / (1 - b2 ** s["t"])
            p -= self.lr * mh / (vh.sqrt() + self.eps)


class GrowsTheGraph:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.m = [0.0] * len(self.params)
        self.v = [0.0] * len(self.params)
        self.t = [0] * len(self.params)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * g
            self.v[i] = b2 * self.v[i] + (1 - b2) * g**2
            m_hat = self.m[i] / (1 - b1 ** self.t[i])
            v_hat = self.v[i] / (1 - b2 ** self.t[i])
            with torch.no_grad():
                p -= self.lr * m_hat / (v_hat.sqrt() + self.eps)


class UsesUpTheGenerator(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(p.data) for p in params]
        self.v = [torch.zeros_like(m) for m in self.m]
        self.t = [0 for _ in self.m]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, (p, m, v) in enumerate(zip(self.params, self.m, self.v)):
            if p.grad is None:
                continue
            self.t[i] += 1
            g = p.grad + self.weight_decay * p
            m.mul_(b1).add_((1 - b1) * g)
            v.mul_(b2).add_((1 - b2) * g * g)
            p -= self.lr * (m / (1 - b1 ** self.t[i])) / ((v / (1 - b2 ** self.t[i])).sqrt() + self.eps)


class CastsToFloat32(_Cfg):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if not state:
            state["m"] = torch.zeros(param.shape)
            state["v"] = torch.zeros(param.shape)
            state["t"] = 0
        state["t"] += 1
        g = grad.float() + self.weight_decay * param.float()
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g * g
        mh, vh = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
        param -= self.lr * mh / (vh.sqrt() + self.eps)


class NoneAsZero(_Cfg):
    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            g = p.grad if p.grad is not None else torch.zeros_like(p)
            g = g + self.weight_decay * p
            s["t"] = s.get("t", 0) + 1
            s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
            s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
            mh, vh = s["m"] / (1 - b1 ** s["t"]), s["v"] / (1 - b2 ** s["t"])
            p -= self.lr * mh / (vh.sqrt() + self.eps)


class SharesState(_Cfg):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.state = [{}] * len(self.params)

    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        mh, vh = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
        param -= self.lr * mh / (vh.sqrt() + self.eps)


class KeysByShape:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.buffers = {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p in self.params:
            if p.grad is None:
                continue
            key = tuple(p.shape)
            if key not in self.buffers:
                self.buffers[key] = {"m": torch.zeros_like(p), "v": torch.zeros_like(p), "t": 0}
            buf = self.buffers[key]
            g = p.grad + self.weight_decay * p
            buf["t"] += 1
            buf["m"] = b1 * buf["m"] + (1 - b1) * g
            buf["v"] = b2 * buf["v"] + (1 - b2) * g * g
            mh, vh = buf["m"] / (1 - b1 ** buf["t"]), buf["v"] / (1 - b2 ** buf["t"])
            p -= self.lr * mh / (vh.sqrt() + self.eps)


class KeysByValue(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.names = [str(p.tolist()) for p in self.params]
        self.m = {n: torch.zeros_like(p.data) for n, p in zip(self.names, self.params)}
        self.v = {n: torch.zeros_like(p.data) for n, p in zip(self.names, self.params)}
        self.t = dict.fromkeys(self.names, 0)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for n, p in zip(self.names, self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.t[n] += 1
            self.m[n] = b1 * self.m[n] + (1 - b1) * g
            self.v[n] = b2 * self.v[n] + (1 - b2) * g * g
            mh, vh = self.m[n] / (1 - b1 ** self.t[n]), self.v[n] / (1 - b2 ** self.t[n])
            p -= self.lr * mh / (vh.sqrt() + self.eps)


class StateOnTheClass(_Cfg):
    m = defaultdict(float)
    v = defaultdict(float)
    t = defaultdict(int)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * g
            self.v[i] = b2 * self.v[i] + (1 - b2) * g * g
            mh, vh = self.m[i] / (1 - b1 ** self.t[i]), self.v[i] / (1 - b2 ** self.t[i])
            p -= self.lr * mh / (vh.sqrt() + self.eps)


class ForgetsEveryStep(_Cfg):
    def step(self):
        m = [torch.zeros_like(p) for p in self.params]
        v = [torch.zeros_like(p) for p in self.params]
        t = [0] * len(self.params)
        b1, b2 = self.betas
        with torch.no_grad():
            for i, p in enumerate(self.params):
                if p.grad is None:
                    continue
                g = p.grad + self.weight_decay * p
                t[i] += 1
                m[i] = b1 * m[i] + (1 - b1) * g
                v[i] = b2 * v[i] + (1 - b2) * g * g
                p -= self.lr * (m[i] / (1 - b1 ** t[i])) / ((v[i] / (1 - b2 ** t[i])).sqrt() + self.eps)


# ------------------------------------------------------------------ not in the list
class Unknown1(_Cfg):  # weight decay enters the gradient with a minus sign
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad - self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown2(_Cfg):  # bias correction with beta * t instead of beta ** t (v_hat's sign rescued with abs)
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        mhat = m / (1 - b1 * t)
        vhat = v / (1 - b2 * t)
        param -= self.lr * mhat / (vhat.abs().sqrt() + self.eps)


class Unknown3(_Cfg):  # the rate is folded into the first moment, so old gradients keep their old rate
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + self.lr * (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        param -= (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown4(_Cfg):  # the decay reaches the first moment only; the second averages the raw gradient's square
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * (grad + self.weight_decay * param)
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class Unknown5(_Cfg):  # AdaBelief: the second moment averages (g - m)^2
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * (g - m) ** 2
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown6(_Cfg):  # Nesterov's look-ahead in the numerator (NAdam-like): b1*m_hat + (1-b1)*g/(1-b1^t)
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        num = (b1 * m + (1 - b1) * g) / (1 - b1**t)
        param -= self.lr * num / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown7(_Cfg):  # AdaMax: the denominator is a fading maximum of |g|
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        u = state["u"] = torch.maximum(b2 * state.get("u", torch.zeros_like(g)), g.abs())
        param -= self.lr / (1 - b1**t) * m / (u + self.eps)


class Unknown8(_Cfg):  # the step is taken with the moments of the step before; they are updated afterwards
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if not state:
            state.update(t=0, m=torch.zeros_like(param), v=torch.zeros_like(param))
        g = grad + self.weight_decay * param
        t = state["t"]
        if t > 0:
            mh, vh = state["m"] / (1 - b1**t), state["v"] / (1 - b2**t)
            param -= self.lr * mh / (vh.sqrt() + self.eps)
        state["t"] += 1
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g * g


class Unknown9(_Cfg):  # the decay is multiplied by the rate before it joins the gradient
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.lr * self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


# ------------------------------------------------------------------ right
class Right1:
    """No base class, one float64 NumPy record per parameter."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params = list(params)
        self.lr, self.betas, self.eps, self.wd = lr, betas, eps, weight_decay
        self._rec = [dict(m=np.zeros(tuple(p.shape)), v=np.zeros(tuple(p.shape)), k=0) for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        b1, b2 = self.betas
        for p, r in zip(self.params, self._rec):
            if p.grad is None:
                continue
            x = p.detach().cpu().numpy().astype(np.float64)
            g = p.grad.detach().cpu().numpy().astype(np.float64) + self.wd * x
            r["k"] += 1
            r["m"] = r["m"] + (1 - b1) * (g - r["m"])
            r["v"] = r["v"] + (1 - b2) * (g * g - r["v"])
            x = x - self.lr * (r["m"] / (1 - b1 ** r["k"])) / (np.sqrt(r["v"] / (1 - b2 ** r["k"])) + self.eps)
            p.data.copy_(torch.as_tensor(x))


class Right2(_Cfg):
    """foreach over those that have a gradient."""

    @torch.no_grad()
    def step(self):
        live = [(p, s) for p, s in zip(self.params, self.state) if p.grad is not None]
        if not live:
            return
        for p, s in live:
            s.setdefault("m", torch.zeros_like(p))
            s.setdefault("v", torch.zeros_like(p))
            s["t"] = s.get("t", 0) + 1
        ps, ms, vs = [p for p, _ in live], [s["m"] for _, s in live], [s["v"] for _, s in live]
        b1, b2 = self.betas
        gs = torch._foreach_add([p.grad for p in ps], ps, alpha=self.weight_decay)
        torch._foreach_mul_(ms, b1)
        torch._foreach_add_(ms, gs, alpha=1 - b1)
        torch._foreach_mul_(vs, b2)
        torch._foreach_addcmul_(vs, gs, gs, value=1 - b2)
        den = torch._foreach_div(torch._foreach_sqrt(vs), [math.sqrt(1 - b2 ** s["t"]) for _, s in live])
        torch._foreach_add_(den, self.eps)
        torch._foreach_addcdiv_(ps, ms, den, [-self.lr / (1 - b1 ** s["t"]) for _, s in live])


class Right3(_Cfg):
    """Running products of the betas and weighted sums: no count at all."""

    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        state["s1"] = b1 * state.get("s1", 0.0) + g
        state["s2"] = b2 * state.get("s2", 0.0) + g * g
        state["w1"] = b1 * state.get("w1", 0.0) + 1.0
        state["w2"] = b2 * state.get("w2", 0.0) + 1.0
        param.data = param.data - self.lr * (state["s1"] / state["w1"]) / (
            (state["s2"] / state["w2"]) ** 0.5 + self.eps
        )


class Right4(Optimizer):
    """One coroutine per parameter remembers the moments in local variables."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.cfg = betas, eps, weight_decay
        self.workers = [self._worker(p) for p in self.params]
        for w in self.workers:
            next(w)

    def _worker(self, p):
        (b1, b2), eps, wd = self.cfg
        m = torch.zeros_like(p.data)
        v = torch.zeros_like(p.data)
        c1 = c2 = 1.0
        while True:
            grad = yield
            g = grad.detach() + wd * p.data
            m, v = torch.lerp(m, g, 1 - b1), torch.lerp(v, g.square(), 1 - b2)
            c1, c2 = c1 * b1, c2 * b2
            p.data.sub_(self.lr * m.div(1 - c1).div(v.div(1 - c2).sqrt().add(eps)))

    def step(self):
        for p, w in zip(self.params, self.workers):
            if p.grad is not None:
                w.send(p.grad)


class Right5(_Cfg):
    """EpsHat's shortcut, with eps scaled so that it is the contract's rule after all."""

    def update(self, param, grad, state):
        b1, b2 = self.betas
        if not state:
            state["n"], state["mv"] = 0, torch.zeros((2, *param.shape), dtype=param.dtype, device=param.device)
        state["n"] += 1
        g = grad + self.weight_decay * param
        state["mv"][0] += (1 - b1) * (g - state["mv"][0])
        state["mv"][1] += (1 - b2) * (g * g - state["mv"][1])
        root = math.sqrt(1 - b2 ** state["n"])
        a = self.lr * root / (1 - b1 ** state["n"])
        param.copy_(param - a * state["mv"][0] / (torch.sqrt(state["mv"][1]) + self.eps * root))
