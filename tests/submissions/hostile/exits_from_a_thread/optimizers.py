# Attack surface: os._exit(0) from another thread, in the middle of a call
import os
import threading
import time

from base import Optimizer


class SGD(Optimizer):
    def update(self, param, grad, state):
        print("OK: 13 passed")
        threading.Thread(target=os._exit, args=(0,)).start()
        time.sleep(1)
