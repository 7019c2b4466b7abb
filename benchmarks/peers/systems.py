"""The three systems, each graded by the command that a person types, on a class of alice, mallory and zoe."""

import csv
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from importlib.metadata import version
from pathlib import Path

import nbformat
import supervise
from measure import BenchmarkError
from otter_files import generate, write_notebook
from question import LAB, MALLORY, NEIGHBOURS, POINTS, QUESTION, SECRET, nbgrader_tests, otter_tests
from supervise import Run

from autograder.lab import ROOT, Lab

STUDENT_SECONDS, CLASS_SECONDS = 60.0, 120.0  # what takes longer hangs
CELL_SECONDS = 15  # nbgrader's own limit, for a cell
_NBGRADER = "0.9.5"
_VENV = ROOT / "build" / "peers" / "venv"
_SCORES = """
    SELECT assignment.student_id, SUM(COALESCE(grade.manual_score, grade.auto_score, 0))
    FROM grade
    JOIN submitted_notebook AS notebook ON grade.notebook_id = notebook.id
    JOIN submitted_assignment AS assignment ON notebook.assignment_id = assignment.id
    GROUP BY assignment.student_id
"""


@dataclass(frozen=True)
class Graded:
    """What came of a class: points of three by student (None: no grade), and what else was seen."""

    points: Mapping[str, float | None]
    run: Run
    shown: str  # what mallory gets to read
    kept: int  # bytes of results
    touched: bool  # a neighbour's file is not as it was

    @property
    def mallory(self) -> float | None:
        return self.points.get(MALLORY)

    @property
    def harmed(self) -> bool:
        return self.touched or any(self.points.get(name) != POINTS for name in NEIGHBOURS)


class System(ABC):
    """One grader. `grade` works in a folder of its own and leaves in it all that it and the attack made."""

    name: str
    version: str
    command: str
    secret: str  # a line of the hidden test

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True)
        self.lab = Lab.find(LAB)

    @abstractmethod
    def told(self, folder: Path) -> dict[str, str]:
        """Where in `folder` the attacker finds the hidden test, the class and the results."""

    @abstractmethod
    def grade(self, source: str, folder: Path, environment: Mapping[str, str], settle: float) -> Graded:
        """Grade `source` as mallory's, between two right submissions; look at the grades `settle` seconds later."""

    @cached_property
    def right(self) -> str:
        return (self.lab.reference / "optimizers.py").read_text("utf-8")


class Otter(System):
    """`otter run`, once a student. The neighbours' were run before; zoe's runs again after an attack that lingers."""

    name, secret, command = "otter-grader", SECRET, "otter run"
    version = version("otter-grader")

    def __init__(self, folder: Path):
        super().__init__(folder)
        staging = folder / "staging"
        (staging / "tests").mkdir(parents=True)
        (staging / "tests" / f"{QUESTION}.py").write_text(otter_tests(), "utf-8")
        shutil.copy(self.lab.handout / "base.py", staging)
        self._archive = generate(staging, folder / "autograder.zip")
        (folder / "home").mkdir()
        _notebook(self.right, folder / "right.ipynb")
        self._one(folder / "right.ipynb", folder / "right", folder, {**os.environ, "HOME": str(folder / "home")})

    def told(self, folder: Path) -> dict[str, str]:
        return {
            "ANSWERS": str(self._archive),
            "CLASS": str(folder / "class"),
            "RESULTS": str(folder / "out" / MALLORY),
        }

    def grade(self, source: str, folder: Path, environment: Mapping[str, str], settle: float) -> Graded:
        students, out = folder / "class", folder / "out"
        for name in (*NEIGHBOURS, MALLORY):
            _notebook(source if name == MALLORY else self.right, students / f"{name}.ipynb")
            if name != MALLORY:
                shutil.copytree(self.folder / "right", out / name)
        others = [out / "alice" / "results.json", *(students / f"{name}.ipynb" for name in NEIGHBOURS)]
        before = _digest(others)
        run = self._one(students / f"{MALLORY}.ipynb", out / MALLORY, folder, environment)
        if settle:
            (out / "zoe" / "results.json").unlink()
            self._one(students / "zoe.ipynb", out / "zoe", folder, environment)
        time.sleep(settle)
        points = {name: self._points(out / name) for name in (*NEIGHBOURS, MALLORY)}
        return Graded(points, run, self._shown(out / MALLORY), _size([out / MALLORY]), before != _digest(others))

    def _one(self, notebook: Path, out: Path, folder: Path, environment: Mapping[str, str]) -> Run:
        out.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "otter", "run", "--no-logo", "--autograder", self._archive]
        command += ["--output-dir", out, notebook]
        return supervise.run(command, folder, environment, folder / "log", STUDENT_SECONDS)

    def _tests(self, out: Path) -> list[dict[str, object]]:
        try:
            return list(json.loads((out / "results.json").read_text("utf-8"))["tests"])
        except (OSError, ValueError, KeyError):
            return []

    def _points(self, out: Path) -> float | None:
        scores = [float(str(test["score"])) for test in self._tests(out) if "score" in test]
        return sum(scores) if scores else None

    def _shown(self, out: Path) -> str:
        """The tests that Gradescope shows to a student."""
        return "\n".join(str(t.get("output")) for t in self._tests(out) if t.get("visibility") != "hidden")


