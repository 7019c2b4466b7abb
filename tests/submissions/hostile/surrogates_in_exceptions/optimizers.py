# Attack surface: text that cannot be encoded, and text that ends early for C
from base import Optimizer


def attack():
    error = type("\x1b[2J\u202eError", (SyntaxError,), {})("\udfff\ud800 \0 \uffff \x1b]0;owned\x07 \r40 / 40")
    error.filename, error.lineno, error.text = "/submission/\ud800\0\x1b[31m.py", 10**30, "\udcff\0"
    raise error


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
