# Attack surface: requires_grad, leaves and graphs of the parameters
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        param.sub_(self.lr * (grad + self.weight_decay * param))
        param.requires_grad_(False)
