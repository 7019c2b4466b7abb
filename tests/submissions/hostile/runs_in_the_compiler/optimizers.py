# Attack surface: modules that the compiler imports late; one of them runs before any other file
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
