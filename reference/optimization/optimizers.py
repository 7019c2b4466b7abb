"""The optimizers, each as the formula says it: p the parameter, g its gradient, lr the rate of this step."""

from collections.abc import Iterable
from typing import Any

import torch
from base import Optimizer


class SGD(Optimizer):
    """Straight down the gradient (Robbins & Monro, 1951)."""

    def __init__(self, params: Iterable[torch.Tensor], lr: float, weight_decay: float = 0.0) -> None:
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        g = grad + self.weight_decay * param
        param -= self.lr * g


class Momentum(Optimizer):
    """A heavy ball (Polyak, 1964): the velocity v is a fading sum of gradients.

    The rate multiplies the velocity on the way out, so a new rate applies to the whole of v at once.
    """

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        g = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0.0) + g
        param -= self.lr * v


class Nesterov(Optimizer):
    """A ball that looks ahead (Nesterov, 1983; Sutskever et al., 2013): step along the velocity to come.

    The next step will carry momentum·v anyway, so it is taken now, before the next gradient is seen.
    """

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        g = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0.0) + g
        param -= self.lr * (g + self.momentum * v)


class RMSprop(Optimizer):
    """Each element in units of its own recent root mean square √s (Tieleman & Hinton, 2012).

    s starts at 0 and is not corrected, so the first steps are up to 1/√(1 - alpha) times too long.
    """

    def __init__(self, params: Iterable[torch.Tensor], lr: float, alpha: float = 0.99, eps: float = 1e-8) -> None:
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        s = state["s"] = self.alpha * state.get("s", 0.0) + (1 - self.alpha) * grad**2
        param -= self.lr * grad / (s.sqrt() + self.eps)


def adam_direction(g: torch.Tensor, state: dict[str, Any], betas: tuple[float, float], eps: float) -> torch.Tensor:
    """m̂ / (√v̂ + eps), about 1 in size (Kingma & Ba, 2015, algorithm 1); remembers m, v and t in `state`.

    Both averages start at 0. After t steps their weights add up to 1 - betaᵗ, and dividing by this makes
    them averages again.
    """
    beta1, beta2 = betas
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return m_hat / (v_hat.sqrt() + eps)


class Adam(Optimizer):
    """Momentum in units of the root mean square. The decay is part of the gradient, so it is rescaled too."""

    def __init__(
        self,
        params: Iterable[torch.Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        g = grad + self.weight_decay * param
        param -= self.lr * adam_direction(g, state, self.betas, self.eps)


class AdamW(Optimizer):
    """Adam whose decay goes past the averages (Loshchilov & Hutter, 2019): every weight shrinks alike."""

    def __init__(
        self,
        params: Iterable[torch.Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        param -= self.lr * self.weight_decay * param
        param -= self.lr * adam_direction(grad, state, self.betas, self.eps)


class Lookahead:
    """k steps forward, one step back (Zhang et al., 2019): slow weights follow where fast ones have been."""

    def __init__(self, optimizer: Optimizer, k: int = 5, alpha: float = 0.5) -> None:
        self.optimizer = optimizer
        self.k = k
        self.alpha = alpha
        self.t = 0
        self.slow = [fast.detach().clone() for fast in optimizer.params]

    @property
    def params(self) -> list[torch.Tensor]:
        return self.optimizer.params

    @property
    def lr(self) -> float:
        return self.optimizer.lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self.optimizer.lr = lr

    def zero_grad(self) -> None:
        self.optimizer.zero_grad()

    @torch.no_grad()
    def step(self) -> None:
        self.optimizer.step()
        self.t += 1
        if self.t % self.k == 0:
            for slow, fast in zip(self.slow, self.params, strict=True):
                slow += self.alpha * (fast - slow)
                fast.copy_(slow)
