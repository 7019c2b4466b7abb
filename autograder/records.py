"""What a run leaves on disk: a record a student, written whole or not at all, and the table of grades.

Names and messages are a student's in part, so whatever is written here for people goes through `plain` on its way.
A record's folder alone keeps the student's name as it is.
"""

import csv
import io
import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.folder import REPORT, SCHEMA
from autograder.lab import Lab
from autograder.text import plain

NAME_LIMIT = 2000  # more than the longest file name has, every byte of it escaped
_TEXT_LIMIT = 2000  # of any other text in a report
_IN_WORDS = 50_000, True  # the limit for a written answer, and that it has lines
_LOG_LIMIT = 4 << 20
_NEEDED = {"student", "lab", "key", "status", "questions"}
_NUMBERS = re.compile(r"\[\s+[-+.\de]+(?:,\s+[-+.\de]+)+\s+\]")  # a list of them takes one line, not hundreds


@dataclass(frozen=True)
class Row:
    """One student's line in the table of grades; `student` and `problem` are fit to be shown."""

    student: str
    score: float
    max_score: float
    questions: dict[str, float]
    status: str
    problem: str = ""  # why nothing could be read
    reused: bool = False
    flags: tuple[str, ...] = ()  # kinds of what a person should look at


def read_record(folder: Path) -> dict[str, Any] | None:
    """The report in `folder`; None if there is none of this schema."""
    try:
        report = json.loads((folder / REPORT).read_bytes())
        return report if report["schema"] == SCHEMA and set(report) >= _NEEDED else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_current(report: Mapping[str, Any], digest: str) -> bool:
    """Whether the lab of this digest graded it, or a regrade found that its grade stands beside those of that lab."""
    return digest in (report["lab"].get("hash"), report.get("stands_beside"))


def write_record(folder: Path, report: dict[str, Any], log: str) -> None:
    """The log first: where there is a report, everything is there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "worker.log", plain(log, _LOG_LIMIT, lines=True))
    write_atomically(folder / REPORT, as_inert_json(report) + "\n")


def as_inert_json(report: Any) -> str:
    """`report` as JSON in ASCII, every text in it fit to be shown.

    The texts are data and stay true: a quoted line may well hold `a < b`.  But such files get embedded in pages, where
    "</script>" ends a script whatever quotes stand around it; so the characters that HTML heeds are written as
    escapes of JSON's, which read back as the same text.
    """
    text = json.dumps(_plain_throughout(report), indent=1)
    text = _NUMBERS.sub(lambda found: "".join(found[0].split()), text)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _plain_throughout(data: Any, limit: int = _TEXT_LIMIT, lines: bool = False) -> Any:
    if isinstance(data, str):
        return plain(data, limit, lines)
    if isinstance(data, dict):
        return {
            plain(str(key), _TEXT_LIMIT): _plain_throughout(value, *(_IN_WORDS if key == "written" else (limit, lines)))
            for key, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [_plain_throughout(value, limit, lines) for value in data]
    return data


def write_atomically(path: Path, text: str) -> None:
    """Raises OSError, and leaves what was there before, when `text` cannot be written."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def row_of(report: dict[str, Any], reused: bool = False) -> Row:
    scores = {question["id"]: question["score"] for question in report["questions"]}
    problem = report["questions"][0]["checks"][0]["message"] if report["status"] == "unreadable" else ""
    student, problem = plain(report["student"], NAME_LIMIT), plain(problem, _TEXT_LIMIT)
    flags = tuple(sorted({flag["kind"] for flag in report.get("flags", ())}))
    return Row(student, report["score"], report["max_score"], scores, report["status"], problem, reused, flags)


def grades_csv(lab: Lab, rows: Sequence[Row]) -> str:
    """`student,score,max_score,<question ids…>,status`, a line a student."""
    ids = [question.id for question in lab.manifest.questions]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "score", "max_score", *ids, "status"])
    for row in rows:
        scores = [row.questions.get(i, 0) for i in ids]
        writer.writerow([harmless(row.student), row.score, row.max_score, *scores, row.status])
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula, in which no control character is left.

    Some take a formula behind spaces too, and the full-width signs for the plain ones.
    """
    start = unicodedata.normalize("NFKC", cell.lstrip()[:1])
    return f"'{cell}" if start in ("=", "+", "-", "@") else cell
