# Attack surface: torch.optim in a file that is no Python file
from pathlib import Path

from base import Optimizer

scope = {}
exec(Path("notes.txt").read_text(), scope)


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = scope["rule"](self.params, lr=lr, weight_decay=weight_decay)

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()
