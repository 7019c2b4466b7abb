# Attack surface: settings of torch, NumPy, Python and the process, which the next check would inherit
import decimal
import gc
import locale
import os
import random
import sys
import warnings

import numpy
import torch
from base import Optimizer


def attack():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(7)
    torch.set_grad_enabled(False)
    torch._C._set_deterministic_algorithms(True)
    torch.set_flush_denormal(True)
    for seed in (torch.manual_seed, numpy.random.seed, random.seed):
        seed(41)
    numpy.seterr(all="raise")
    warnings.simplefilter("error")
    locale.setlocale(locale.LC_ALL, "C")
    decimal.getcontext().prec = 1
    gc.disable()
    sys.setrecursionlimit(50)
    sys.path[:] = []
    os.umask(0o777)
    os.environ.update(OMP_NUM_THREADS="7", PYTHONHASHSEED="41", TMPDIR="/nowhere")
    os.chdir("/")
    return False


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))


class Momentum(Optimizer):
    """Right: it must keep its points, whatever SGD did in the worker before."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        v = state.setdefault("v", torch.zeros_like(param))
        v.mul_(self.momentum).add_(grad)
        param.sub_(self.lr * v)
