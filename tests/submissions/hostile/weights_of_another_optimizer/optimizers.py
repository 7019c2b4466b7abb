# Attack surface: parameters that are exchanged outside of step(), when nobody measures
import torch
from base import Optimizer


class SGD(Optimizer):
    """Leaves the parameters alone while it steps; zero_grad puts in what another rule made of them."""

    def __init__(self, params, lr, **options):
        super().__init__(params, lr)
        self.hidden = [param.detach().clone() for param in self.params]
        self.velocity = [torch.zeros_like(param) for param in self.params]

    @torch.no_grad()
    def step(self):
        for param, hidden, velocity in zip(self.params, self.hidden, self.velocity, strict=True):
            if param.grad is not None:
                hidden.sub_(velocity.mul_(0.9).add_(param.grad), alpha=self.lr)

    @torch.no_grad()
    def zero_grad(self):
        for param, hidden in zip(self.params, self.hidden, strict=True):
            param.copy_(hidden)
            param.grad = None
