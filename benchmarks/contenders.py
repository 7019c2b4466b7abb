"""The three ways to grade the same submissions with the same checks, each as the command a person would type."""

import csv
import json
import re
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from measure import BenchmarkError, Cost, Memory, run
from otter_files import build_archive, write_notebook

from autograder.lab import ROOT, Lab

JOBS = 2
Scores = dict[str, float]


@dataclass(frozen=True)
class Class:
    """Copies of the reference, each with a last line of its own, so that nothing can be reused among them."""

    lab: Lab
    folder: Path

    @property
    def files(self) -> list[str]:
        return sorted({question.file for question in self.lab.manifest.questions})

    def of(self, size: int) -> Path:
        """A class of `size` copies."""
        parent = self.folder / f"class_of_{size}"
        for number in range(size):
            self.copy(parent / f"student_{number:04d}", number)
        return parent

    def copy(self, target: Path, number: int) -> Path:
        target.mkdir(parents=True, exist_ok=True)
        for name in self.files:
            text = (self.lab.reference / name).read_text("utf-8")
            (target / name).write_text(f"{text}\n# Copy {number}.\n", "utf-8")
        return target


class ThisGrader:
    """`grade.py run` on a class."""

    def __init__(self, lab: Lab, folder: Path):
        self._lab, self._folder, self._turn = lab, folder, count()

    def grade(self, submissions: Path, memory: Memory | None = None) -> tuple[Cost, dict[str, Scores]]:
        """The cost of the whole class, and the points by student and question."""
        out = self._folder / f"run_{next(self._turn)}"
        command = [sys.executable, ROOT / "grade.py", "run", submissions]
        options = ["--lab", self._lab.name, "--out", out, "--jobs", str(JOBS)]
        cost = run([*command, *options], self._folder / "grade.log", memory)
        with (out / "grades.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        ids = [question.id for question in self._lab.manifest.questions]
        return cost, {row["student"]: {i: float(row[i]) for i in ids} for row in rows}


class PlainPytest:
    """A pytest process a submission, the student's code inside it."""

    def __init__(self, lab: Lab, folder: Path):
        self._lab, self._log = lab, folder / "pytest.log"

    def grade(self, submission: Path, lean: bool = False) -> tuple[Cost, int, int]:
        """The cost, and how many checks passed and failed; `lean` as in `measure.run`."""
        command = [sys.executable, "-m", "pytest", self._lab.hidden_suite.relative_to(ROOT), "-q"]
        options = ["--submission", submission, "--isolation", "none", "-p", "no:cacheprovider"]
        cost = run([*command, *options], self._log, allowed=(0, 1), lean=lean)
        text = self._log.read_text("utf-8")
        passed, failed = (
            int(found[1]) if (found := re.search(rf"(\d+) {word}", text)) else 0 for word in ("passed", "failed")
        )
        return cost, passed, failed


class OtterRun:
    """`otter run` on a notebook."""

    def __init__(self, lab: Lab, folder: Path):
        self._lab, self._folder = lab, folder
        self._archive = build_archive(lab, folder)

    def prepare(self, submission: Path) -> Path:
        """The submission as a notebook."""
        files = sorted({question.file for question in self._lab.manifest.questions})
        notebook = self._folder / f"{submission.name}.ipynb"
        write_notebook(submission, files, notebook)
        return notebook

    def grade(self, notebook: Path) -> tuple[Cost, Scores]:
        """The cost, and the points by question."""
        results = self._folder / "results.json"
        results.unlink(missing_ok=True)
        command = [sys.executable, "-m", "otter", "run", "--no-logo", "--autograder", self._archive]
        cost = run([*command, "--output-dir", self._folder, notebook], self._folder / "otter.log")
        tests = json.loads(results.read_text("utf-8"))["tests"]
        points = {test["name"].split(" - ")[0]: float(test["score"]) for test in tests if "score" in test}
        return cost, points


def agree_on_grades(
    lab: Lab, classmates: Class, wrong: Path, ours: ThisGrader, plain: PlainPytest, otter: OtterRun
) -> None:
    """Make sure that all three really grade: the same points for a right submission and for a wrong one.

    Raises:
        BenchmarkError: they do not.
    """
    full = {question.id: float(question.points) for question in lab.manifest.questions}
    right = classmates.of(1) / "student_0000"
    for submission, is_right in ((right, True), (wrong, False)):
        _, scores = ours.grade(submission)
        (expected,) = scores.values()
        if (expected == full) != is_right:
            raise BenchmarkError(f"This grader gives {expected} to {submission.name}: that cannot be right.")
        _, points = otter.grade(otter.prepare(submission))
        off = sorted(i for i in full if abs(points.get(i, -1.0) - expected[i]) > 1e-3)
        if off:
            raise BenchmarkError(
                f"otter does not grade {submission.name} as this grader does: {', '.join(off)}. "
                f"otter: {points}; this grader: {expected}."
            )
        _, passed, failed = plain.grade(submission)
        if not passed or (failed == 0) != is_right:
            raise BenchmarkError(f"pytest passed {passed} and failed {failed} checks of {submission.name}.")
