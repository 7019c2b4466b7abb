# Attack surface: an absolute tolerance, below which moves may be missed
import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        move = self.lr * (grad + self.weight_decay * param)
        param.sub_(torch.where(move.abs() > 3e-6, move, torch.zeros_like(move)))
