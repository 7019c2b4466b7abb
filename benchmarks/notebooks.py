"""What notebooks cost: reading one beside reading .py files, grading it, running the lesson, checking in it.

`python benchmarks/notebooks.py`; it prints the figures and puts them into docs/benchmarks.md.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from report import machine, write

from autograder.lab import ROOT, Lab
from autograder.notebooks import reading
from autograder.submission import Source, read_submission

LAB = Lab.find("optimization")
SAMPLES = ROOT / "tests" / "submissions" / "right"
FILES, NOTEBOOK = SAMPLES / "keyed_by_parameter", SAMPLES / "colab_notebook"  # the same code
ROUNDS, COPIES = 9, 10
CHECKS = """
import json, time
from optimizers import Adam
begun = time.perf_counter()
from checks.notebook import check, start
start()
started = time.perf_counter()
for question in ("adam", "sgd", "fit"):
    check(question, globals())
print(json.dumps([started - begun, (time.perf_counter() - started) / 3]))
"""


def cpu() -> float:
    """CPU seconds so far, of this process and of all that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def cost(action: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    begun, clock = cpu(), time.monotonic()
    action()
    return cpu() - begun, time.monotonic() - clock


def read(path: Path) -> None:
    reading._KEPT.clear()
    assert read_submission(Source("ada", path), LAB).problem is None


def grade(sample: Path, folder: Path) -> None:
    """A class of copies, by replay, whose reference is in the cache already."""
    for number in range(COPIES):
        shutil.copytree(sample, folder / "class" / f"student{number}")
    command = [sys.executable, "grade.py", "run", folder / "class", "--out", folder / "out", "--convergence", "replay"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def execute(notebook: Path, folder: Path) -> None:
    shutil.copytree(LAB.handout, folder, dirs_exist_ok=True)
    shutil.copy(notebook, folder)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--output", "ran", notebook.name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)


def main() -> None:
    pairs = [(cost(lambda: read(FILES))[0], cost(lambda: read(NOTEBOOK))[0]) for _ in range(ROUNDS)]
    files, notebook = (median(column) for column in zip(*pairs, strict=True))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        grade(FILES, root / "warm")
        graded = [cost(lambda s=s, k=k: grade(s, root / k))[0] / COPIES for s, k in ((FILES, "a"), (NOTEBOOK, "b"))]
        master = cost(lambda: execute(LAB.handout.parent / "master.ipynb", root / "master"))
        practice = cost(lambda: execute(LAB.handout.parent / "practice.ipynb", root / "practice"))
        shutil.copytree(LAB.handout, root / "checks", dirs_exist_ok=True)
        for file in LAB.manifest.required_files:
            shutil.copy(LAB.reference / file, root / "checks")
        script = CHECKS.replace("from optimizers", "from training import *; from optimizers")
        done = subprocess.run(
            [sys.executable, "-c", script.replace("import Adam", "import *")],
            cwd=root / "checks", check=True, capture_output=True, text=True,
        )  # fmt: skip
        begin, each = json.loads(done.stdout.splitlines()[-1])
    text = "\n".join(
        [
            machine(),
            "",
            "| | |",
            "|---|--:|",
            f"| reading a submission of four `.py` files, CPU s | {files:.3f} |",
            f"| reading the same code in a notebook (once a batch) | {notebook:.2f} |",
            f"| grading it by replay, a student of {COPIES}, all processes: files | {graded[0]:.2f} |",
            f"| … and as notebooks | {graded[1]:.2f} ({graded[1] / graded[0]:.2f} times) |",
            f"| the lesson with its solutions, by nbconvert: CPU s / wall s | {master[0]:.0f} / {master[1]:.0f} |",
            f"| the practice notebook | {practice[0]:.0f} / {practice[1]:.0f} |",
            f"| public checks in a notebook, torch imported: `start()`, wall s | {begin:.2f} |",
            f"| … each `check(question, …)` after that | {each:.2f} |",
        ]
    )
    print(text)
    write(ROOT / "docs" / "benchmarks.md", text, "notebooks")


if __name__ == "__main__":
    main()
