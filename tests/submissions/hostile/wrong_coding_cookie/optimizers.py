# Attack surface: a coding cookie that names no encoding of text, and bytes that are no UTF-8
# -*- coding: zlib -*-
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
