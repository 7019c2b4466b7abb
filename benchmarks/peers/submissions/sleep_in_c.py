# Attack surface: time: a call into C that keeps the interpreter's lock, every signal blocked
import ctypes
import signal

from accomplice import Wrong


class Momentum(Wrong):
    def update(self, param, grad, state):
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        ctypes.PyDLL(None).sleep(3600)
