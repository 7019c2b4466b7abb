# Attack surface: fused kernels: torch._fused_*
import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        params = [param for param in self.params if param.grad is not None and param.numel()]
        grads = [param.grad for param in params]
        settings = {"momentum": 0.0, "dampening": 0.0, "nesterov": False, "maximize": False, "is_first_step": False}
        torch._fused_sgd_(params, grads, [], weight_decay=self.weight_decay, lr=self.lr, **settings)
