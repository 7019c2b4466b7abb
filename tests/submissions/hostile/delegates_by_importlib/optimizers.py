# Attack surface: torch.optim through importlib and __import__
import importlib

from base import Optimizer

try:
    library = importlib.import_module("torch.optim")
except ImportError:
    library = __import__("torch.optim", fromlist=["SGD"])


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = library.SGD(self.params, lr=lr, weight_decay=weight_decay)

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()
