# Attack surface: names of classes and attributes in error messages
from base import Optimizer

LETTERS = "abcdefghij"


def spelled(tensor):
    numbers = "".join(str(int(abs(value) * 1000)) for value in tensor.flatten().tolist()[:8])
    return "loot_" + "".join(LETTERS[int(digit)] for digit in numbers)


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        raise type(spelled(grad), (Exception,), {"__module__": "builtins"})


class Momentum(SGD):
    def update(self, param, grad, state):
        getattr(param, spelled(grad))


class RMSprop(SGD):
    def update(self, param, grad, state):
        raise NotImplementedError(spelled(grad))