class Nbgrader(System):
    """`nbgrader autograde` on the class; the grades are those in its gradebook."""

    name, version, secret, command = "nbgrader", _NBGRADER, SECRET, "nbgrader autograde"

    def __init__(self, folder: Path):
        super().__init__(folder)
        _make_environment()
        self._course = folder / "course"
        source = self._course / "source" / "ps1"
        source.mkdir(parents=True)
        shutil.copy(self.lab.handout / "base.py", source)
        cells = [_cell("solution", "### BEGIN SOLUTION\n### END SOLUTION", solution=True)]
        cells += [_cell(name, text, solution=False) for name, text in nbgrader_tests().items()]
        nbformat.write(_with_kernel(cells), source / f"{QUESTION}.ipynb")
        settings = f"c = get_config()\nc.CourseDirectory.course_id = 'dl'\nc.Execute.timeout = {CELL_SECONDS}\n"
        (self._course / "nbgrader_config.py").write_text(settings, "utf-8")
        command = _nbgrader("generate_assignment", "ps1")
        made = subprocess.run(command, cwd=self._course, env=_activated(os.environ), capture_output=True, text=True)
        if made.returncode:
            raise BenchmarkError(f"nbgrader generate_assignment failed:\n{made.stdout}{made.stderr}")

    def told(self, folder: Path) -> dict[str, str]:
        course = folder / "course"
        answers = course / "source" / "ps1" / f"{QUESTION}.ipynb"
        return {"ANSWERS": str(answers), "CLASS": str(course / "submitted"), "RESULTS": str(course)}

    def grade(self, source: str, folder: Path, environment: Mapping[str, str], settle: float) -> Graded:
        course = folder / "course"
        shutil.copytree(self._course, course)
        for name in (*NEIGHBOURS, MALLORY):
            submission = course / "submitted" / name / "ps1" / f"{QUESTION}.ipynb"
            submission.parent.mkdir(parents=True)
            notebook = nbformat.read(course / "release" / "ps1" / f"{QUESTION}.ipynb", as_version=4)
            notebook.cells[0].source = source if name == MALLORY else self.right
            nbformat.write(notebook, submission)
        handed_in = [course / "submitted" / name / "ps1" / f"{QUESTION}.ipynb" for name in NEIGHBOURS]
        before = _digest(handed_in)
        environment = _activated(environment)
        run = supervise.run(_nbgrader("autograde", "ps1"), course, environment, folder / "log", CLASS_SECONDS)
        time.sleep(settle)
        touched = before != _digest(handed_in)
        kept = _size([course / "autograded" / MALLORY, course / "gradebook.db"])
        return Graded(self._points(course), run, self._shown(course), kept, touched)

    def _points(self, course: Path) -> dict[str, float | None]:
        """As `nbgrader export` adds them up, of those whose notebook was graded."""
        graded = {path.parent.name for path in (course / "autograded").glob("*/ps1") if any(path.glob("*.ipynb"))}
        try:
            with closing(sqlite3.connect(course / "gradebook.db")) as gradebook:
                rows = gradebook.execute(_SCORES).fetchall()
        except sqlite3.Error:
            return {}
        return {student: score for student, score in rows if student in graded}

    def _shown(self, course: Path) -> str:
        """What the cells put out; the feedback page holds them, and the hidden tests' source by design."""
        try:
            notebook = nbformat.read(course / "autograded" / MALLORY / "ps1" / f"{QUESTION}.ipynb", as_version=4)
        except OSError:
            return ""
        return unescape("\n".join(json.dumps(cell.get("outputs", "")) for cell in notebook.cells))


