"""Folders of runs as the grader leaves them, written from a few numbers; and a small project to grade in for real."""

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from commands import ROOT
from labs import NAME, tiny_lab

from autograder.lab import Lab
from autograder.moves import total
from autograder.records import grades_csv, row_of, write_record

OPTIMIZATION = Lab.find("optimization")


def report(
    student: str, lab: Lab = OPTIMIZATION, share: float = 1.0, status: str = "graded", **scores: float
) -> dict[str, Any]:
    """A report on somebody who has this share of each question's points, but for the questions given."""
    questions = [_question(q.id, q.title, scores.get(q.id, share * q.points), q.points, status) for q in
                 lab.manifest.questions]  # fmt: skip
    return {
        "schema": 1,
        "student": student,
        "status": status,
        "lab": {"name": lab.name, "title": lab.manifest.title, "version": "1", "hash": lab.digest},
        "isolation": "namespaces",
        "environment": {"python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6", "machine": "x86_64"},
        "score": total(question["score"] for question in questions),
        "max_score": lab.max_score,
        "questions": questions,
        "flags": [],
        "key": "made by hand",
    }


def _question(id_: str, title: str, score: float, worth: float, status: str) -> dict[str, Any]:
    """Two checks: the first is worth what was reached."""
    missed = {"needs staff": "needs staff", "unreadable": "not attempted"}.get(status, "failed")
    reached = "passed" if score else missed
    checks = [_check(f"test_{id_}_reached", f"What {title} reaches", reached, score, score or worth)]
    if 0 < score < worth:
        checks.append(_check(f"test_{id_}_missed", f"What {title} misses", missed, 0, worth - score))
    return {"id": id_, "title": title, "score": score, "max_score": worth, "checks": checks, "diagnosis": None}


def _check(name: str, title: str, verdict: str, score: float, worth: float) -> dict[str, Any]:
    message = "" if verdict == "passed" else f"{title}: step 3, expected 0.5, got 0.25"
    return {"name": name, "title": title, "verdict": verdict, "score": score, "max_score": worth, "message": message,
            "seconds": 0.01, "runs": []}  # fmt: skip


def write_run(
    folder: Path,
    reports: Sequence[Mapping[str, Any]],
    hand_ins: Mapping[str, Mapping[str, Any]] | None = None,
    lab: Lab = OPTIMIZATION,
) -> Path:
    """A finished run with these reports, each in the folder of its student's name."""
    for each in reports:
        write_record(folder / each["student"], dict(each), f"printed by {each['student']}\n")
    (folder / "grades.csv").write_text(grades_csv(lab, [row_of(dict(each)) for each in reports]))
    if hand_ins is not None:
        content = {"schema": 1, "lab": lab.name, "students": hand_ins}
        (folder / "hand_ins.json").write_text(json.dumps(content))
    return folder


def rows_of(text: str) -> list[dict[str, str]]:
    """A CSV file, read as any program reads it."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def project(root: Path, **lab: Any) -> Path:
    """A copy of the project whose only lab is a tiny one, so that it may be changed; `lab` as for `tiny_lab`."""
    shutil.copytree(ROOT / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "grade.py", root)
    tiny_lab(root, **lab)
    return root


def grade_in(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`python grade.py ARGUMENTS` of the project in `folder`, about its tiny lab, with code that it trusts."""
    command = [sys.executable, str(folder / "grade.py"), *map(str, arguments), "--lab", NAME]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
