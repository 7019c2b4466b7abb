# Attack surface: the channel: a frame that announces 4 GiB and brings less
import os
import struct
import sys
import time

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
    os.write(3, struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + bytes(1 << 16))
    time.sleep(30)


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        answer(request())
