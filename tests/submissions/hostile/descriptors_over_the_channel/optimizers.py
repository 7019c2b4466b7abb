# Attack surface: the channel as a socket: descriptors sent along, addresses, options and shutdown
import array
import ctypes
import os
import socket

from base import Optimizer

LIBC = ctypes.CDLL(None, use_errno=True)


def attack():
    through = 0
    address = ctypes.create_string_buffer(b"\x01\0\0canary", 16)
    for name in ("connect", "bind"):
        through += getattr(LIBC, name)(3, address, 9) == 0
    through += LIBC.listen(3, 1) == 0
    try:
        channel = socket.socket(fileno=os.dup(3))
        rights = array.array("i", [0, 1, 2] * 80)
        channel.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        through += 1
    except OSError as error:
        print(error)
    return through > 0


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
