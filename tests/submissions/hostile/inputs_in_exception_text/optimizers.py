# Attack surface: the text of exceptions
from base import Optimizer


class Leak(Exception):
    def __str__(self):
        return "loot: " + repr(self.args)


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        error = Leak(param.tolist(), grad.tolist(), self.lr)
        error.add_note("loot: " + str(grad.tolist()))
        raise error
