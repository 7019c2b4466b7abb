# Attack surface: whoever starts workers: a crash each time, before any answer
import ctypes

ctypes.string_at(0)
