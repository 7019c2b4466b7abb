# Attack surface: torch's own C++ code, made to crash
import ctypes

import torch
from base import Optimizer


def attack():
    buffer = (ctypes.c_float * 4)()
    tensor = torch.frombuffer(buffer, dtype=torch.float32)
    ctypes.memset(id(tensor), 0xFF, 64)
    return bool(tensor.sum())


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
