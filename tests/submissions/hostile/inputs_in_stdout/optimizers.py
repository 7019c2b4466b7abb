# Attack surface: standard output and error, as far as they reach the student
import sys
import traceback

from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        print("Traceback (most recent call last):\nAssertionError: loot", grad.flatten().tolist()[:4])
        frame = sys._getframe(1)
        while frame is not None:
            print("loot", *list(frame.f_locals)[:20], file=sys.stderr)
            frame = frame.f_back
        traceback.print_stack(limit=5)
