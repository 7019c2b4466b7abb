"""What a run leaves on disk: a record a student, written whole or not at all, and the table of grades.

Names and messages are a student's in part, so whatever is written here for people goes through `plain` on its way.
A record's folder alone keeps the student's name as it is.
"""

import csv
import io
import json
import math
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from autograder.folder import LIKENESS, LIKENESS_SCHEMA, REPORT, SCHEMA
from autograder.lab import Lab
from autograder.text import plain

NAME_LIMIT = 2000  # more than the longest file name has, every byte of it escaped
_TEXT_LIMIT = 2000  # of any other text in a report
_IN_WORDS = 50_000, True  # the limit for a written answer, and that it has lines
_LOG_LIMIT = 4 << 20
_NEEDED = {"student", "lab", "key", "status", "questions"}
_PAIR = {"a", "b", "share", "href"}
# A list of them takes one line, not hundreds.  Texts have no line ends in JSON, so this meets none of theirs.
_NUMBERS = re.compile(r"\[\n\s+(?:null|[-+.\de]+)(?:,\n\s+(?:null|[-+.\de]+))*\n\s+\]")


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
    mistakes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by question: it behaves exactly like these


_Points = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class _Check(BaseModel):
    name: str
    title: str
    verdict: str
    score: _Points
    max_score: _Points
    message: str


class _Diagnosis(BaseModel):
    names: list[str]
    text: str


class _Question(BaseModel):
    id: str
    title: str
    score: _Points
    max_score: _Points
    checks: list[_Check] = Field(min_length=1)
    diagnosis: _Diagnosis | None = None


class _Flag(BaseModel):
    kind: str
    text: str


class _Report(BaseModel):
    """What can be relied on in a report that is shown to people."""

    student: str
    status: str
    lab: dict[str, str]
    isolation: str
    environment: dict[str, Any]
    score: _Points
    max_score: _Points
    questions: list[_Question] = Field(min_length=1)
    flags: list[_Flag] = []


def read_record(path: Path) -> dict[str, Any] | None:
    """The report that `path` is, or that lies in the folder `path`; None if there is none of this schema."""
    try:
        report = json.loads((path / REPORT if path.is_dir() else path).read_bytes())
        return report if report["schema"] == SCHEMA and set(report) >= _NEEDED else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def read_whole_record(path: Path) -> dict[str, Any] | None:
    """As `read_record`, and None also where it lacks what people are shown of one: then somebody else wrote it."""
    report = read_record(path)
    try:
        _Report.model_validate(report)
    except ValidationError:
        return None
    return report


def records_in(run: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folder and report of each student of a run, by name and one at a time, for all of them are many megabytes.

    A report.json that somebody else wrote is passed over.
    """
    for folder in sorted(path.parent for path in run.glob(f"*/{REPORT}")):
        if report := read_whole_record(folder):
            yield folder, report


def is_current(report: Mapping[str, Any], digest: str) -> bool:
    """Whether the lab of this digest graded it, or a regrade found that its grade stands beside those of that lab."""
    return digest in (report["lab"].get("hash"), report.get("stands_beside"))


def write_record(folder: Path, report: dict[str, Any], log: str) -> None:
    """The log first: where there is a report, everything is there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "worker.log", plain(log, _LOG_LIMIT, lines=True))
    write_atomically(folder / REPORT, as_inert_json(report) + "\n")


def as_inert_json(report: Any, indent: int | None = 1) -> str:
    """`report` as JSON in ASCII, every text and path in it fit to be shown; a number that JSON has no word for is null.

    Without `indent` it is one line.

    The texts are data and stay true: a quoted line may well hold `a < b`.  But such files get embedded in pages, where
    "</script>" ends a script whatever quotes stand around it; so the characters that HTML heeds are written as
    escapes of JSON's, which read back as the same text.
    """
    text = json.dumps(inert(report), indent=indent, separators=None if indent else (",", ":"))
    text = _NUMBERS.sub(lambda found: "".join(found[0].split()), text)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def inert(data: Any, limit: int = _TEXT_LIMIT, lines: bool = False) -> Any:
    """`data` as it comes back from the JSON that `as_inert_json` makes of it."""
    if isinstance(data, str | Path):
        return plain(str(data), limit, lines)
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, Mapping):
        return {
            plain(str(key), _TEXT_LIMIT): inert(value, *(_IN_WORDS if key == "written" else (limit, lines)))
            for key, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [inert(value, limit, lines) for value in data]
    return data


def write_atomically(path: Path, content: str | bytes) -> None:
    """Raises OSError, and leaves what was there before, when `content` cannot be written; text is UTF-8."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_likeness(folder: Path) -> list[dict[str, Any]]:
    """The pairs of likeness.json that have "a", "b", "share" and "href", a page's address from `folder`."""
    try:
        record = json.loads((folder / LIKENESS).read_bytes())
        pairs = record["pairs"] if record["schema"] == LIKENESS_SCHEMA else []
        return [pair for pair in pairs if set(pair) >= _PAIR and isinstance(pair["share"], int | float)]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def row_of(report: dict[str, Any], reused: bool = False) -> Row:
    scores = {question["id"]: question["score"] for question in report["questions"]}
    problem = report["questions"][0]["checks"][0]["message"] if report["status"] == "unreadable" else ""
    student, problem = plain(report["student"], NAME_LIMIT), plain(problem, _TEXT_LIMIT)
    flags = tuple(sorted({flag["kind"] for flag in report.get("flags", ())}))
    mistakes = {q["id"]: tuple(q["diagnosis"]["names"]) for q in report["questions"] if _is_named(q.get("diagnosis"))}
    return Row(
        student, report["score"], report["max_score"], scores, report["status"], problem, reused, flags, mistakes
    )


def _is_named(diagnosis: Mapping[str, Any] | None) -> bool:
    return bool(diagnosis and diagnosis["names"])


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
