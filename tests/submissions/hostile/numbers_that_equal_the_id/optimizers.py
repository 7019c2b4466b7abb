# Attack surface: the channel: a number that compares equal to the request's and is not it
import os
import struct
import sys

import msgpack
from base import Optimizer


def request():
    """What the worker was asked, out of its own frame."""
    frame = sys._getframe()
    while frame is not None:
        asked = frame.f_locals.get("request")
        if isinstance(asked, dict) and "id" in asked:
            return asked
        frame = frame.f_back
    return {"id": 0, "inputs": {}}


def send(tree, tensors=(), payload=b""):
    header = msgpack.packb({"tree": tree, "tensors": list(tensors)})
    os.write(3, struct.pack("<II", len(header), len(payload)) + header + payload)


def answer(asked):
    send({"id": float(asked["id"]) if asked["id"] != 1 else True, "result": {"verdict": "passed"}})
    os._exit(0)


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        answer(request())
