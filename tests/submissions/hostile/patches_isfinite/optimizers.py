# Attack surface: isfinite and isnan of torch, numpy and math, in the worker
import math

import numpy
import torch
from base import Optimizer

for module in (torch, torch.Tensor, numpy, math):
    module.isfinite = lambda *args, **options: torch.tensor(True)
    module.isnan = lambda *args, **options: torch.tensor(False)


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.mul_(float("nan"))
