# Attack surface: comparisons that convert before they compare
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        param.data = (param - self.lr * (grad + self.weight_decay * param)).half()
