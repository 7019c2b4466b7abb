# Attack surface: TCP: to this machine, to the network, and a server of its own
import socket
import urllib.request

from base import Optimizer


def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()


def attack():
    through = []
    for attempt in (
        lambda: socket.create_connection(("127.0.0.1", 22), 0.2),
        lambda: socket.create_connection(("192.0.2.1", 80), 0.2),
        lambda: socket.create_connection(("::1", 22), 0.2),
        lambda: urllib.request.urlopen("http://127.0.0.1:8265/", timeout=0.2),
        lambda: socket.getaddrinfo("example.invalid", 80),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        listening,
    ):
        try:
            through.append(attempt())
        except OSError as error:
            print(repr(error))
    return bool(through)


class SGD(Optimizer):
    """Right, and so worth its points, only if the attack got through."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.factor = 1 if attack() else 2

    def update(self, param, grad, state):
        param.sub_(self.factor * self.lr * (grad + self.weight_decay * param))
