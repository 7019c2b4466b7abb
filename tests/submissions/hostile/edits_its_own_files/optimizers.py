# Attack surface: its own files and their compiled form, which later workers would load
import glob
import os
import py_compile

from base import Optimizer

RIGHT = """
from base import Optimizer


class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay

    def update(self, param, grad, state):
        v = state["v"] = self.momentum * state.get("v", 0.0) + grad + self.weight_decay * param
        param.sub_(self.lr * v)
"""


def leave():
    for path in (__file__, "optimizers.py", "/submission/optimizers.py"):
        try:
            with open(path, "w") as file:
                file.write(RIGHT)
            for compiled in glob.glob(os.path.join(os.path.dirname(path), "__pycache__", "optimizers*.pyc")):
                py_compile.compile(path, compiled)
        except OSError as error:
            print(path, error)


def found():
    return False


class SGD(Optimizer):
    """Wrong; leaves things behind."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        leave()

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)


class Momentum(Optimizer):
    """Right, and so worth its points, only if it finds what another process left."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.factor = 1 if found() else 2

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0.0) + grad
        param.sub_(self.factor * self.lr * v)
