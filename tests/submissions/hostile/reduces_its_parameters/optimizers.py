# Attack surface: `__reduce__` of parameters, rates and state, for whoever pickles or copies them
import torch
from base import Optimizer


class Payload(torch.Tensor):
    def __reduce_ex__(self, protocol):
        return open, ("/tmp/canary-unpickled", "w")

    __deepcopy__ = __copy__ = __getstate__ = __reduce__ = __reduce_ex__


class Rate(float):
    def __reduce_ex__(self, protocol):
        return open, ("/tmp/canary-unpickled", "w")


def attack():
    return False


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, Rate(lr))
        for param in self.params:
            param.data = param.data.as_subclass(Payload)

    def update(self, param, grad, state):
        state["payload"] = param.data.as_subclass(Payload)
        param.add_(grad, alpha=-2 * self.lr)
