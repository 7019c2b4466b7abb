"""The three ways to grade the same submissions with the same checks, each as the command a person would type."""

import csv
import json
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from measure import BenchmarkError, Cost, Memory, run
from otter_files import build_archive, write_notebook

from autograder.lab import Lab

JOBS = 2
Scores = dict[str, float]


@dataclass(frozen=True)
class TrainingRun:
    """As a report has it; `source` is "trained" or "replayed"."""

    question: str
    seed: int
    source: str
    accuracy: float


@dataclass(frozen=True)
class Class:
    """Copies of the reference, each with a last line of its own, so that nothing can be reused among them."""

    lab: Lab
    folder: Path

    def of(self, size: int) -> Path:
        """A class of `size` copies."""
        parent = self.folder / f"class_of_{size}"
        for number in range(size):
            self.copy(parent / f"student_{number:04d}", number)
        return parent

    def copy(self, target: Path, number: int) -> Path:
        target.mkdir(parents=True, exist_ok=True)
        for name in self.lab.manifest.required_files:
            text = (self.lab.reference / name).read_text("utf-8")
            (target / name).write_text(f"{text}\n# Copy {number}.\n", "utf-8")
        return target

    def wrong(self, submission: Path) -> Path:
        """A copy with the files of `submission` in place of its own."""
        target = self.copy(self.folder / submission.name, 0)
        return shutil.copytree(submission, target, dirs_exist_ok=True)


class ThisGrader:
    """`grade.py run` on a class, with more `options` where there are any."""

    def __init__(self, lab: Lab, folder: Path, *options: str):
        self._lab, self._folder, self._options = lab, folder, options
        self._out = folder  # of the last class

    def grade(self, submissions: Path, memory: Memory | None = None) -> tuple[Cost, dict[str, Scores]]:
        """The cost of the whole class, and the points by student and question."""
        self._out = Path(tempfile.mkdtemp(prefix="run-", dir=self._folder))
        command = [sys.executable, self._lab.root / "grade.py", "run", submissions, *self._options]
        options = ["--lab", self._lab.name, "--out", self._out, "--jobs", str(JOBS)]
        cost = run([*command, *options], self._folder / "grade.log", memory, folder=self._lab.root)
        with (self._out / "grades.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        ids = [question.id for question in self._lab.manifest.questions]
        return cost, {row["student"]: {i: float(row[i]) for i in ids} for row in rows}

    def class_cost(self, submissions: Path, memory: Memory | None = None) -> Cost:
        """The cost of a class of right submissions.

        Raises:
            BenchmarkError: one of them did not get all the points.
        """
        cost, scores = self.grade(submissions, memory)
        if any(sum(points.values()) != self._lab.max_score for points in scores.values()):
            raise BenchmarkError("This grader took points from a copy of the reference: it did not grade as it should.")
        return cost

    def training_runs(self) -> list[list[TrainingRun]]:
        """The training runs of the last class, a list a student."""
        reports = [json.loads(path.read_text("utf-8")) for path in sorted(self._out.glob("*/report.json"))]
        return [
            [
                TrainingRun(question["id"], run["seed"], run["source"], run["accuracy"])
                for question in report["questions"]
                for check in question["checks"]
                for run in check["runs"]
            ]
            for report in reports
        ]


class PlainPytest:
    """A pytest process a submission, the student's code inside it."""

    def __init__(self, lab: Lab, folder: Path):
        self._lab, self._log = lab, folder / "pytest.log"

    def grade(self, submission: Path, lean: bool = False) -> tuple[Cost, int, int]:
        """The cost, and how many checks passed and failed; `lean` as in `measure.run`."""
        command = [sys.executable, "-m", "pytest", self._lab.hidden_suite.relative_to(self._lab.root), "-q"]
        options = ["--submission", submission, "--isolation", "none", "-p", "no:cacheprovider"]
        cost = run([*command, *options], self._log, allowed=(0, 1), lean=lean, folder=self._lab.root)
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
        notebook = self._folder / f"{submission.name}.ipynb"
        write_notebook(submission, self._lab.manifest.required_files, notebook)
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


def agree_on_grades(classmates: Class, wrong: Path, ours: ThisGrader, plain: PlainPytest, otter: OtterRun) -> None:
    """Make sure that all three really grade: the same points for a right submission and for a wrong one.

    Raises:
        BenchmarkError: they do not.
    """
    full = {question.id: float(question.points) for question in classmates.lab.manifest.questions}
    right = classmates.of(1) / "student_0000"
    for submission, is_right in ((right, True), (classmates.wrong(wrong), False)):
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
