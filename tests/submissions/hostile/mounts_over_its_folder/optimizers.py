# Attack surface: mount: other content below the paths that the grader trusts
import ctypes
import errno

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)


def attack():
    """Of a kind that does not exist, so that nothing is mounted even by who may."""
    mounted = LIBC.mount(b"none", b".", b"canary", 0, None) == 0
    return mounted or ctypes.get_errno() == errno.ENODEV


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
