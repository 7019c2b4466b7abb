# Attack surface: ids of objects, which are used again
from base import Optimizer

STEPS = {}


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        step = STEPS.setdefault(id(param), self.lr * (grad + self.weight_decay * param))
        param.sub_(step)
