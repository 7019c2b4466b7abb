# Attack surface: shapes that occur twice
from base import Optimizer

MOVES = {}


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        state["t"] = state.get("t", 0) + 1
        key = (param.shape, param.dtype, state["t"])
        param.sub_(MOVES.setdefault(key, self.lr * (grad + self.weight_decay * param)))
