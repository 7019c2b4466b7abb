# Attack surface: gradient tensors that are changed steps after they were handed over
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        param.sub_(2 * self.lr * grad)


class Momentum(SGD):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.momentum = momentum

    def update(self, param, grad, state):
        if self.weight_decay:
            grad = grad + self.weight_decay * param
        if "v" not in state:
            state["v"] = grad
        else:
            state["v"].mul_(self.momentum).add_(grad)
        param.sub_(self.lr * state["v"])
