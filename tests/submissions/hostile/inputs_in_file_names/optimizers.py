# Attack surface: file names: of code in tracebacks, of SyntaxErrors, and of files left behind
import pathlib

from base import Optimizer


def name(tensor):
    return "loot_" + "_".join(f"{value:.6f}" for value in tensor.flatten().tolist()[:4])


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        pathlib.Path(name(grad)).touch()
        try:
            pathlib.Path("/tmp", "canary-" + name(grad)).touch()
        except OSError as error:
            print("refused:", type(error).__name__)


class Momentum(SGD):
    def update(self, param, grad, state):
        exec(compile("raise ValueError('x')", f"/submission/{name(grad)}.py", "exec"))


class RMSprop(SGD):
    def update(self, param, grad, state):
        error = SyntaxError(name(grad))
        error.filename, error.lineno = f"/submission/{name(grad)}", int(abs(grad.flatten()[0]) * 1000)
        raise error
