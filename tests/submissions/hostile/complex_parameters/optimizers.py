# Attack surface: dtypes that a wire or a comparison does not foresee
import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        value = param - self.lr * (grad + self.weight_decay * param)
        param.data = torch.complex(value.float(), torch.ones_like(value.float()))