class ThisGrader(System):
    """`grade.py run` on the class."""

    name, command = "this grader", "grade.py run"

    def __init__(self, folder: Path, root: Path):
        super().__init__(folder)
        self._root = root
        suite = (root / self.lab.hidden_suite.relative_to(ROOT) / "test_optimizers.py").read_text("utf-8")
        self.secret = next(line.strip() for line in suite.splitlines() if line.startswith("    agree("))
        found = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True)
        self.version = found.stdout.strip() or "unknown"

    def told(self, folder: Path) -> dict[str, str]:
        answers = self._root / self.lab.hidden_suite.relative_to(ROOT) / "test_optimizers.py"
        return {"ANSWERS": str(answers), "CLASS": str(folder / "class"), "RESULTS": str(folder / "out")}

    def grade(self, source: str, folder: Path, environment: Mapping[str, str], settle: float) -> Graded:
        students, out = folder / "class", folder / "out"
        for name in (*NEIGHBOURS, MALLORY):
            (students / name).mkdir(parents=True)
            for file in self.lab.manifest.required_files:
                shutil.copy(self.lab.reference / file, students / name)
        (students / MALLORY / "optimizers.py").write_text(source, "utf-8")
        others = [path for name in NEIGHBOURS for path in sorted((students / name).iterdir())]
        before = _digest(others)
        command = [sys.executable, self._root / "grade.py", "run", students, "--lab", LAB, "--out", out]
        run = supervise.run([*command, "--jobs", "2"], self._root, environment, folder / "log", CLASS_SECONDS)
        time.sleep(settle)
        shown = _text(out / MALLORY / "report.json")
        return Graded(self._points(out), run, shown, _size([out]), before != _digest(others))

    def _points(self, out: Path) -> dict[str, float | None]:
        try:
            with (out / "grades.csv").open(newline="") as file:
                rows = list(csv.DictReader(file))
        except OSError:
            return {}
        return {row["student"]: float(row[QUESTION]) for row in rows if row["status"] == "graded"}


def _make_environment() -> None:
    """nbgrader in an environment of its own under build/, which borrows torch from this one.

    Raises:
        BenchmarkError: pip could not install it.
    """
    made = _VENV / f"nbgrader-{_NBGRADER}"
    if made.exists():
        return
    shutil.rmtree(_VENV, ignore_errors=True)
    python = _VENV / "bin" / "python"
    steps: Sequence[Sequence[str | Path]] = [
        [sys.executable, "-m", "venv", _VENV],
        [python, "-m", "pip", "install", "--quiet", f"nbgrader=={_NBGRADER}", "ipykernel"],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode:
            raise BenchmarkError(f"{' '.join(map(str, step))} failed:\n{done.stderr}")
    own = Path(sysconfig.get_path("purelib", vars={"base": str(_VENV)}))
    (own / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    made.touch()


def _nbgrader(*arguments: str | Path) -> list[str | Path]:
    return [_VENV / "bin" / "python", "-m", "nbgrader", *arguments]


def _activated(environment: Mapping[str, str]) -> dict[str, str]:
    """nbgrader calls alembic by its bare name."""
    return {**environment, "PATH": f"{_VENV / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"}


def _cell(name: str, text: str, solution: bool) -> nbformat.NotebookNode:
    marks = {"grade": not solution, "solution": solution, "locked": not solution, "task": False}
    points = {} if solution else {"points": 1}
    marks_of_nbgrader = {**marks, **points, "grade_id": name, "schema_version": 3, "cell_type": "code"}
    return nbformat.v4.new_code_cell(text, metadata={"nbgrader": marks_of_nbgrader})


def _with_kernel(cells: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _notebook(source: str, path: Path) -> None:
    """A submission of otter's: one cell that defines everything."""
    folder = path.parent / f".{path.stem}"
    folder.mkdir(parents=True)
    (folder / "optimizers.py").write_text(source, "utf-8")
    write_notebook(folder, ["optimizers.py"], path)
    shutil.rmtree(folder)


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() if path.exists() else b"" for path in paths)).hexdigest()


def _size(paths: Iterable[Path]) -> int:
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return sum(file.stat().st_size for file in files if file.is_file())


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""
