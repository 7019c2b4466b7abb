"""What a run leaves on disk: a record a student, written whole or not at all, and the table of grades."""

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.grading import SCHEMA
from autograder.lab import Lab

GRADES = "grades.csv"


@dataclass(frozen=True)
class Row:
    """One student's line in the table of grades."""

    student: str
    score: float
    max_score: float
    questions: dict[str, float]
    status: str
    problem: str = ""  # why nothing could be read
    reused: bool = False


def read_record(folder: Path) -> dict[str, Any] | None:
    """The report in `folder`; None if there is none of this schema."""
    try:
        report = json.loads((folder / "report.json").read_bytes())
        return report if report["schema"] == SCHEMA and {"key", "status", "questions"} <= set(report) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_record(folder: Path, report: dict[str, Any], log: str) -> None:
    """The log first: where there is a report, everything is there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "worker.log", log)
    write_atomically(folder / "report.json", json.dumps(report, indent=1) + "\n")


def write_atomically(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    os.replace(temporary, path)


def row_of(report: dict[str, Any], reused: bool = False) -> Row:
    scores = {question["id"]: question["score"] for question in report["questions"]}
    problem = report["questions"][0]["checks"][0]["message"] if report["status"] == "unreadable" else ""
    return Row(report["student"], report["score"], report["max_score"], scores, report["status"], problem, reused)


def grades_csv(lab: Lab, rows: Sequence[Row]) -> str:
    """`student,score,max_score,<question ids…>,status`, a line a student."""
    ids = [question.id for question in lab.manifest.questions]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "score", "max_score", *ids, "status"])
    for row in rows:
        scores = [row.questions.get(i, 0) for i in ids]
        writer.writerow([_harmless(row.student), row.score, row.max_score, *scores, row.status])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if cell.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
