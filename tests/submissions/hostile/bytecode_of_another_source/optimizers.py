# Attack surface: modules that the compiler imports late, and bytecode that is not this file's
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
