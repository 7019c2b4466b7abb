# Attack surface: quantised and packed tensors
import warnings

import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            param.data = torch.quantize_per_tensor(param.float() - self.lr * grad.float(), 0.1, 0, torch.qint8)
