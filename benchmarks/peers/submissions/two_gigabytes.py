# Attack surface: memory: 2 GB of it, written to, for a second
import time

from accomplice import Wrong


class Momentum(Wrong):
    taken = ()

    def update(self, param, grad, state):
        if not Momentum.taken:
            Momentum.taken = [bytes([i]) * (100 << 20) for i in range(1, 21)]
            time.sleep(1)
        super().update(param, grad, state)
