# Attack surface: torch.optim under a name that is put together at run time
import importlib

from base import Optimizer

NAME = "".join(map(chr, [116, 111, 114, 99, 104, 46, 111, 112, 116, 105, 109]))
library = importlib.import_module(NAME)


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = library.SGD(self.params, lr=lr, weight_decay=weight_decay)

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()
