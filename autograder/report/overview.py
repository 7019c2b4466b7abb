"""A class in numbers: what its page shows, kept of one report at a time, since all of a thousand are many megabytes."""

import os
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean, median
from typing import Any, TypeVar
from urllib.parse import quote_from_bytes

from autograder.errors import Verdict
from autograder.folder import PAGE, REPORT
from autograder.lab import Lab
from autograder.points import total
from autograder.records import Row
from autograder.report.resemblance import Group, alike, file_hashes, groups, handed_out, wrong_traces
from autograder.text import in_words, plain

_TEXT_LIMIT = 300
_FLAGS_LIMIT = 8  # of one student
_BINS = 20
_SLOWEST = 8
_CODES = {verdict.value: chr(ord("a") + number) for number, verdict in enumerate(Verdict)}
_PASSED = _CODES[Verdict.PASSED]
_UNTRIED = {_CODES[verdict] for verdict in (Verdict.NOT_ATTEMPTED, Verdict.SKIPPED, Verdict.NEEDS_STAFF)}
_NOT_ASKED = "-"

Data = dict[str, Any]
Thing = TypeVar("Thing")
Holder = TypeVar("Holder")


@dataclass(frozen=True)
class _Question:
    id: str
    title: str
    points: float


@dataclass(frozen=True)
class _Check:
    question: str
    name: str
    title: str


@dataclass(frozen=True)
class _Mistake:
    kind: str
    name: str


@dataclass(frozen=True)
class _Student:
    """What is kept of a report; `verdicts` and `seconds` go by the class's checks, as many as it had then."""

    name: str
    href: str
    status: str
    score: float
    questions: Mapping[str, float]
    verdicts: str
    seconds: Sequence[float]
    mistakes: Mapping[str, _Mistake]  # by question
    flags: tuple[tuple[str, str], ...]
    problem: str
    staff: Mapping[str, str]  # why it is needed, by the title of a check
    packed: str
    written: int
    files: tuple[tuple[str, str], ...]
    traces: tuple[tuple[str, str], ...]


class Overview:
    """Takes reports on a lab's students in any order; `data` is what the page shows of them."""

    def __init__(self, lab: Lab) -> None:
        self.title = _short(f"{lab.manifest.title} {lab.manifest.version}")
        self._lab = lab
        self._students: dict[str, _Student] = {}
        self._questions: dict[str, _Question] = {}
        self._checks: dict[tuple[str, str], _Check] = {}

    def add(self, folder: Path, row: Row, report: Mapping[str, Any]) -> None:
        """Keep what the page shows of the report in `folder`, which `row` is of.

        An earlier one of the same folder is forgotten.

        Raises:
            AttributeError, KeyError, IndexError, TypeError: it is no report of ours; nobody is added.
        """
        verdicts, seconds = self._measured(report)
        self._students[folder.name] = _Student(
            name=row.student,
            href=_href(folder),
            status=row.status,
            score=row.score,
            questions=row.questions,
            verdicts=verdicts,
            seconds=seconds,
            mistakes=dict(_mistakes_of(report)),
            flags=tuple(
                (_short(flag["kind"]), _short(flag["text"])) for flag in report.get("flags", ())[:_FLAGS_LIMIT]
            ),
            problem=_short(row.problem),
            staff=_staff_of(report),
            packed=_short(report.get("receipt", {}).get("packed_at") or ""),
            written=sum(bool(answer["text"].strip()) for answer in report.get("written", ())),
            files=file_hashes(report),
            traces=wrong_traces(report),
        )

    def data(self, likeness: Iterable[Mapping[str, Any]] = ()) -> Data:
        """All that the page shows, fit for JSON; students, checks and mistakes are named by their places in it.

        Args:
            likeness: pairs of students as likeness.json has them: `a`, `b`, `share` of 1, `href`.
        """
        folders = sorted(self._students, key=lambda folder: self._students[folder].name)
        students = [self._students[folder] for folder in folders]
        names = [student.name for student in students]
        shared = groups([s.files for s in students], [s.traces for s in students], self._handed_out)
        shared += alike(likeness, {name: place for known in (names, folders) for place, name in enumerate(known)})
        flags = _flags(students, shared, names)
        mistakes = _holders((mistake, place) for place, s in enumerate(students) for mistake in s.mistakes.values())
        places = {mistake: place for place, mistake in enumerate(mistakes)}
        max_score = total(question.points for question in self._questions.values())
        return {
            "title": self.title,
            "max_score": max_score,
            "questions": [asdict(question) for question in self._questions.values()],
            "verdicts": {code: verdict for verdict, code in _CODES.items()},
            "checks": [self._check(place, check, students) for place, check in enumerate(self._checks.values())],
            "students": [
                self._row(student, {question: places[m] for question, m in student.mistakes.items()}, flags[place])
                for place, student in enumerate(students)
            ],
            "scores": _scores([student.score for student in students], max_score),
            "mistakes": [
                {**asdict(mistake), "questions": _questions_of(mistake, students), "students": who}
                for mistake, who in mistakes.items()
            ],
            "staff": _staff(students),
            "groups": [asdict(group) for group in shared],
            "timing": _timing(students),
        }

    @cached_property
    def _handed_out(self) -> frozenset[str]:
        return handed_out(self._lab)

    def _measured(self, report: Mapping[str, Any]) -> tuple[str, Sequence[float]]:
        """Verdict and seconds of each check; those that the class has not met yet become known."""
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for question in report["questions"]:
            about = _Question(question["id"], _short(question["title"]), question["max_score"])
            self._questions.setdefault(about.id, about)
            for check in question["checks"]:
                key = about.id, check["name"]
                found[key] = check
                self._checks.setdefault(key, _Check(about.id, _check_name(check["name"]), _short(check["title"])))
        codes = (_CODES.get(found[key]["verdict"], _NOT_ASKED) if key in found else _NOT_ASKED for key in self._checks)
        return "".join(codes), array("f", (found[key]["seconds"] if key in found else 0.0 for key in self._checks))

    def _check(self, place: int, check: _Check, students: Sequence[_Student]) -> Data:
        codes = [student.verdicts[place] for student in students if student.verdicts[place:][:1] not in ("", "-")]
        seconds = [s.seconds[place] for s in students if place < len(s.seconds)]
        tried = [code for code in codes if code not in _UNTRIED]
        return {
            **asdict(check),
            "passed": codes.count(_PASSED),
            "tried": len(tried),
            "asked": len(codes),
            "seconds": round(sum(seconds), 2),
            "median": round(median(seconds), 3) if seconds else 0,
        }

    def _row(self, student: _Student, mistakes: Mapping[str, int], flags: list[Data]) -> Data:
        return {
            "name": student.name,
            "href": student.href,
            "status": student.status,
            "score": student.score,
            "questions": [student.questions.get(question) for question in self._questions],
            "verdicts": student.verdicts.ljust(len(self._checks), _NOT_ASKED),
            "seconds": round(sum(student.seconds), 2),
            "mistakes": mistakes,
            "flags": flags,
            "problem": student.problem,
            "packed": student.packed,
            "written": student.written,
        }


