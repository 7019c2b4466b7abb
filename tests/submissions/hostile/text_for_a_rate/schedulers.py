# Attack surface: float() of texts, bools and exotic numbers
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy
from base import LRScheduler

getcontext().prec = 1


class ExponentialLR(LRScheduler):
    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return ["0.5", True, Fraction(1, 3), Decimal("0.25"), numpy.float16(0.5), complex(1, 0).real][t % 6]
