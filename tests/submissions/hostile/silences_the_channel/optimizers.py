# Attack surface: dup2 of the null device onto the channel
import os

from base import Optimizer


class SGD(Optimizer):
    def update(self, param, grad, state):
        os.dup2(os.open(os.devnull, os.O_RDWR), 3)
