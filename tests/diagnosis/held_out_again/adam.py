import math

import numpy as np
import torch
from base import Optimizer


class _Args(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        super().__init__(params, lr)


class NoCorrection(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        m = state.setdefault("m", torch.zeros_like(param))
        v = state.setdefault("v", torch.zeros_like(param))
        m.mul_(b1).add_(g, alpha=1 - b1)
        v.mul_(b2).addcmul_(g, g, value=1 - b2)
        param.addcdiv_(m, v.sqrt().add_(self.eps), value=-self.lr)


class CorrectsFirstOnly(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        m_hat = state["m"] / (1 - b1 ** state["t"])
        param -= self.lr * m_hat / (state["v"].sqrt() + self.eps)


class CorrectsSecondOnly(_Args):
    def step(self):
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            b1, b2 = self.betas
            g = p.grad.data + self.weight_decay * p.data
            if not s:
                s.update(t=0, m=torch.zeros_like(g), v=torch.zeros_like(g))
            s["t"] += 1
            s["m"].lerp_(g, 1 - b1)
            s["v"].lerp_(g * g, 1 - b2)
            den = s["v"].sqrt() / math.sqrt(1 - b2 ** s["t"]) + self.eps
            p.data.addcdiv_(s["m"], den, value=-self.lr)


class CorrectionsSwapped(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad.add(param, alpha=self.weight_decay)
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        m_hat, v_hat = m / (1 - b2**t), v / (1 - b1**t)
        param.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))


class ClockStandsStill(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state.get("t", 0)
        t += 1  # never stored
        state["m"] = b1 * state.get("m", torch.zeros_like(g)) + (1 - b1) * g
        state["v"] = b2 * state.get("v", torch.zeros_like(g)) + (1 - b2) * g.square()
        param -= self.lr * (state["m"] / (1 - b1**t)) / ((state["v"] / (1 - b2**t)).sqrt() + self.eps)


class ClockStartsAtZero(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        if not state:
            state["step"] = 0
            state["m"], state["v"] = torch.zeros_like(param), torch.zeros_like(param)
        g = grad + self.weight_decay * param
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g**2
        c1 = torch.tensor(1 - b1 ** state["step"], dtype=param.dtype)
        c2 = torch.tensor(1 - b2 ** state["step"], dtype=param.dtype)
        param -= self.lr * (state["m"] / c1) / ((state["v"] / c2).sqrt() + self.eps)
        state["step"] += 1


class ClockStartsAtTwo(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        if "t" not in state:
            state["t"] = 1
            state["m"] = torch.zeros_like(g)
            state["v"] = torch.zeros_like(g)
        state["t"] += 1
        state["m"] += (1 - b1) * (g - state["m"])
        state["v"] += (1 - b2) * (g**2 - state["v"])
        rate = self.lr * math.sqrt(1 - b2 ** state["t"]) / (1 - b1 ** state["t"])
        param -= rate * state["m"] / (state["v"].sqrt() + self.eps * math.sqrt(1 - b2 ** state["t"]))


class ClockTicksPerParameter(_Args):
    t = 0

    def update(self, param, grad, state):
        self.t += 1
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        m_hat = state["m"] / (1 - b1**self.t)
        v_hat = state["v"] / (1 - b2**self.t)
        param -= self.lr * m_hat / (v_hat**0.5 + self.eps)


class StoresCorrected(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        g = grad + self.weight_decay * param
        m = b1 * state.get("m", 0) + (1 - b1) * g
        v = b2 * state.get("v", 0) + (1 - b2) * g**2
        m = m / (1 - b1**t)
        v = v / (1 - b2**t)
        param.copy_(param - self.lr * m / (v.sqrt() + self.eps))
        state["m"], state["v"] = m, v


class BetasSwapped:
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params = list(params)
        self.lr = lr
        self.beta2, self.beta1 = betas
        self.eps, self.wd = eps, weight_decay
        self.m = [torch.zeros_like(p.detach()) for p in self.params]
        self.v = [torch.zeros_like(p.detach()) for p in self.params]
        self.t = [0] * len(self.params)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.wd * p
            self.t[i] += 1
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * g**2
            mh = self.m[i] / (1 - self.beta1 ** self.t[i])
            vh = self.v[i] / (1 - self.beta2 ** self.t[i])
            p -= self.lr * mh / (vh.sqrt() + self.eps)


class FixedBetas(_Args):
    def update(self, param, grad, state):
        if len(state) == 0:
            state["t"], state["m"], state["v"] = 0, torch.zeros_like(param), torch.zeros_like(param)
        state["t"] += 1
        g = grad + self.weight_decay * param
        state["m"].mul_(0.9).add_(0.1 * g)
        state["v"].mul_(0.999).add_(0.001 * g**2)
        mh = state["m"] / (1 - 0.9 ** state["t"])
        vh = state["v"] / (1 - 0.999 ** state["t"])
        param.sub_(self.lr * mh / (vh.sqrt() + self.eps))


class FixedEps(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        w = param.detach().cpu().double().numpy()
        g = grad.detach().cpu().double().numpy() + self.weight_decay * w
        t = state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0.0) + (1 - b1) * g
        state["v"] = b2 * state.get("v", 0.0) + (1 - b2) * g * g
        step = state["m"] / (1 - b1**t) / (np.sqrt(state["v"] / (1 - b2**t)) + 1e-8)
        param.copy_(torch.as_tensor(np.asarray(w - self.lr * step)))


class WholeGradientInFirst(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        param -= self.lr * m / (1 - b1**t) / ((v / (1 - b2**t)).sqrt() + self.eps)


class WholeSquareInSecond(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state.setdefault("m", torch.zeros_like(g))
        v = state.setdefault("v", torch.zeros_like(g))
        m.mul_(b1).add_(g, alpha=1 - b1)
        v.mul_(b2).addcmul_(g, g)
        param.addcdiv_(m / (1 - b1**t), (v / (1 - b2**t)).sqrt() + self.eps, value=-self.lr)


class NoFirstMoment(_Args):
    def update(self, param, grad, state):
        b2 = self.betas[1]
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        param -= self.lr * g / (torch.sqrt(v / (1 - b2**t)) + self.eps)


class SizeInSecond(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * torch.abs(g)
        param -= self.lr * (m / (1 - b1**t)) / (torch.sqrt(v / (1 - b2**t)) + self.eps)


class SquaresFirstMoment(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * m**2
        param -= self.lr * (m / (1 - b1**t)) / (torch.sqrt(v / (1 - b2**t)) + self.eps)


class ScalarSecond(_Args):
    def update(self, param, grad, state):
        if param.numel() == 0:
            return
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0.0) + (1 - b2) * g.square().mean().item()
        param -= (self.lr / (math.sqrt(v / (1 - b2**t)) + self.eps)) * m / (1 - b1**t)


class KeepsLargest(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        if not state:
            state.update(t=0, m=torch.zeros_like(g), v=torch.zeros_like(g), vmax=torch.zeros_like(g))
        state["t"] += 1
        state["m"].mul_(b1).add_(g, alpha=1 - b1)
        state["v"].mul_(b2).addcmul_(g, g, value=1 - b2)
        torch.maximum(state["vmax"], state["v"], out=state["vmax"])
        den = (state["vmax"] / (1 - b2 ** state["t"])).sqrt() + self.eps
        param.sub_(self.lr / (1 - b1 ** state["t"]) * state["m"] / den)


class Decoupled(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param.mul_(1 - self.lr * self.weight_decay)
        param.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class AdamIgnoresDecay(_Args):
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            g = p.grad.detach()
            s["t"] = s.get("t", 0) + 1
            s["m"] = torch.lerp(s.get("m", torch.zeros_like(g)), g, 1 - b1)
            s["v"] = torch.lerp(s.get("v", torch.zeros_like(g)), g * g, 1 - b2)
            mh, vh = s["m"] / (1 - b1 ** s["t"]), s["v"] / (1 - b2 ** s["t"])
            p.data = p.data - self.lr * mh / (vh.sqrt() + self.eps)


class KeysByShape(_Args):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.memory = {p.shape: [0, torch.zeros_like(p.data), torch.zeros_like(p.data)] for p in self.params}

    def update(self, param, grad, state):
        b1, b2 = self.betas
        mem = self.memory[param.shape]
        mem[0] += 1
        t, m, v = mem
        g = grad + self.weight_decay * param
        m.mul_(b1).add_(g, alpha=1 - b1)
        v.mul_(b2).add_(g * g, alpha=1 - b2)
        param.sub_(self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps))


class StateOnTheClass(_Args):
    m, v, t = {}, {}, {}

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            self.t[i] = self.t.get(i, 0) + 1
            self.m[i] = b1 * self.m.get(i, 0) + (1 - b1) * g
            self.v[i] = b2 * self.v.get(i, 0) + (1 - b2) * g**2
            mh = self.m[i] / (1 - b1 ** self.t[i])
            vh = self.v[i] / (1 - b2 ** self.t[i])
            p -= self.lr * mh / (vh.sqrt() + self.eps)


class ForgetsEveryStep(_Args):
    def update(self, param, grad, state):
        state["t"], state["m"], state["v"] = 0, torch.zeros_like(param), torch.zeros_like(param)
        b1, b2 = self.betas
        state["t"] += 1
        g = grad + self.weight_decay * param
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g**2
        mh = state["m"] / (1 - b1 ** state["t"])
        vh = state["v"] / (1 - b2 ** state["t"])
        param -= self.lr * mh / (vh.sqrt() + self.eps)


class NoneAsZero(_Args):
    def step(self):
        b1, b2 = self.betas
        with torch.no_grad():
            for p, s in zip(self.params, self.state):
                g = self.weight_decay * p
                if p.grad is not None:
                    g = g + p.grad
                t = s["t"] = s.get("t", 0) + 1
                m = s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
                v = s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class SkipsZeroGradients(_Args):
    def update(self, param, grad, state):
        if not grad.any():
            return
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class ClearsGrad(_Args):
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

    def step(self):
        super().step()
        self.zero_grad()


class GrowsTheGraph(_Args):
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            t = s["t"] = s.get("t", 0) + 1
            m = s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
            v = s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
            with torch.no_grad():
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class CastsToFloat32(_Args):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, betas, eps, weight_decay)
        self.m = [np.zeros(tuple(p.shape), np.float32) for p in self.params]
        self.v = [np.zeros(tuple(p.shape), np.float32) for p in self.params]
        self.t = [0 for _ in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.t[i] += 1
            g = (p.grad + self.weight_decay * p).cpu().numpy().astype(np.float32)
            self.m[i] = np.asarray(b1 * self.m[i] + (1 - b1) * g, dtype=np.float32)
            self.v[i] = np.asarray(b2 * self.v[i] + (1 - b2) * g**2, dtype=np.float32)
            mh, vh = self.m[i] / (1 - b1 ** self.t[i]), self.v[i] / (1 - b2 ** self.t[i])
            d = np.asarray(self.lr * mh / (np.sqrt(vh) + self.eps), dtype=np.float32)
            p -= torch.as_tensor(d)


class Unknown1(_Args):  # the second moment is corrected by the root of its correction, and rooted again
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        param -= self.lr * (m / (1 - b1**t)) / ((v / math.sqrt(1 - b2**t)).sqrt() + self.eps)


class Unknown2(_Args):  # the second moment is of the distance g - m (AdaBelief)
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * (g - m) ** 2
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown3(_Args):  # the decay enters the first moment only: v is that of the bare gradient
    def update(self, param, grad, state):
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * (grad + self.weight_decay * param)
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Unknown4(_Args):  # the weights of the average are in the wrong places in m: (1 - beta1)*m + beta1*g
    def update(self, param, grad, state):
        b1, b2 = self.betas
        g = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = (1 - b1) * state.get("m", 0) + b1 * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)


class Right1(_Args):
    """the efficient form: both corrections in the rate, eps scaled along; products of betas kept"""

    def update(self, param, grad, state):
        b1, b2 = self.betas
        if not state:
            state.update(p1=1.0, p2=1.0, m=torch.zeros_like(param), v=torch.zeros_like(param))
        state["p1"] *= b1
        state["p2"] *= b2
        g = grad.add(param, alpha=self.weight_decay)
        state["m"].lerp_(g, 1 - b1)
        state["v"].mul_(b2).addcmul_(g, g, value=1 - b2)
        c = math.sqrt(1 - state["p2"])
        param.addcdiv_(state["m"], state["v"].sqrt().add_(self.eps * c), value=-self.lr * c / (1 - state["p1"]))


class Right2:
    """keeps the corrected moments themselves, with the exact recursion for them, in float64"""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.params = list(params)
        self.lr, self.betas, self.eps, self.wd = lr, betas, eps, weight_decay
        self.memo = {id(p): (0, 0.0, 0.0) for p in self.params}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        b1, b2 = self.betas
        for p in self.params:
            if p.grad is None:
                continue
            n, m, v = self.memo[id(p)]
            n += 1
            w = p.detach().double()
            g = p.grad.detach().double() + self.wd * w
            k1, k2 = (1 - b1) / (1 - b1**n), (1 - b2) / (1 - b2**n)
            m = m * (1 - k1) + k1 * g
            v = v * (1 - k2) + k2 * g * g
            self.memo[id(p)] = (n, m, v)
            p.data.copy_(w - self.lr * m / (v.sqrt() + self.eps))
