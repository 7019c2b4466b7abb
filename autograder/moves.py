"""What changed between two reports on one student: points, verdicts, words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.lab import Lab
from autograder.points import total

Report = Mapping[str, Any]
_PASSING = ("seconds", "runs")  # of a check: how long it took, the losses of its training runs


@dataclass(frozen=True)
class CheckMove:
    """A check whose verdict or words changed; verdicts are "" where it was not there before, or is no more."""

    title: str
    before: str
    after: str
    message_before: str = ""
    message_after: str = ""

    @property
    def is_seen(self) -> bool:
        """Whether the verdict changed, and not words alone."""
        return self.before != self.after

    def as_json(self, words: bool = False) -> dict[str, Any]:
        told = {"message": {"from": self.message_before, "to": self.message_after}} if words else {}
        return {"title": self.title, "from": self.before, "to": self.after, **told}


@dataclass(frozen=True)
class QuestionMove:
    """A question that changed: its points, its checks' verdicts, or only words, such as its diagnosis'."""

    id: str
    before: float
    after: float
    checks: tuple[CheckMove, ...]
    diagnosis_before: str = ""
    diagnosis_after: str = ""

    @property
    def seen(self) -> list[CheckMove]:
        """The checks whose verdict changed."""
        return [check for check in self.checks if check.is_seen]

    @property
    def is_told(self) -> bool:
        """Whether a student would notice; what a later version of the grader notes down besides is no change."""
        return bool(self.before != self.after or self.checks or self.diagnosis_before != self.diagnosis_after)

    def as_json(self, words: bool = False) -> dict[str, Any]:
        checks = [check.as_json(words) for check in (self.checks if words else self.seen)]
        told = {"diagnosis": {"from": self.diagnosis_before, "to": self.diagnosis_after}} if words else {}
        return {"id": self.id, "from": self.before, "to": self.after, "checks": checks, **told}


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
        return bool(self.by or any(question.seen for question in self.questions))

    def as_json(self, words: bool = False) -> dict[str, Any]:
        """With `words`, also what is told now and was before."""
        questions = [question.as_json(words) for question in self.questions]
        return {"student": self.student, "from": self.before, "to": self.after, "by": self.by, "questions": questions}


def question_moves(old: Report, new: Report) -> Iterator[QuestionMove]:
    """The questions of `new` that are not what they were."""
    before = {question["id"]: question for question in old["questions"]}
    for question in new["questions"]:
        earlier = before.get(question["id"], {"score": 0, "checks": ()})
        if _essence(earlier) != _essence(question):
            moves = tuple(_check_moves(earlier, question))
            diagnoses = (_diagnosis(each) for each in (earlier, question))
            yield QuestionMove(question["id"], earlier["score"], question["score"], moves, *diagnoses)


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


def _essence(question: Report) -> Report:
    """What a student is told: pictures, code and the like follow from other things, or stand for them."""
    checks = [{key: value for key, value in check.items() if key not in _PASSING} for check in question["checks"]]
    told = {key: question.get(key) for key in ("title", "score", "max_score")}
    return {**told, "checks": checks, "diagnosis": _diagnosis(question)}


def _diagnosis(question: Report) -> str:
    return str((question.get("diagnosis") or {}).get("text", ""))


def _check_moves(old: Report, new: Report) -> Iterator[CheckMove]:
    before = {check["name"]: check for check in old["checks"]}
    after = {check["name"]: check for check in new["checks"]}
    for name, check in {**before, **after}.items():
        pair = (before.get(name), after.get(name))
        verdicts, messages = ([each[key] if each else "" for each in pair] for key in ("verdict", "message"))
        if verdicts[0] != verdicts[1] or messages[0] != messages[1]:
            yield CheckMove(check["title"], *verdicts, *messages)
