# Attack surface: torch.optim, imported under other names
import torch as t
from base import Optimizer
from torch import optim as o
from torch.optim.sgd import SGD as Plain


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = (Plain if t else o.SGD)(self.params, lr=lr, weight_decay=weight_decay)

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()
