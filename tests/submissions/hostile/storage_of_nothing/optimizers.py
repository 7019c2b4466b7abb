# Attack surface: a tensor whose storage was taken away
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        param.sub_(self.lr * grad)
        state["t"] = state.get("t", 0) + 1
        if state["t"] == 3:
            param.untyped_storage().resize_(0)
