# Attack surface: address space and promises of memory, without touching any
import mmap

import numpy
import torch
from base import Optimizer


def attack():
    hoard = []
    for reserve in (
        lambda: mmap.mmap(-1, 1 << 45, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000),
        lambda: mmap.mmap(-1, 1 << 40, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, prot=0),
        lambda: numpy.empty(1 << 42, numpy.uint8),
        lambda: torch.empty(1 << 42, dtype=torch.uint8),
        lambda: bytearray(1 << 42),
    ):
        try:
            hoard.append(reserve())
        except (OSError, MemoryError, RuntimeError, ValueError) as error:
            print(repr(error))
    return len(hoard) > 0


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
