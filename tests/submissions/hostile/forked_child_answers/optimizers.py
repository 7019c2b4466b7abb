# Attack surface: fork inside a call: two processes hold the channel, and both return
import os

from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)
        try:
            self.child = os.fork() == 0
        except OSError:
            self.child = False

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr if self.child else -3 * self.lr)
