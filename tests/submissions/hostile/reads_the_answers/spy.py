# Attack surface: the file system and procfs: hidden tests, the reference, other submissions, the grader's environment
"""Looks for answers and uses what it finds; finds nothing where the walls hold."""

import importlib.util
import os
import time

WANTED = ("optimizers.py", "schedulers.py")
CLUES = ("GRADE", "REFERENCE", "HIDDEN", "SEED", "PYTEST", "SUBMISSION")


def walk(seconds=0.5):
    """Paths of hidden tests and references below /, as far as the time goes."""
    stop = time.monotonic() + seconds
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders if name not in ("proc", "sys", "dev", "site-packages", "lib")]
        for name in names:
            secret = "reference" in folder and name in WANTED or "hidden" in folder and name.startswith("test_")
            if secret or name in ("grades.csv", "results.json"):
                yield os.path.join(folder, name)
        if time.monotonic() > stop:
            return


def clues():
    """Names, never values, of variables that a grader sets, from every process in sight."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                names = [entry.split("=")[0] for entry in file.read().decode("latin-1").split("\0")]
        except OSError:
            continue
        yield from (name for name in names if name.startswith(CLUES))


def answers(module):
    """The reference's module of that name, or None."""
    try:
        print("environment:", sorted(set(clues())))
    except OSError as error:
        print("no procfs:", error)
    for path in walk():
        print("found", path)
        if os.path.basename(path) == module + ".py" and "reference" in path:
            spec = importlib.util.spec_from_file_location("borrowed_" + module, path)
            borrowed = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(borrowed)
            return borrowed
    return None
