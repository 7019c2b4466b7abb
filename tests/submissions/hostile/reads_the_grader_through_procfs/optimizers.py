# Attack surface: procfs: environ, cmdline, maps, mem, fd, cwd and root of other processes
import os

from base import Optimizer

FILES = ("environ", "cmdline", "maps", "stack", "auxv", "mountinfo")


def pids():
    yield from {os.getppid(), 1, 2, os.getpgrp(), os.getpid() - 1} - {os.getpid()}
    try:
        yield from (int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid())
    except OSError as error:
        print("no procfs:", error)


for pid in pids():
    for name in FILES:
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                print("canary: could read", pid, name, len(file.read(4096)))
        except OSError:
            continue
    for link in ("cwd", "root", "exe", "fd/3"):
        try:
            print("canary: could follow", pid, link, len(os.listdir(f"/proc/{pid}/{link}")))
        except OSError:
            continue


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
