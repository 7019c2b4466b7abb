# Attack surface: every folder that it can name: results, sources, libraries, home
import os
import site
import sys
import tempfile

from base import Optimizer

ABOVE = ["../" * depth for depth in range(1, 6)]
PLACES = [
    "/", "/tmp", "/var/tmp", "/etc", "/root", "/home", "/run", "/dev/shm/..", "/proc", "/sys/fs/cgroup", sys.prefix,
    os.path.dirname(os.__file__), *site.getsitepackages(), "/grader", "/autograder/results", "/work", *ABOVE,
]  # fmt: skip


def attack():
    own = {os.path.realpath("."), os.path.realpath(tempfile.gettempdir())}
    through = []
    for place in PLACES:
        path = os.path.join(place, "canary-outside.pth")
        if os.path.realpath(place) in own:
            continue
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            os.unlink(path)
            through.append(place)
        except OSError:
            continue
    print(through)
    return bool(through)


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
