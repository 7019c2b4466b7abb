# Attack surface: sys.path: modules of the student's in place of the grader's
from base import Optimizer


class Idle(Optimizer):
    """Stands for every rule and does nothing."""

    def __init__(self, params, lr, *args, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        pass


SGD = Momentum = Nesterov = RMSprop = Adam = AdamW = Idle


class Lookahead(Idle):
    def __init__(self, optimizer, k=5, alpha=0.5):
        super().__init__(optimizer.params, optimizer.lr)
