# Attack surface: references to the parameters, replaced by references to other tensors
import gc

import torch
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.copies = [torch.zeros_like(param) for param in self.params]

    def step(self):
        for param, copy in zip(self.params, self.copies, strict=True):
            for holder in gc.get_referrers(param):
                if isinstance(holder, list) and holder is not self.params:
                    holder[:] = [copy if entry is param else entry for entry in holder]
