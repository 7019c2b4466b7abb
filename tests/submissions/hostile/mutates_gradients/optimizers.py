# Attack surface: the gradient tensors, which must be left as they were
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        grad.add_(param, alpha=self.weight_decay)
        param.sub_(self.lr * grad)
