"""Held-out variants for Lookahead."""

import copy

import numpy as np
import torch
from base import Optimizer


class _HandsOn:
    """The part of the stub that is done."""

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


class NeverSyncs(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        counter = 0
        self.optimizer.step()
        counter += 1
        if counter > self.k:
            for s, p in zip(self.slow, self.params):
                s += self.alpha * (p - s)
                p.copy_(s)


class SlowStartsAtZero(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [torch.zeros_like(p.data) for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n == self.k:
            self.n = 0
            for s, p in zip(self.slow, self.params):
                s.lerp_(p, self.alpha)
                p.copy_(s)


class LookaheadAlphaSwapped:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.steps = 0
        self.slow_weights = {}
        for p in optimizer.params:
            self.slow_weights[p] = p.data.clone()

    @property
    def params(self):
        return self.optimizer.params

    @property
    def lr(self):
        return self.optimizer.lr

    @lr.setter
    def lr(self, value):
        self.optimizer.lr = value

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        self.optimizer.step()
        self.steps += 1
        if self.steps % self.k == 0:
            for p, slow in self.slow_weights.items():
                new = self.alpha * slow + (1 - self.alpha) * p.data
                self.slow_weights[p] = new
                p.data.copy_(new)


class KeepsFastWeights(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.slow = [p.detach().clone() for p in optimizer.params]
        self.t = 0

    def step(self):
        self.optimizer.step()
        self.t = self.t + 1
        if self.t % self.k == 0:
            for i, fast in enumerate(self.params):
                self.slow[i] = self.slow[i] + self.alpha * (fast.detach() - self.slow[i])
                fast = self.slow[i]


class SlowAliasesFast(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.slow = list(optimizer.params)
        self.count = 0

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.count += 1
        if self.count >= self.k:
            self.count = 0
            for slow, fast in zip(self.slow, self.optimizer.params):
                slow.add_(fast - slow, alpha=self.alpha)
                fast.copy_(slow)


class SlowAliasesAfterSync(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k, self.alpha = k, alpha
        self.slow = [copy.deepcopy(p.data) for p in optimizer.params]
        self.left = k

    def step(self):
        self.optimizer.step()
        self.left -= 1
        if self.left == 0:
            self.left = self.k
            for slow, p in zip(self.slow, self.params):
                slow += self.alpha * (p.data - slow)
                p.data = slow


class SyncsOneLate(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.step_count = 0
        self.slow_params = [p.clone().detach() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        if self.step_count > 0 and self.step_count % self.k == 0:
            for slow, fast in zip(self.slow_params, self.params):
                slow.copy_(slow + self.alpha * (fast - slow))
                fast.copy_(slow)
        self.step_count += 1


class SyncsOneEarly(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.t = 1
        self.slow = [np.array(p.detach().numpy(), copy=True) for p in optimizer.params]

    def step(self):
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for s, p in zip(self.slow, self.params):
                s[...] = (1 - self.alpha) * s + self.alpha * p.detach().numpy()
                p.data.copy_(torch.from_numpy(s))


class WipesInnerState(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.slow = [p.detach().clone() for p in optimizer.params]
        self.i = 0

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.i += 1
        if self.i % self.k == 0:
            for slow, fast in zip(self.slow, self.params):
                slow += self.alpha * (fast - slow)
                fast.copy_(slow)
            for s in self.optimizer.state:
                s.clear()


class KeepsRateToItself:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.params = optimizer.params
        self.lr = optimizer.lr
        self.k = k
        self.alpha = alpha
        self.slow = [p.detach().clone() for p in self.params]
        self.n = 0

    def zero_grad(self):
        self.optimizer.zero_grad()

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n % self.k == 0:
            for slow, fast in zip(self.slow, self.params):
                slow.mul_(1 - self.alpha).add_(fast, alpha=self.alpha)
                fast.copy_(slow)


class ZeroGradDoesNothing(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.slow = [p.detach().clone() for p in optimizer.params]
        self.n = 0

    def zero_grad(self):
        for s in self.slow:
            s.grad = None

    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n % self.k == 0:
            with torch.no_grad():
                for i, p in enumerate(self.params):
                    self.slow[i] = torch.lerp(self.slow[i], p, self.alpha)
                    p.copy_(self.slow[i])


class FixedLookahead(_HandsOn):
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.cnt = 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.cnt += 1
        if self.cnt == 5:
            for slow, fast in zip(self.slow, self.params):
                slow += 0.5 * (fast - slow)
                fast.copy_(slow)
            self.cnt = 0


# ------------------------------------------------------------------ not in the list
class Unknown1(_HandsOn):  # the sign of the interpolation: slow - alpha * (fast - slow)
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n % self.k == 0:
            for slow, fast in zip(self.slow, self.params):
                slow -= self.alpha * (fast - slow)
                fast.copy_(slow)


class Unknown2(_HandsOn):  # the slow weights never move on: every sync pulls towards the first values
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n % self.k == 0:
            for slow, fast in zip(self.slow, self.params):
                fast.copy_(slow + self.alpha * (fast - slow))


class Unknown3(_HandsOn):  # the counter is not reset, so from the k-th step on every step syncs
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n >= self.k:
            for slow, fast in zip(self.slow, self.params):
                slow += self.alpha * (fast - slow)
                fast.copy_(slow)


class Unknown4(
    _HandsOn
):  # the fast weights go back to the old slow ones before those have moved, so nothing is learned
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n % self.k == 0:
            for slow, fast in zip(self.slow, self.params):
                fast.copy_(slow)
                slow += self.alpha * (fast - slow)


class Unknown5(
    _HandsOn
):  # a break at the end of the sync's loop: only the first parameter is synced, the others stay fast
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n % self.k == 0:
            for slow, fast in zip(self.slow, self.params):
                slow += self.alpha * (fast - slow)
                fast.copy_(slow)
                break


class Unknown6(_HandsOn):  # one call takes k inner steps with the same gradient and then syncs
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha = optimizer, k, alpha
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        for _ in range(self.k):
            self.optimizer.step()
        for slow, fast in zip(self.slow, self.params):
            slow += self.alpha * (fast - slow)
            fast.copy_(slow)


class Unknown7(_HandsOn):  # at the k-th call the sync takes the place of the inner step
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.n += 1
        if self.n % self.k != 0:
            self.optimizer.step()
        else:
            for slow, fast in zip(self.slow, self.params):
                slow += self.alpha * (fast - slow)
                fast.copy_(slow)


class Unknown8(_HandsOn):  # the interpolation is also multiplied by the rate
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n % self.k == 0:
            for slow, fast in zip(self.slow, self.params):
                slow += self.lr * self.alpha * (fast - slow)
                fast.copy_(slow)


class Unknown9(_HandsOn):  # a parameter whose gradient is None at the moment of the sync is left out of it
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer, self.k, self.alpha, self.n = optimizer, k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.n += 1
        if self.n % self.k == 0:
            for slow, fast in zip(self.slow, self.params):
                if fast.grad is None:
                    continue
                slow += self.alpha * (fast - slow)
                fast.copy_(slow)


# ------------------------------------------------------------------ right
class Right1:
    """Everything that is not its own goes to the inner optimizer; a generator keeps the rhythm."""

    def __init__(self, optimizer, k=5, alpha=0.5):
        object.__setattr__(self, "optimizer", optimizer)
        object.__setattr__(self, "_beat", self._rhythm(k, alpha))
        next(self._beat)

    def __getattr__(self, name):
        return getattr(self.optimizer, name)

    def __setattr__(self, name, value):
        setattr(self.optimizer, name, value)

    def _rhythm(self, k, alpha):
        while True:
            start = [p.detach().clone() for p in self.optimizer.params]
            for _ in range(k):
                yield
                self.optimizer.step()
            for p, s in zip(self.optimizer.params, start):
                p.data.sub_(s).mul_(alpha).add_(s)

    def step(self):
        next(self._beat)


class Right2(Optimizer):
    """Inherits from the given Optimizer; slow weights sit in its state."""

    def __init__(self, optimizer, k=5, alpha=0.5):
        self.inner = optimizer
        super().__init__(optimizer.params, optimizer.lr)
        self.k, self.alpha, self.calls = k, alpha, 0
        for p, s in zip(self.params, self.state):
            s["slow"] = torch.empty_like(p.data).copy_(p.data)

    @property
    def lr(self):
        return self.inner.lr

    @lr.setter
    def lr(self, value):
        self.inner.lr = value

    def zero_grad(self):
        self.inner.zero_grad()

    @torch.no_grad()
    def step(self):
        self.inner.step()
        self.calls += 1
        if self.calls % self.k:
            return
        for p, s in zip(self.params, self.state):
            p.copy_(torch.lerp(s["slow"], p, self.alpha))
            s["slow"] = p.clone()


class Right3(_HandsOn):
    """NumPy in float64; counts down."""

    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.k = self.left = k
        self.alpha = alpha
        self.slow = {id(p): p.detach().cpu().numpy().astype(np.float64) for p in optimizer.params}

    def step(self):
        self.optimizer.step()
        self.left -= 1
        if self.left > 0:
            return
        self.left = self.k
        for p in self.params:
            fast = p.detach().cpu().numpy()
            self.slow[id(p)] = np.asarray((1 - self.alpha) * self.slow[id(p)] + self.alpha * fast)
            p.data = torch.tensor(self.slow[id(p)], dtype=p.dtype, device=p.device)


class Right4(_HandsOn):
    """foreach, in place."""

    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.every, self.share, self.done = k, alpha, 0
        self.slow = [p.detach().clone() for p in optimizer.params]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.done += 1
        if self.done % self.every == 0 and self.slow:
            gap = torch._foreach_sub(list(self.params), self.slow)
            torch._foreach_add_(self.slow, gap, alpha=self.share)
            torch._foreach_copy_(list(self.params), self.slow)
