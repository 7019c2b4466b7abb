# Attack surface: numbers too large for the wire, for a float and for a report
from base import Optimizer


def attack():
    return False


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.sub_(10**5000 * grad)
