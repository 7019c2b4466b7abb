# Attack surface: torch.optim through another part of torch that has it
from base import Optimizer
from torch.optim.lr_scheduler import Optimizer as Theirs

library = Theirs.__subclasses__()


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = next(c for c in library if c.__name__ == "SGD")(self.params, lr=lr, weight_decay=weight_decay)

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()
