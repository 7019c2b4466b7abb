"""The command line as our tests call it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder import processes

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "submissions"
REFERENCE = ROOT / "reference" / "optimization"
HANDOUT = ROOT / "assignments" / "optimization" / "handout"


def command(*arguments: object) -> list[str]:
    """The command line; classes are graded by replay unless it says otherwise, which is the quicker way."""
    quicker = ["--convergence", "replay"] if arguments[:1] == ("run",) and "--convergence" not in arguments else []
    return [sys.executable, str(ROOT / "grade.py"), *map(str, arguments), *quicker]


def grade(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`python grade.py ARGUMENTS`, as seen by somebody without a terminal."""
    return subprocess.run(command(*arguments), cwd=cwd, capture_output=True, text=True, check=False)


def start(*arguments: object) -> subprocess.Popen[str]:
    """As `grade`, without waiting; signals reach it, though pytest-xdist ignores ^C and `nohup` a lost terminal."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_signals,
    )


def _heed_signals() -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


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
        for name in ("optimizers.py", "schedulers.py", "lr_finder.py", "training.py"):
            shutil.copy(REFERENCE / name, student)
    return folder


def descendants(pid: int) -> set[int]:
    """All processes below `pid`, in whatever namespace."""
    return processes.family(pid) - {pid}


def alive(pids: set[int]) -> set[int]:
    """Those that run; a zombie does not."""
    return set(filter(processes.runs, pids))


def kill(pids: Iterable[int]) -> None:
    """SIGKILL to those that are still there."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
