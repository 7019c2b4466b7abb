# Attack surface: the functional forms in torch.optim
import torch
from base import Optimizer
from torch.optim import sgd


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self):
        params = [param for param in self.params if param.grad is not None]
        grads = [param.grad for param in params]
        sgd.sgd(params, grads, [None] * len(params), weight_decay=self.weight_decay, momentum=0.0, lr=self.lr,
                dampening=0.0, nesterov=False, maximize=False)
