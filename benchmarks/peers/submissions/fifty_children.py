# Attack surface: processes: fifty that sleep for five seconds
import os
import time

from accomplice import Wrong


class Momentum(Wrong):
    bred = False

    def update(self, param, grad, state):
        for _ in range(0 if Momentum.bred else 50):
            try:
                if os.fork() == 0:
                    time.sleep(5)
                    os._exit(0)
            except OSError:
                break
        Momentum.bred = True
        super().update(param, grad, state)
