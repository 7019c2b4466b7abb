# Attack surface: a process whose main thread has ended while another thread runs on
import ctypes
import os
import threading
import time

from base import Optimizer

EXIT = {"x86_64": 60, "aarch64": 93}[os.uname().machine]


def live_on():
    time.sleep(30)
    os._exit(0)


def attack():
    threading.Thread(target=live_on).start()
    ctypes.CDLL(None).syscall(ctypes.c_long(EXIT), ctypes.c_long(0))


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
