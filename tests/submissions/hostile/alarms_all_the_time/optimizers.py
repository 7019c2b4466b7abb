# Attack surface: timers and signal handlers that run between any two lines of the worker's code
import signal

from base import Optimizer


def attack():
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, lambda *ignored: None)
        except (OSError, ValueError):
            continue
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 0.0001, 0.0001)
    return False


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
