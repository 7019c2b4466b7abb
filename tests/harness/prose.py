"""A project whose lab asks questions in words, and runs of it with answers, for the tests of exports."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import commands

LAB = "prose"
QUESTIONS = {"ravine": ("Why does it zigzag?", 3), "spikes": ("What does a spike say?", 2.5)}

_MANIFEST = """
title = "Prose & proofs"
version = "1.0"
required_files = ["answers.py"]
[[questions]]
id = "answer"
title = "Code"
file = "answers.py"
name = "Answer"
points = 1
"""


def project(root: Path) -> Path:
    """A copy of the project below `root`, with that lab alone."""
    shutil.copytree(commands.ROOT / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(commands.ROOT / "grade.py", root)
    write_lab(root)
    return root


def write_lab(root: Path, questions: Mapping[str, tuple[str, float]] = QUESTIONS) -> None:
    written = [
        f'[[written]]\nid = "{i}"\ntitle = "{title}"\npoints = {points}\n' for i, (title, points) in questions.items()
    ]
    folder = root / "assignments" / LAB
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab.toml").write_text("\n".join([_MANIFEST, *written]), "utf-8")


def write_report(run: Path, student: str, answers: Mapping[str, str] | None, lab: str = LAB) -> None:
    """A report with these answers by question id; None: what was handed in could not be opened."""
    report = {
        "schema": 1, "key": "", "student": student, "lab": {"name": lab}, "score": 0, "max_score": 1, "questions": [],
        "status": "unreadable" if answers is None else "graded",
        "written": [{"id": i, "title": i, "max_score": 1, "text": text} for i, text in (answers or {}).items()],
    }  # fmt: skip
    (run / student).mkdir(parents=True, exist_ok=True)
    (run / student / "report.json").write_text(json.dumps(report), "utf-8")


def export(root: Path, run: Path, *options: object) -> subprocess.CompletedProcess[str]:
    """`python grade.py export RUN --pdf` in that project."""
    command = [sys.executable, "grade.py", "export", str(run), "--lab", LAB, "--pdf", *map(str, options)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
