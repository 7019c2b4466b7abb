# Attack surface: differences of infinities, which are NaN
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        param.fill_(float("inf"))
        param.mul_(-1 if grad.sum() > 0 else 1)
