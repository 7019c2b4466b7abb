"""What changed between two reports on one student: points, verdicts, words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from autograder.lab import Lab

Report = Mapping[str, Any]
_PASSING = ("seconds", "runs")  # of a check: how long it took, the losses of its training runs


@dataclass(frozen=True)
class CheckMove:
    """A check whose verdict changed; "" where it was not there before, or is no more."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class QuestionMove:
    """A question that changed: its points, its checks' verdicts, or only their words."""

    id: str
    before: float
    after: float
    checks: tuple[CheckMove, ...]


@dataclass(frozen=True)
class Move:
    """One student of whom something changed; scores are those of the whole lab."""

    student: str
    before: float
    after: float
    questions: tuple[QuestionMove, ...]

    @property
    def by(self) -> float:
        return total((self.after, -self.before))

    @property
    def is_seen(self) -> bool:
        """Whether points or verdicts changed, and not words alone."""
        return bool(self.by or any(question.checks for question in self.questions))

    def as_json(self) -> dict[str, Any]:
        questions = [
            {"id": q.id, "from": q.before, "to": q.after,
             "checks": [{"title": check.title, "from": check.before, "to": check.after} for check in q.checks]}
            for q in self.questions
        ]  # fmt: skip
        return {"student": self.student, "from": self.before, "to": self.after, "by": self.by, "questions": questions}


def question_moves(old: Report, new: Report) -> Iterator[QuestionMove]:
    """The questions of `new` that are not what they were."""
    before = {question["id"]: question for question in old["questions"]}
    for question in new["questions"]:
        earlier = before.get(question["id"], {"score": 0, "checks": ()})
        if _essence(earlier) != _essence(question):
            moves = tuple(_check_moves(earlier, question))
            yield QuestionMove(question["id"], earlier["score"], question["score"], moves)


def merged(old: Report, new: Report, lab: Lab) -> dict[str, Any]:
    """The old report with the new questions in it; all else is as it was, but for what follows from them."""
    fresh = {question["id"]: question for question in new["questions"]}
    questions = list({question["id"]: question for question in [*old["questions"], *fresh.values()]}.values())
    order = {question.id: place for place, question in enumerate(lab.manifest.questions)}
    questions.sort(key=lambda question: order.get(question["id"], len(order)))
    verdicts = {check["verdict"] for question in questions for check in question["checks"]}
    return {
        **old,
        "status": "needs staff" if "needs staff" in verdicts else new["status"],
        "score": total(question["score"] for question in questions),
        "max_score": total(question["max_score"] for question in questions),
        "questions": questions,
    }


def total(points: Iterable[float]) -> float:
    """Their sum as reports have it: to four decimals, a whole number as such."""
    rounded = round(float(sum((Fraction(str(each)) for each in points), Fraction(0))), 4)
    return int(rounded) if rounded.is_integer() else rounded


def _essence(question: Report) -> Report:
    checks = [{key: value for key, value in check.items() if key not in _PASSING} for check in question["checks"]]
    return {**question, "checks": checks}


def _check_moves(old: Report, new: Report) -> Iterator[CheckMove]:
    before = {check["name"]: check for check in old["checks"]}
    after = {check["name"]: check for check in new["checks"]}
    for name, check in {**before, **after}.items():
        verdicts = [checks[name]["verdict"] if name in checks else "" for checks in (before, after)]
        if verdicts[0] != verdicts[1]:
            yield CheckMove(check["title"], *verdicts)
