"""The command line as our tests call it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "submissions"
REFERENCE = ROOT / "reference" / "optimization"
HANDOUT = ROOT / "assignments" / "optimization" / "handout"


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(ROOT / "grade.py"), *map(str, arguments)]


def grade(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`python grade.py ARGUMENTS`, as seen by somebody without a terminal."""
    return subprocess.run(command(*arguments), cwd=cwd, capture_output=True, text=True, check=False)


def start(*arguments: object) -> subprocess.Popen[str]:
    """As `grade`, without waiting; ^C reaches it, though pytest-xdist ignores it in its own workers."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def report(out: Path, student: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / student / "report.json").read_text("utf-8"))
    return content


def first_loss(question: dict[str, Any]) -> dict[str, Any] | None:
    """The first check of a question that did not pass."""
    return next((check for check in question["checks"] if check["verdict"] != "passed"), None)


def copies_of_reference(folder: Path, count: int) -> Path:
    """A class of right submissions."""
    for number in range(count):
        student = folder / f"student{number:03}"
        student.mkdir(parents=True)
        for name in ("optimizers.py", "schedulers.py"):
            shutil.copy(REFERENCE / name, student)
    return folder


def descendants(pid: int) -> set[int]:
    """All processes below `pid`, in whatever namespace."""
    children: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(parent, []).append(int(entry))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that run; a zombie does not."""

    def runs(pid: int) -> bool:
        try:
            return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return {pid for pid in pids if runs(pid)}
