"""What otter needs to grade the lab with the same checks: its archive, and a submission as a notebook."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

import nbformat
from measure import BenchmarkError

from autograder.judge import Check
from autograder.lab import Lab
from autograder.plugin import collect

_BRIDGE = Path(__file__).with_name("otter_bridge.py")
_OFFERED = {"agree", "student", "reference"}  # by the bridge, to a check


@dataclass(frozen=True)
class _Case:
    """One hidden check as one of otter's test cases; points of the lab."""

    question: str
    module: str
    function: str
    points: float


def build_archive(lab: Lab, folder: Path) -> Path:
    """`autograder.zip` by `otter generate`: a test file a question, which calls the hidden checks themselves.

    Raises:
        BenchmarkError: otter could not make it, or a check asks for more than the bridge offers.
    """
    staging = folder / "otter"
    questions = [question.file for question in lab.manifest.questions]
    _copy(lab.handout, staging, lab.manifest.given)
    _copy(lab.handout, staging / "reference", lab.manifest.given)
    _copy(lab.reference, staging / "reference", sorted(set(questions)))
    suite = [path.name for path in lab.hidden_suite.glob("*.py") if path.stem != "conftest"]
    _copy(lab.hidden_suite, staging / "hidden", suite)
    _copy(_BRIDGE.parent, staging, [_BRIDGE.name])
    shutil.copytree(lab.root / "autograder", staging / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    _write_tests(lab, staging / "tests")
    return generate(staging, folder / "autograder.zip")


def generate(staging: Path, archive: Path) -> Path:
    """`archive` by `otter generate`: the test files in `staging`/tests, and beside them what they need.

    Raises:
        BenchmarkError: otter could not make it.
    """
    support = sorted(path.name for path in staging.iterdir() if path.name != "tests")
    command = [sys.executable, "-m", "otter", "generate", "--tests-dir", "tests", "--output-path", archive, *support]
    made = subprocess.run(command, cwd=staging, capture_output=True, text=True)
    if made.returncode or not archive.exists():
        raise BenchmarkError(f"otter generate failed:\n{made.stdout}{made.stderr}")
    return archive


def write_notebook(submission: Path, files: Sequence[str], notebook: Path) -> None:
    """The student's files as a notebook, a cell each: otter grades what one notebook defines."""
    cells = [nbformat.v4.new_code_cell((submission / name).read_text("utf-8")) for name in files]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), notebook)


def _copy(source: Path, target: Path, names: Sequence[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(source / name, target / name)


def _write_tests(lab: Lab, folder: Path) -> None:
    folder.mkdir()
    by_question: dict[str, list[_Case]] = {}
    for case in collect(lab, lambda judge, checks: _cases(checks)):
        by_question.setdefault(case.question, []).append(case)
    for question, cases in by_question.items():
        lines = ["OK_FORMAT = False", "import otter_bridge", "from otter.test_files import test_case"]
        lines.append(f"name = {question!r}")
        for case in cases:
            lines.append(f"@test_case(name={case.function!r}, points={case.points!r})")
            lines.append(f"def {case.function}(env):")
            lines.append(f"    otter_bridge.check({case.module!r}, {case.function!r}, env)")
        (folder / f"{question}.py").write_text("\n".join(lines) + "\n")


def _cases(checks: Sequence[Check]) -> list[_Case]:
    """The checks, each with its share of its question's points."""
    weights: dict[str, float] = {}
    for check in checks:
        weights[check.question.id] = weights.get(check.question.id, 0.0) + check.points
    return [_case(check, weights[check.question.id]) for check in checks]


def _case(check: Check, weight: float) -> _Case:
    function = getattr(check.item, "function", None)
    if function is None or not set(signature(function).parameters) <= _OFFERED:
        raise BenchmarkError(
            f"{check.name} asks for more than {', '.join(sorted(_OFFERED))}: otter has no more for it."
        )
    points = check.question.points * check.points / weight
    return _Case(check.question.id, function.__module__, function.__name__, points)
