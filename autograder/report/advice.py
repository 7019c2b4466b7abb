"""What a student should mend first: lost points put together by what cost them, the likeliest first.

Before all else comes a file that costs all its questions, for one repair wins them back.  Then what is known: a named
mistake, or an exception with its line, however many checks it cost.  Then what is only seen to be wrong, and what was
not written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from autograder.errors import Verdict
from autograder.points import total

Data = Mapping[str, Any]

_UNWRITTEN = "unwritten"
_NOT_THEIRS = {Verdict.NEEDS_STAFF, Verdict.SKIPPED}  # nothing that a student could mend
_AT_A_LINE = re.compile(r"(?P<what>.+?) in (?P<line>.+?, line \d+ \(`.*`\))(?P<rest>.*)", re.DOTALL)
_SOMEWHERE = re.compile(r"(?P<what>\w+) while the check used \w+: (?P<rest>.+)", re.DOTALL)


@dataclass(frozen=True)
class Advice:
    """One thing to mend: `subject` is what (a file, or "" for the questions themselves), `text` says what is wrong.

    `rule` is what should hold, where `text` alone does not say it.  `questions` are those that it costs `points`.
    """

    subject: str
    text: str
    rule: str
    questions: tuple[Data, ...]
    points: float


class _Rank(IntEnum):
    FILE = 0
    KNOWN = 1
    SEEN = 2


@dataclass(frozen=True)
class _Cause:
    """What cost some checks their points; those with the same `key` have one cause."""

    rank: _Rank
    key: str
    text: str
    subject: str = ""
    rule: str = ""


def things_to_fix(report: Data) -> list[Advice]:
    """All of them, what is to be mended first at the top; none where the student has nothing to mend."""
    lost: dict[str, list[tuple[_Cause, Data, Data]]] = {}
    for question in report["questions"]:
        for cause, check in _losses(question, report):
            lost.setdefault(cause.key, []).append((cause, question, check))
    causes = [(each[0][0], _advice(each)) for each in lost.values()]
    causes.sort(key=lambda pair: (pair[0].rank, -pair[1].points))
    return [advice for _, advice in causes]


def words_of(check: Data, question: Data) -> str:
    """A check's message without the hint that the first lost one of a question has at its end."""
    hint = hint_of(question)
    return check["message"].removesuffix(hint).rstrip() if hint else str(check["message"])


def hint_of(question: Data) -> str:
    """What is said of the mistake, if it has a name."""
    diagnosis = question.get("diagnosis") or {}
    return str(diagnosis["text"]) if diagnosis.get("names") else ""


def _advice(lost: Sequence[tuple[_Cause, Data, Data]]) -> Advice:
    cause = lost[0][0]
    questions = {question["id"]: question for _, question, _ in lost}
    points = total(check["max_score"] - check["score"] for _, _, check in lost)
    return Advice(cause.subject, cause.text, cause.rule, tuple(questions.values()), points)


def _losses(question: Data, report: Data) -> Iterator[tuple[_Cause, Data]]:
    """The checks that lost points, each with its cause."""
    lost = [c for c in question["checks"] if c["score"] < c["max_score"] and c["verdict"] not in _NOT_THEIRS]
    if not lost:
        return
    whole = _of_hand_in(report) or _of_file(lost[0], report.get("files", ())) or _of_diagnosis(question)
    for check in lost:
        yield whole or _of_check(check, question, lost[0], report.get("files", ())), check


def _of_hand_in(report: Data) -> _Cause | None:
    if report["status"] != "unreadable":
        return None
    message = report["questions"][0]["checks"][0]["message"]
    return _Cause(_Rank.FILE, "hand-in", message, "Nothing that was handed in could be opened")


def _of_file(check: Data, files: Sequence[Data]) -> _Cause | None:
    """What is wrong with the file as a whole, if that is what the check met; with several files, of all of them."""
    message = check["message"]
    file = next((file for file in files if message and file["problem"].endswith(message)), None)
    if file is None:
        return None
    wrong = file["problem"].removeprefix(file["name"])
    alike = [other["name"] for other in files if other["problem"] == other["name"] + wrong]
    if len(alike) > 1:
        return _Cause(_Rank.FILE, wrong, f"Each{wrong}", _listed(alike))
    return _Cause(_Rank.FILE, file["name"], file["problem"], file["name"])


def _of_diagnosis(question: Data) -> _Cause | None:
    hint = hint_of(question)
    return _Cause(_Rank.KNOWN, hint, hint) if hint else None


def _of_check(check: Data, question: Data, first: Data, files: Sequence[Data]) -> _Cause:
    message = check["message"]
    if check["verdict"] == Verdict.NOT_ATTEMPTED:
        without = next((file["name"] for file in files if question["id"] in file["missing"]), "")
        if without:
            text = "Nothing in it has the name that the handout asks for. Write it, or rename what you have."
            return _Cause(_Rank.SEEN, f"{without} lacks it", text, f"Missing from {without}")
        text = "What the handout left open still raises NotImplementedError. Begin with the first."
        return _Cause(_Rank.SEEN, _UNWRITTEN, text, "Not written yet")
    if found := _AT_A_LINE.fullmatch(message):
        is_told = check["verdict"] == Verdict.ERROR and found["rest"]
        key = f"{found['what']}{found['rest']}" if is_told else f"{found['line']}{found['rest']}"
        return _Cause(_Rank.KNOWN, key, message)
    if found := _SOMEWHERE.fullmatch(message):
        return _Cause(_Rank.KNOWN, f"{found['what']}: {found['rest']}", message)
    return _Cause(_Rank.SEEN, f"question {question['id']}", first["message"], "", first["title"])


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
