# Attack surface: torch.optim inside marshalled and encoded code
import base64

from base import Optimizer

scope = {}
exec(base64.b64decode("ZnJvbSB0b3JjaC5vcHRpbSBpbXBvcnQgU0dEIGFzIHJ1bGU="), scope)


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.inner = scope["rule"](self.params, lr=lr, weight_decay=weight_decay)

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()
