# Attack surface: sys.path: packages of the student's, and the files that Python reads when it starts
import sys

from base import Optimizer

sys.path[:] = ["."]
sys.path_importer_cache.clear()
for name in [name for name in sys.modules if name.partition(".")[0] in ("numpy", "msgpack", "json")]:
    del sys.modules[name]


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
