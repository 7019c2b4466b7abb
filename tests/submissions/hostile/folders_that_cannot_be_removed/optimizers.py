# Attack surface: whoever clears the work folder away: deep trees, names that are no text, folders without permissions
import os

from base import Optimizer


def attack():
    here = os.open(".", os.O_RDONLY)
    try:
        for depth in range(1200):
            os.mkdir("canary-" + "d" * 200)
            os.chdir("canary-" + "d" * 200)
    except OSError as error:
        print(depth, error)
    os.fchdir(here)
    for name in (b"canary-\xff\xfe", b"canary-\n\x1b[2J", "canary-\u202e".encode()):
        try:
            open(name, "wb").close()
        except OSError as error:
            print(name, error)
    try:
        os.mkdir("canary-sealed", 0o300)
        os.mkdir("canary-sealed/inner", 0o000)
        open("canary-sealed/file", "w").close()
    except OSError as error:
        print(error)
    return False


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
