"""What `--docker` costs a class of fifty: the same class is graded in a container and outside, in turn.

`python benchmarks/containers.py [IMAGE]`; it prints the figures and puts them into docs/benchmarks.md.  Needs an image
of this checkout (`make image`).  Before it measures, both grade once, so that the reference's own runs are on disk.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from report import machine, write

from autograder.lab import ROOT

SUBMISSIONS = ROOT / "tests" / "submissions"
KINDS = ("right", "wrong")
STUDENTS = 50
ROUNDS = {"replay": 3, "train": 1}  # replay, which is the quicker, is where the container weighs most


def seconds(students: list[Path], mode: str, options: list[str]) -> float:
    """Wall seconds of a whole call of `run`."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "grade.py", "run", *students, "--convergence", mode, "--device", "cpu", "--out", out]
        begun = time.monotonic()
        done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return time.monotonic() - begun


def main(options: list[str]) -> None:
    folders = [path for kind in KINDS for path in sorted((SUBMISSIONS / kind).iterdir()) if path.is_dir()]
    students = folders[:: len(folders) // STUDENTS][:STUDENTS]
    rows = []
    for mode, rounds in ROUNDS.items():
        inside, outside = [], []
        seconds(students[:1], mode, options), seconds(students[:1], mode, [])
        for _ in range(rounds):
            outside.append(seconds(students, mode, []))
            inside.append(seconds(students, mode, options))
        ratios = [one / other for one, other in zip(inside, outside, strict=True)]
        rows.append(
            f"| `--convergence {mode}` | {median(outside):.0f} s | {median(inside):.0f} s "
            f"| {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |"
        )
    text = "\n".join(
        [
            machine(),
            "",
            f"| {len(students)} right and wrong submissions, wall seconds | outside | `--docker` | ratio |",
            "|---|--:|--:|--:|",
            *rows,
        ]
    )
    print(text)
    write(ROOT / "docs" / "benchmarks.md", text, "containers")


if __name__ == "__main__":
    main(["--docker", *(["--image", sys.argv[1]] if len(sys.argv) > 1 else [])])
