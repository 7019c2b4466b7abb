# Attack surface: tracebacks with local variables: traceback, faulthandler, cgitb and exception notes
import faulthandler
import sys
import traceback

from base import Optimizer

try:
    faulthandler.enable(all_threads=True)
except BaseException as error:
    print("no faulthandler:", type(error).__name__)


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        try:
            raise ValueError("loot")
        except ValueError as error:
            trace = "".join(traceback.walk_stack(None) and traceback.format_exception(error))
            stack = traceback.StackSummary.extract(traceback.walk_stack(sys._getframe()), capture_locals=True)
            text = " ".join(str(frame.locals) for frame in stack)
            error.add_note("loot: " + text)
            raise RuntimeError("loot: " + text[:1500] + trace) from error
