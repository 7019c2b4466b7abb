# Attack surface: file names and lines in tracebacks, which say whose fault an exception is
from base import Optimizer

RAISER = "\n" * 70000 + "def update(self, param, grad, state): raise {error}"


def raising(filename, error):
    scope = {}
    exec(compile(RAISER.format(error=error), filename, "exec"), scope)

    def begin(self, params, lr, **options):
        Optimizer.__init__(self, params, lr)

    return type("Rule", (Optimizer,), {"__init__": begin, "update": scope["update"]})


SGD = raising("/tests/hidden/optimization/test_optimizers.py", "AssertionError('the check is broken')")
Momentum = raising("base.py", "RuntimeError('the given file is broken')")
RMSprop = raising("<frozen importlib._bootstrap>", "MemoryError()")
Adam = raising("/submission/optimizers.py", "OSError(24, 'Too many open files')")
