"""Throw-away labs of one file, and students for them, for the harness's own tests."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from autograder.errors import IsolationError, StudentError
from autograder.lab import Lab, Limits
from autograder.sandbox import ISOLATION, Sandbox
from autograder.student import Student
from autograder.submission import Submission

PROFILES = ISOLATION["auto"]
NAME = "tiny"

SCENARIOS = """
def call(lab, **inputs):
    return lab.answers.Answer(**inputs).value
"""
REFERENCE = """
class Answer:
    def __init__(self, number=1.0):
        self.value = 2 * number
"""
CHECKS = '''
import pytest
import scenarios

@pytest.mark.question("answer")
def test_answer(agree):
    """The answer is twice the number."""
    agree(scenarios.call, number=21.0)
'''
QUESTIONS = {"answer": 4}


def tiny_lab(
    root: Path,
    *,
    scenarios: str = SCENARIOS,
    checks: str = CHECKS,
    reference: str = REFERENCE,
    questions: Mapping[str, float] = QUESTIONS,
    given: Mapping[str, str] | None = None,
    **limits: float,
) -> Lab:
    """A lab called `tiny` below `root`; each of `questions` (points by id) asks for `Answer` in answers.py."""
    tables = [
        f'[[questions]]\nid = "{i}"\ntitle = "{i}"\nfile = "answers.py"\nname = "Answer"\npoints = {points}'
        for i, points in questions.items()
    ]
    given = given or {}
    manifest = [
        'title = "Tiny"\nversion = "1"\nrequired_files = ["answers.py"]',
        f"given = {list(given)}",
        "[limits]",
        *(f"{name} = {value}" for name, value in limits.items()),
        *tables,
    ]
    files = {
        f"assignments/{NAME}/lab.toml": "\n".join(manifest),
        f"reference/{NAME}/answers.py": dedent(reference),
        f"tests/hidden/{NAME}/scenarios.py": dedent(scenarios),
        f"tests/hidden/{NAME}/test_answers.py": dedent(checks),
        **{f"assignments/{NAME}/handout/{name}": dedent(text) for name, text in given.items()},
    }
    write_files(root, files)
    return Lab.find(NAME, root)


def write_files(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write `files` (contents by path) below `root`, and return it."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def sandbox_of(isolation: str, lab: Lab) -> Sandbox:
    """A sandbox of this kind; skips the test where the machine refuses it."""
    try:
        return Sandbox.start(isolation, lab, lab.manifest.limits)
    except IsolationError as error:
        pytest.skip(str(error))


def call(lab: Any, **inputs: Any) -> Any:
    """Stands for the scenario of this name in the worker."""
    raise NotImplementedError


def student_of(sandbox: Sandbox, lab: Lab, source: str, **limits: float) -> Student:
    """A student who handed in `source` as answers.py, about to take a check."""
    files = {"answers.py": dedent(source).encode()}
    student = Student(sandbox, Submission("student", files), lab, narrowed(lab, **limits))
    student.begin(lab.manifest.questions[0], "check")
    return student


def answer_of(sandbox: Sandbox, lab: Lab, source: str, **inputs: Any) -> Any:
    """What the scenario `call` gives for a student who handed in `source`.

    Raises:
        StudentError: as `Student.run` does.
    """
    student = student_of(sandbox, lab, source)
    try:
        return student.run(call, inputs, expected_bytes=1 << 12)
    finally:
        student.end()


def failure_of(student: Student, expected_bytes: int = 0, **inputs: Any) -> StudentError:
    """How a student's code failed to deliver what the scenario `call` asks."""
    try:
        with pytest.raises(StudentError) as caught:
            student.run(call, inputs, expected_bytes)
    finally:
        student.end()
    return caught.value


def narrowed(lab: Lab, **limits: float) -> Limits:
    return lab.manifest.limits.model_copy(update=limits)


def grade_class(lab: Lab, students: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Grade a class of a throw-away lab as `grade.py run` does; prints the exit code and who needs staff."""
    program = f"""
from pathlib import Path
from autograder import batch
from autograder.cli import grading
from autograder.lab import Lab
from autograder.roster import find_submissions
lab = Lab.find("tiny", Path({str(lab.root)!r}))
roster = find_submissions([Path({str(students)!r})], lab)
order = batch.Order(lab, roster.sources, Path({str(out)!r}), 1, "auto", lab.manifest.limits)
rows = batch.run(order, batch.Events(print, print, lambda row: None, print, print))
print(grading._conclude(rows, order), [row.student for row in rows if row.status == "needs staff"])
"""
    return subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