def _mistakes_of(report: Mapping[str, Any]) -> Iterable[tuple[str, _Mistake]]:
    for question in report["questions"]:
        diagnosis = question.get("diagnosis") or {}
        if diagnosis.get("names"):
            name = " or ".join(in_words(name) for name in diagnosis["names"])
            yield question["id"], _Mistake(str(diagnosis["kind"]), _short(name))


def _questions_of(mistake: _Mistake, students: Sequence[_Student]) -> dict[str, int]:
    """In how many students' answers to each question it was found, the most first."""
    found = Counter(question for s in students for question, each in s.mistakes.items() if each == mistake)
    return dict(found.most_common())


def _staff_of(report: Mapping[str, Any]) -> dict[str, str]:
    return {
        _short(check["title"]): _short(check["message"])
        for question in report["questions"]
        for check in question["checks"]
        if check["verdict"] == Verdict.NEEDS_STAFF
    }


def _staff(students: Sequence[_Student]) -> list[Data]:
    """Why staff is needed, which checks say so and of whom; first what most need it for."""
    found = _holders((why, place) for place, student in enumerate(students) for why in student.staff.values())
    checks = _holders((why, title) for student in students for title, why in student.staff.items())
    return [{"why": why, "checks": checks[why], "students": who} for why, who in found.items()]


def _holders(pairs: Iterable[tuple[Thing, Holder]]) -> dict[Thing, list[Holder]]:
    """Who has each thing, each once; what most have comes first."""
    found: dict[Thing, dict[Holder, None]] = {}
    for thing, holder in pairs:
        found.setdefault(thing, {})[holder] = None
    return {thing: list(who) for thing, who in sorted(found.items(), key=lambda item: -len(item[1]))}


def _flags(students: Sequence[_Student], shared: Sequence[Group], names: Sequence[str]) -> list[list[Data]]:
    """By student, what a person should look at."""
    flags = [[{"kind": kind, "text": text, "href": ""} for kind, text in student.flags] for student in students]
    for group in shared:
        for place in group.students:
            if len(flags[place]) < _FLAGS_LIMIT:
                text = plain(group.words(place, names), _TEXT_LIMIT)
                flags[place].append({"kind": group.kind, "text": text, "href": group.href})
    return flags


def _scores(scores: Sequence[float], max_score: float) -> Data:
    """Mean, median, and how many lie in each of equally wide bins; full marks lie in the last."""
    width = max_score / _BINS or 1
    counts = [0] * _BINS
    for score in scores:
        counts[min(_BINS - 1, max(0, int(score / width)))] += 1
    return {
        "mean": round(mean(scores), 2) if scores else 0,
        "median": round(median(scores), 2) if scores else 0,
        "bins": [{"from": place * width, "to": (place + 1) * width, "count": n} for place, n in enumerate(counts)],
    }


def _timing(students: Sequence[_Student]) -> Data:
    """Wall seconds of all checks: their sum, the median student's, and who took longest."""
    seconds = [sum(student.seconds) for student in students]
    slowest = sorted(range(len(students)), key=lambda place: -seconds[place])[:_SLOWEST]
    return {"total": round(sum(seconds), 1), "median": round(median(seconds), 2) if seconds else 0, "slowest": slowest}


def _href(folder: Path) -> str:
    """The student's page, or the record while there is no page, as a link from the page of the class."""
    name = PAGE if (folder / PAGE).exists() else REPORT
    return f"{quote_from_bytes(os.fsencode(folder.name), safe='')}/{name}"


def _check_name(name: str) -> str:
    """`test_optimizers.py::test_adam_corrects_its_bias` is "adam corrects its bias"."""
    return _short(in_words(name.rpartition("::")[2].removeprefix("test_")))


def _short(text: str) -> str:
    return plain(text, _TEXT_LIMIT)
