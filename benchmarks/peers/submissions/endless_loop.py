# Attack surface: time: a busy loop
from accomplice import Wrong


class Momentum(Wrong):
    def update(self, param, grad, state):
        while True:
            pass
