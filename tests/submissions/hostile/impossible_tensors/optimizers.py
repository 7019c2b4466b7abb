# Attack surface: the channel: tensors of 2**62 columns, of negative size, of unknown dtype
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
    specs = {
        6: [["float32", [0, 2**62]]] * 100,
        12: [["float32", [-1]]],
        100: [["float32", [True, 1.0]]],
    }.get(len(asked["inputs"].get("gradients", [[]])[0]), [["object", [1]]])
    send({"id": asked["id"], "result": {"trajectories": {"parameter": [{"$": i} for i in range(len(specs))]}}}, specs)
    os._exit(0)


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        answer(request())
