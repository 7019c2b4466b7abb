# Attack surface: links that are made after the files were checked
import os

from base import Optimizer

TARGETS = ("..", "/etc/passwd", "/proc/1/environ", "../../reference/optimization/optimizers.py", "/proc/self/fd/3")

for number, target in enumerate(TARGETS):
    for link in (os.symlink, os.link):
        name = f"link{number}_{link.__name__}"
        try:
            link(target, name)
            with open(name) as file:
                print("canary: could read through a link to", target, len(file.read(4096)))
        except (OSError, UnicodeDecodeError):
            continue
try:
    os.symlink("/tmp", "outside")
    with open("outside/canary-link", "w") as file:
        file.write("written through a link")
except OSError as error:
    print("no link:", type(error).__name__)


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
