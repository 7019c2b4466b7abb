# Attack surface: tensors of stride zero: one number that claims a whole shape
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def update(self, param, grad, state):
        value = (param - self.lr * grad).mean() if param.numel() else param.new_zeros(())
        param.data = value.expand(param.shape)
