# Attack surface: torch.optim in a text that is executed
from base import Optimizer

scope = {}
exec("from torch.optim import SGD as rule", scope)


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = scope["rule"](self.params, lr=lr, weight_decay=weight_decay)

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()
