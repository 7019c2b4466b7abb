# Attack surface: the environment: os.environ, libc's getenv, procfs, and the process's own first page
import ctypes
import os

from base import Optimizer

KNOWN = ("MPLBACKEND", "LANG", "HOME", "TMPDIR", "MPLCONFIGDIR")


def variables():
    yield from os.environ
    libc = ctypes.CDLL(None)
    entries = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
    for number in range(200):
        if not entries or entries[number] is None:
            break
        yield entries[number].decode("latin-1").partition("=")[0]
    try:
        with open("/proc/self/environ", "rb") as file:
            yield from (entry.partition("=")[0] for entry in file.read().decode("latin-1").split("\0"))
    except OSError:
        return


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        found = sorted({name for name in variables() if name and name not in KNOWN})
        print("canary: environment", *found) if found else print("an empty environment")
        raise RuntimeError("loot: " + " ".join([*found, os.environ.get("HOME", ""), os.getcwd(), str(os.getuid())]))
