# Attack surface: every way of Python's to start a program
import concurrent.futures
import multiprocessing
import os
import pty
import subprocess
import sys

from base import Optimizer


def pooled():
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        return pool.submit(abs, -1).result(timeout=1)


def attack():
    ways = (
        lambda: subprocess.run([sys.executable, "-c", "print(1)"], check=True),
        lambda: subprocess.Popen("sleep 10", shell=True),
        lambda: os.waitstatus_to_exitcode(os.system("true")) == 0 or 1 / 0,
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        lambda: os.posix_spawn(sys.executable, [sys.executable, "-c", "1"], {}),
        lambda: os.popen("echo out").read() or 1 / 0,
        lambda: pty.fork()[0] or os._exit(0),
        lambda: multiprocessing.get_context("fork").Process(target=abs, args=(1,)).start(),
        lambda: multiprocessing.get_context("spawn").Process(target=abs, args=(1,)).start(),
        pooled,
    )
    through = 0
    for way in ways:
        try:
            way()
            through += 1
        except Exception as error:
            print(repr(error))
    return through > 0


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
