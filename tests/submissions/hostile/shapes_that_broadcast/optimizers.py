# Attack surface: comparisons that broadcast, and maxima over nothing
import torch
from base import Optimizer


class Vanishing(Optimizer):
    def __init__(self, params, lr, *args, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.data = torch.empty(0, dtype=param.dtype)


SGD = Momentum = Nesterov = RMSprop = Adam = AdamW = Vanishing


class Lookahead(Vanishing):
    def __init__(self, optimizer, k=5, alpha=0.5):
        super().__init__(optimizer.params, optimizer.lr)
