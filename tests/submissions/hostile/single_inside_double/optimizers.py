# Attack surface: tolerances made for float32, applied to float64
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        exact = param.float() - self.lr * (grad.float() + self.weight_decay * param.float())
        param.copy_(exact)
