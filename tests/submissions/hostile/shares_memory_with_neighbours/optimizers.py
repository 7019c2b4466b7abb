# Attack surface: shared memory, semaphores and queues that have names, and outlive who made them
import ctypes
import os
from multiprocessing import shared_memory

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)
KEY, NAME, CREATE = 0xCA9A41, "canary-for-a-neighbour", 0o1000


def leave():
    LIBC.shmget(KEY, 4096, CREATE | 0o666)
    LIBC.semget(KEY, 1, CREATE | 0o666)
    LIBC.msgget(KEY, CREATE | 0o666)
    LIBC.mq_open(b"/" + NAME.encode(), os.O_CREAT | os.O_RDWR, 0o666, None)
    LIBC.sem_open(b"/" + NAME.encode(), os.O_CREAT | os.O_RDWR, 0o666, 1)
    try:
        shared_memory.SharedMemory(NAME, create=True, size=4096)
    except OSError as error:
        print(error)


def found():
    """From another process: an earlier check's, another student's or an earlier run's."""
    keys = [LIBC.shmget(KEY, 4096, 0), LIBC.semget(KEY, 1, 0), LIBC.msgget(KEY, 0)]
    keys.append(LIBC.mq_open(b"/" + NAME.encode(), os.O_RDWR, 0, None))
    return max(keys) >= 0 or os.path.exists(f"/dev/shm/{NAME}") or os.path.exists(f"/dev/shm/sem.{NAME}")


class SGD(Optimizer):
    """Wrong; leaves things behind."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        leave()

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)


class Momentum(Optimizer):
    """Right, and so worth its points, only if it finds what another process left."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.factor = 1 if found() else 2

    def update(self, param, grad, state):
        grad = grad + self.weight_decay * param
        v = state["v"] = self.momentum * state.get("v", 0.0) + grad
        param.sub_(self.factor * self.lr * v)
