"""A class in a few numbers: by question, who has it right, and the known mistake that is made most."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autograder.lab import Question
from autograder.records import Row


@dataclass(frozen=True)
class QuestionSummary:
    """One question: the mean of the points over all students, and how many have all of them.

    `mistake` holds the names of the known mistake that most students made, `times` of them: several names where its
    traces cannot tell one from another, none where nobody's mistake has a name.
    """

    id: str
    points: float
    mean: float
    right: int
    mistake: tuple[str, ...] = ()
    times: int = 0

    @property
    def share(self) -> float:
        """Of its points, in [0, 1]."""
        return self.mean / self.points if self.points else 0.0


@dataclass(frozen=True)
class Summary:
    """A class: means in points, students by status, and by each kind of flag that they have.

    Whoever was not graded in full counts with what was.
    """

    students: int
    kept: int  # of them from an earlier run
    mean: float
    max_score: float
    statuses: Mapping[str, int]
    flags: Mapping[str, int]
    questions: tuple[QuestionSummary, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(rows: Sequence[Row], questions: Sequence[Question]) -> Summary:
    """Those of `rows`, which have each of `questions`."""
    return Summary(
        students=len(rows),
        kept=sum(row.reused for row in rows),
        mean=_mean([row.score for row in rows]),
        max_score=sum(question.points for question in questions),
        statuses=dict(Counter(sorted(row.status for row in rows))),
        flags=dict(Counter(sorted(kind for row in rows for kind in row.flags))),
        questions=tuple(_of_question(question, rows) for question in questions),
    )


def _of_question(question: Question, rows: Sequence[Row]) -> QuestionSummary:
    scores = [row.questions.get(question.id, 0) for row in rows]
    named = Counter(sorted(row.mistakes[question.id] for row in rows if question.id in row.mistakes))
    mistake, times = max(named.items(), key=lambda each: each[1], default=((), 0))
    right = sum(score >= question.points for score in scores)
    return QuestionSummary(question.id, question.points, _mean(scores), right, mistake, times)


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / max(1, len(scores))
