"""What every optimizer and every scheduler of this lab shares. Given: the grader uses its own copy."""

from collections.abc import Iterable
from typing import Any

import torch


class Optimizer:
    """Walks over the parameters; a subclass says in `update` how one of them moves.

    params  tensors of any shape, 0-d and empty ones included; a generator is fine
    lr      the learning rate, a plain float; it may change between any two steps
    state   one dict for each parameter, empty at first: what `update` must remember goes here
    """

    def __init__(self, params: Iterable[torch.Tensor], lr: float) -> None:
        self.params = list(params)
        self.lr = lr
        self.state: list[dict[str, Any]] = [{} for _ in self.params]

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient; one whose grad is None stays where it is."""
        for param, state in zip(self.params, self.state, strict=True):
            if param.grad is not None:
                self.update(param, param.grad, state)

    def zero_grad(self) -> None:
        """Forget all gradients, so that the next backward pass starts afresh."""
        for param in self.params:
            param.grad = None

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        """Change `param` in place; leave `grad`, of the same shape and dtype, as it is."""
        raise NotImplementedError(f"{type(self).__name__}.update")


class LRScheduler:
    """Writes `optimizer.lr`; a subclass says in `lr_at` which rate belongs to step t.

    A subclass stores its own arguments before it calls `super().__init__(optimizer)`, because the
    rate of step 0 is set right here.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.t = 0
        optimizer.lr = self.lr_at(0)

    def step(self) -> None:
        """Go on to the next step and set its rate."""
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)

    def lr_at(self, t: int) -> float:
        """The learning rate of step t = 0, 1, 2, …; depends on t and the arguments alone."""
        raise NotImplementedError(f"{type(self).__name__}.lr_at")
