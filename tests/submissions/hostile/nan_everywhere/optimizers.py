# Attack surface: comparisons of the form `not (difference > tolerance)`
from base import Optimizer


class NotANumber(Optimizer):
    def __init__(self, params, lr, *args, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.fill_(float("nan"))


SGD = Momentum = Nesterov = RMSprop = Adam = AdamW = NotANumber


class Lookahead(NotANumber):
    def __init__(self, optimizer, k=5, alpha=0.5):
        super().__init__(optimizer.params, optimizer.lr)
