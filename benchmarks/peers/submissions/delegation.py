# Attack surface: the task itself; torch.optim does the work
import torch
from base import Optimizer


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = torch.optim.SGD(self.params, lr=lr, momentum=momentum, weight_decay=weight_decay)

    def step(self):
        self.inner.param_groups[0]["lr"] = self.lr
        self.inner.step()
