import numpy as np
import torch


class _Wrapper:
    """the given part of the stub"""

    @property
    def params(self):
        return self.optimizer.params

    @property
    def lr(self):
        return self.optimizer.lr

    @lr.setter
    def lr(self, lr):
        self.optimizer.lr = lr

    def zero_grad(self):
        self.optimizer.zero_grad()


class NeverSyncs(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        count = 0
        self.optimizer.step()
        count += 1
        if count > self.k:
            for p, s in zip(self.params, self.slow):
                s.add_(p - s, alpha=self.alpha)
                p.copy_(s)


class SlowStartsAtZero(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.slow = [torch.zeros_like(p.data) for p in optimizer.params]
        self.n = 0

    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n == self.k:
            self.n = 0
            for p, s in zip(self.params, self.slow):
                s += self.alpha * (p.data - s)
                p.data.copy_(s)


class LookaheadAlphaSwapped(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = {p: p.detach().clone() for p in optimizer.params}

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for p in self.params:
                self.slow[p] = self.alpha * self.slow[p] + (1 - self.alpha) * p
                p.copy_(self.slow[p])


class KeepsFastWeights(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k:
            return
        for p, s in zip(self.params, self.slow):
            s.lerp_(p.detach(), self.alpha)
            p = s.clone()


class SlowAliasesFast(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = [p.data for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for p, s in zip(self.params, self.slow):
                s += self.alpha * (p - s)
                p.copy_(s)


class SyncsBeforeCounting(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        if self.t % self.k == 0:
            for p, s in zip(self.params, self.slow):
                s.copy_((1 - self.alpha) * s + self.alpha * p)
                p.copy_(s)
        self.t += 1


class SyncsOneLate(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.count = 0
        self.slow = [p.data.clone() for p in optimizer.params]

    def step(self):
        self.optimizer.step()
        self.count += 1
        if self.count > self.k:
            self.count = 0
            for i, p in enumerate(self.params):
                self.slow[i] = self.slow[i] + self.alpha * (p.data - self.slow[i])
                p.data.copy_(self.slow[i])


class SyncsOneEarly(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.step_no = 1
        self.slow = [p.detach().cpu().numpy().copy() for p in optimizer.params]

    def step(self):
        self.optimizer.step()
        self.step_no += 1
        if self.step_no % self.k == 0:
            for i, p in enumerate(self.params):
                s = self.slow[i]
                self.slow[i] = s + self.alpha * (p.detach().cpu().numpy() - s)
                p.data.copy_(torch.as_tensor(np.asarray(self.slow[i])))


class WipesInnerState(_Wrapper):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for p, s in zip(self.params, self.slow):
                s.add_(p - s, alpha=self.alpha)
                p.copy_(s)
            for d in self.optimizer.state:
                d.clear()


class Unknown1(_Wrapper):  # after a sync the slow weights are the fast ones of before it, not the new ones
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for p, s in zip(self.params, self.slow):
                fast = p.clone()
                p.copy_(s + self.alpha * (fast - s))
                s.copy_(fast)


class Unknown2(_Wrapper):  # the fast weights go only the share alpha of the way back to the slow ones
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for p, s in zip(self.params, self.slow):
                s.add_(p - s, alpha=self.alpha)
                p.add_(s - p, alpha=self.alpha)


class Unknown3(_Wrapper):  # only the first parameter is synchronised
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for p, s in zip(self.params, self.slow):
                s.add_(p - s, alpha=self.alpha)
                p.copy_(s)
                break


class Unknown4(_Wrapper):  # only the first sync happens: the count is compared with k and never set back
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.t = 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t == self.k:
            for p, s in zip(self.params, self.slow):
                s.add_(p - s, alpha=self.alpha)
                p.copy_(s)


class Right1(_Wrapper):
    """counts down; the slow weights are those saved at the last sync, one list of copies per sync"""

    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self._save()

    def _save(self):
        self.left = self.k
        self.slow = [p.data.clone() for p in self.optimizer.params]

    def step(self):
        self.optimizer.step()
        self.left -= 1
        if self.left == 0:
            for p, s in zip(self.optimizer.params, self.slow):
                p.data.sub_((1 - self.alpha) * (p.data - s))
            self._save()


class Right2:
    """a Python generator does the counting; float64 NumPy copies"""

    def __init__(self, optimizer, k=5, alpha=0.5):
        self.__dict__["optimizer"] = optimizer
        self.__dict__["_run"] = self._loop(k, alpha)
        next(self._run)

    def __getattr__(self, name):
        return getattr(self.__dict__["optimizer"], name)

    def __setattr__(self, name, value):
        setattr(self.optimizer, name, value)

    def zero_grad(self):
        self.optimizer.zero_grad()

    def step(self):
        next(self._run)

    def _loop(self, k, alpha):
        slow = [p.detach().cpu().double().numpy().copy() for p in self.optimizer.params]
        while True:
            for _ in range(k):
                yield
                self.optimizer.step()
            for i, p in enumerate(self.optimizer.params):
                slow[i] = np.asarray((1 - alpha) * slow[i] + alpha * p.detach().cpu().double().numpy())
                p.data.copy_(torch.as_tensor(slow[i]))
