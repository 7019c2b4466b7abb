"""A submission run in the grader's own process: no isolation, so that breakpoints and profilers reach it.

For an instructor's own code, and for measuring what a plain pytest process costs; never for a grade.
"""

import atexit
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NoReturn

from autograder.errors import StudentError, UsageError, Verdict
from autograder.lab import Lab, Question
from autograder.submission import Submission, lay_out
from autograder.worker import modules


class InProcess:
    """Has the methods of `student.Student`; the student's exceptions come through as they are."""

    def __init__(self, submission: Submission, lab: Lab):
        self._modules = modules_of(submission, lab)

    def begin(self, question: Question, check: str, training: bool = False) -> None: ...

    def end(self) -> None: ...

    def place(self, file: object, line: object) -> str:
        return f" in {file}, line {line}"

    def run(self, scenario: Callable[..., Any], inputs: Mapping[str, Any], expected_bytes: int = 0) -> Any:
        return scenario(self._modules, **inputs)

    @property
    def time_is_up(self) -> bool:
        return False

    def test(self, question: Question, variant: str, packed: bytes) -> NoReturn:
        raise UsageError("Students' tests are run in workers only: leave `--isolation none` out.")


def modules_of(submission: Submission, lab: Lab) -> SimpleNamespace:
    """The submission's files, imported into this process, the lab's given ones beside them."""
    if submission.problem:
        raise StudentError(Verdict.NOT_ATTEMPTED, submission.problem)
    folder = tempfile.mkdtemp(prefix="submission-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # a debugger wants to read it
    lay_out(folder, {**submission.files, **lab.given_files()})
    names = [name.removesuffix(".py") for name in submission.files if name.endswith(".py") and "/" not in name]
    given = [name.removesuffix(".py") for name in lab.manifest.given]
    with contextlib.chdir(folder):  # where what they write as they are imported goes away with it
        return modules.load([folder], [*given, *names])
