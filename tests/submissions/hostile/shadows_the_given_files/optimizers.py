# Attack surface: the lab's given files, under the same names
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
