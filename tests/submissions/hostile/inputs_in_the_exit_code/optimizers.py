# Attack surface: exit status and signal number
import os

from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        os._exit(100 + int(abs(grad.flatten()[0]) * 100) % 100)


class Momentum(SGD):
    def update(self, param, grad, state):
        raise SystemExit(int(abs(grad.flatten()[0]) * 100))
