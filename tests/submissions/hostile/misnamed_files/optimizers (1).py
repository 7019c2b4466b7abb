# Attack surface: names that nearly are the lab's: other suffixes, capitals, blanks, copies
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
