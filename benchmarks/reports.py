"""What all that is shown costs a batch: pictures, excerpts, a page a student, the class's page, likeness.

`python benchmarks/reports.py`; it prints the figures and puts them into docs/benchmarks.md.  The same class is graded
with all of it and with none, in turn.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from notebooks import cost
from report import machine, write

from autograder.lab import ROOT

SUBMISSIONS = ROOT / "tests" / "submissions"
KINDS = ("right", "wrong")
EVERY, ROUNDS = 8, 3
# Grades as before there was anything to look at: report.json, worker.log, grades.csv.
BARE = """
import sys
from autograder import batch, cli, grading
from autograder.exhibits import Exhibition
from autograder.judge import Judge
from autograder.records import write_record
from autograder.report import board
Exhibition.prepare = lambda self: None
Judge.exhibited = lambda self, verdicts: {}
grading.excerpts = lambda *_: ()
batch.write_reports = lambda folder, report, log: write_record(folder, report, log) or ""
batch._find_likeness = lambda order, events: None
board.write_class_page = lambda *_: None
board.Overview.add = lambda *_: None
cli.main()
"""


def grade(program: list[str], students: list[Path], mode: str) -> float:
    """CPU seconds of a batch that shows all, or that shows nothing."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, *program, "run", *students, "--convergence", mode, "--device", "cpu", "--out", out]

        def run() -> None:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr

        return cost(run)[0]


def main() -> None:
    folders = (path for kind in KINDS for path in sorted((SUBMISSIONS / kind).iterdir()) if path.is_dir())
    students = list(folders)[::EVERY]
    rows = []
    for mode in ("replay", "train"):
        whole, bare = [], []
        for _ in range(ROUNDS):
            whole.append(grade(["grade.py"], students, mode))
            bare.append(grade(["-c", BARE], students, mode))
        shares = [1 - less / all_ for all_, less in zip(whole, bare, strict=True)]
        rows.append(
            f"| `--convergence {mode}` | {median(whole) / len(students):.2f} | {median(bare) / len(students):.2f} "
            f"| {median(shares):.0%} ({min(shares):.0%} to {max(shares):.0%}) |"
        )
    text = "\n".join(
        [
            machine(),
            "",
            f"| {len(students)} right and wrong submissions | CPU s a student, all shown | nothing shown | share |",
            "|---|--:|--:|--:|",
            *rows,
        ]
    )
    print(text)
    write(ROOT / "docs" / "benchmarks.md", text, "reports")


if __name__ == "__main__":
    main()
