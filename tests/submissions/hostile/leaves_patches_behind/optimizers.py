# Attack surface: functions of torch, builtins and the grader's own modules, patched for whoever comes next
import builtins
import sys

import torch
from base import Optimizer


def attack():
    for name in ("add_", "sub_", "mul_", "copy_", "clone", "detach", "__sub__", "__mul__", "__add__"):
        setattr(torch.Tensor, name, lambda self, *rest, **more: self)
    torch.zeros_like = torch.ones_like
    torch.stack = torch.tensor = lambda *rest, **more: None
    scenarios = sys.modules.get("scenarios")
    for name in [name for name in vars(scenarios or sys) if not name.startswith("__")]:
        if scenarios:
            setattr(scenarios, name, None)
    sys.modules["base"].Optimizer.step = lambda self: None
    builtins.isinstance = builtins.len = builtins.open = lambda *rest: True
    return False


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))


class Momentum(Optimizer):
    """Right: it must keep its points, whatever SGD did in the worker before."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        v = state.setdefault("v", torch.zeros_like(param))
        v.mul_(self.momentum).add_(grad)
        param.sub_(self.lr * v)
