"""Seven optimizers. Write the body of each `update`; the constructors are done.

In every formula p is a parameter, g its gradient, lr the learning rate `self.lr` of this step, and all
operations are element by element. `update` changes `param` in place, leaves `grad` as it is, and
keeps what it must remember in `state`, a dict of this one parameter that is empty at its first step.
"""

from collections.abc import Iterable
from typing import Any

import torch
from base import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent (Robbins & Monro, 1951) with L2 weight decay.

        g ← g + weight_decay·p
        p ← p - lr·g

    >>> p = torch.tensor([1.0, -2.0])
    >>> p.grad = torch.tensor([0.5, 0.5])
    >>> SGD([p], lr=0.1).step()
    >>> p
    tensor([ 0.9500, -2.0500])
    """

    def __init__(self, params: Iterable[torch.Tensor], lr: float, weight_decay: float = 0.0) -> None:
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        """Move `param` (any shape, floating point) one step in place; `grad` has its shape and dtype."""
        raise NotImplementedError("SGD.update")


class Momentum(Optimizer):
    """The heavy ball (Polyak, 1964) in PyTorch's form: the rate stays outside the velocity v.

        g ← g + weight_decay·p
        v ← momentum·v + g          v starts at 0
        p ← p - lr·v

    >>> p = torch.tensor([1.0])
    >>> optimizer = Momentum([p], lr=0.1, momentum=0.5)
    >>> for _ in range(2):          # v = 1, then 0.5·1 + 1 = 1.5
    ...     p.grad = torch.tensor([1.0])
    ...     optimizer.step()
    >>> p
    tensor([0.7500])
    """

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        """Move `param` (any shape, floating point) one step in place; `grad` has its shape and dtype."""
        raise NotImplementedError("Momentum.update")


class Nesterov(Optimizer):
    """Nesterov's accelerated gradient (1983) in PyTorch's form: step along the velocity to come.

        g ← g + weight_decay·p
        v ← momentum·v + g          v starts at 0
        p ← p - lr·(g + momentum·v)

    The form for networks is that of Sutskever et al., "On the importance of initialization and momentum
    in deep learning" (2013), rewritten so that the gradient is taken where the parameter stands.

    >>> p = torch.tensor([1.0])
    >>> p.grad = torch.tensor([1.0])
    >>> Nesterov([p], lr=0.1, momentum=0.5).step()      # v = 1, so p moves by 0.1·(1 + 0.5·1)
    >>> p
    tensor([0.8500])
    """

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        self.momentum = momentum
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        """Move `param` (any shape, floating point) one step in place; `grad` has its shape and dtype."""
        raise NotImplementedError("Nesterov.update")


class RMSprop(Optimizer):
    """A step measured in root mean squares of the gradient (Tieleman & Hinton, lecture 6e, 2012).

        s ← alpha·s + (1 - alpha)·g²        s starts at 0
        p ← p - lr·g / (√s + eps)

    There is no bias correction, and eps is added to the root, not under it.

    >>> p = torch.tensor([1.0, 1.0])
    >>> p.grad = torch.tensor([4.0, -0.001])
    >>> RMSprop([p], lr=0.1, alpha=0.75).step()         # √s = |g| / 2, so both move by 0.2
    >>> p
    tensor([0.8000, 1.2000])
    """

    def __init__(self, params: Iterable[torch.Tensor], lr: float, alpha: float = 0.99, eps: float = 1e-8) -> None:
        self.alpha = alpha
        self.eps = eps
        super().__init__(params, lr)

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        """Move `param` (any shape, floating point) one step in place; `grad` has its shape and dtype."""
        raise NotImplementedError("RMSprop.update")


class Adam(Optimizer):
    """Adam (Kingma & Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1), with L2 decay.

        g ← g + weight_decay·p
        m ← beta1·m + (1 - beta1)·g         m starts at 0
        v ← beta2·v + (1 - beta2)·g²        v starts at 0
        m̂ = m / (1 - beta1ᵗ)                t = 1 at the first step of this parameter
        v̂ = v / (1 - beta2ᵗ)
        p ← p - lr·m̂ / (√v̂ + eps)

    >>> p = torch.tensor([1.0, 1.0])
    >>> optimizer = Adam([p], lr=0.1)
    >>> p.grad = torch.tensor([4.0, -0.001])
    >>> optimizer.step()                # at t = 1, m̂ = g and √v̂ = |g|: every element moves by lr
    >>> p
    tensor([0.9000, 1.1000])
    >>> p.grad = torch.tensor([0.0, -0.001])
    >>> optimizer.step()
    >>> p
    tensor([0.8330, 1.2000])
    """

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
        """Move `param` (any shape, floating point) one step in place; `grad` has its shape and dtype."""
        raise NotImplementedError("Adam.update")


class AdamW(Optimizer):
    """Adam with decoupled decay (Loshchilov & Hutter, "Decoupled weight decay regularization", 2019).

        p ← p - lr·weight_decay·p
        then Adam's step with the gradient alone: the decay never enters m or v

    >>> p = torch.tensor([1.0])
    >>> p.grad = torch.tensor([4.0])
    >>> AdamW([p], lr=0.1, weight_decay=0.5).step()     # 1 - 0.1·0.5·1, then down by 0.1
    >>> p
    tensor([0.8500])
    """

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
        """Move `param` (any shape, floating point) one step in place; `grad` has its shape and dtype."""
        raise NotImplementedError("AdamW.update")


class Lookahead:
    """Bonus. k steps forward, one step back (Zhang et al., "Lookahead optimizer", 2019).

    Wraps an optimizer, whose parameters are the fast weights, and remembers slow weights, which start
    as a copy of them. Each step is one of the wrapped optimizer; after every k-th of them

        slow ← slow + alpha·(fast - slow)
        fast ← slow

    The wrapped optimizer's own state is left alone. Keep the wrapped optimizer in `self.optimizer`:
    `params`, `lr` and `zero_grad`, which are done, hand on to it.

    >>> p = torch.tensor([0.0])
    >>> optimizer = Lookahead(SGD([p], lr=1.0), k=2, alpha=0.25)
    >>> for _ in range(4):              # fast: -1, -2; then -1.5, -2.5 from the slow weight -0.5
    ...     p.grad = torch.tensor([1.0])
    ...     optimizer.step()
    ...     print(p.item())
    -1.0
    -0.5
    -1.5
    -1.0
    """

    optimizer: Optimizer

    def __init__(self, optimizer: Optimizer, k: int = 5, alpha: float = 0.5) -> None:
        """Wrap `optimizer`; k in steps, alpha the share of the way that the slow weights go."""
        raise NotImplementedError("Lookahead.__init__")

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

    def step(self) -> None:
        """One step of the wrapped optimizer; at every k-th, move the slow weights and return to them."""
        raise NotImplementedError("Lookahead.step")
