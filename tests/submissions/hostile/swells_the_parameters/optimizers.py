# Attack surface: an honest reply, of parameters that have become huge
import torch
from base import Optimizer


def attack():
    return False


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.data = torch.zeros(100_000_000)
