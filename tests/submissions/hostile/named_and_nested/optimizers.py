# Attack surface: tensors with names, conjugate and negative bits
import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        flipped = torch._neg_view(param.detach().clone())
        param.data = flipped.rename(*[f"d{i}" for i in range(param.dim())]) if param.dim() else flipped
