"""What changed between two runs of a lab: whose points, verdicts and words, and what else was different.

Students are the same where their folders are called the same, questions where their ids are.  Points are compared
over the questions that both runs have.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.moves import Move, Report, question_moves
from autograder.points import total
from autograder.records import records_in
from autograder.text import some_of

_HASH_SHOWN = 12
_OF_TRAINING = {"training": "source", "device": "device", "data set": "data_set"}


@dataclass(frozen=True)
class Circumstance:
    """Something about a run that is not as in the other: its values there, over all students."""

    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Differences:
    """What became of the students of `before` in `after`, two folders of runs.

    Attributes:
        questions: ids of those that both runs have, and over which all points here are.
        dropped, added: ids of those that only one has.
        moves: of students in both, those of whom something changed, the largest change of points first.
        unchanged: the others in both.
        gone, new: the students who are in one run only.
        means: of the points of the students in both, before and after; `max_score` is that of `after`.
    """

    lab: str
    before: Path
    after: Path
    circumstances: tuple[Circumstance, ...]
    questions: tuple[str, ...]
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    moves: tuple[Move, ...]
    unchanged: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    means: tuple[float, float]
    max_score: float

    @property
    def is_empty(self) -> bool:
        """Whether both runs tell the same students the same, whatever else was different."""
        return not (self.moves or self.gone or self.new)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "moves": [move.as_json(words=True) for move in self.moves]}


def differences(before: Path, after: Path) -> Differences:
    """Compare the runs in two folders.

    Raises:
        UsageError: one of them holds no report; they are of several labs; no student or no question is in both.
    """
    old, new = _reports(before), _reports(after)
    (lab,) = _common_lab(old, new)
    students = [student for student in old if student in new]
    if not students:
        raise UsageError(
            f"No student is in both runs: {before} has {some_of([*old])}, {after} has {some_of([*new])}. Pass runs of "
            "the same class."
        )
    asked, asks = _questions(old.values()), _questions(new.values())
    common = {question: asks[question] for question in asks if question in asked}
    if not common:
        raise UsageError(f"{before} and {after} have no question in common, so there is nothing to compare.")
    pairs = {student: (_only(old[student], common), _only(new[student], common)) for student in students}
    moves = [move for student, pair in pairs.items() if (move := _move(student, *pair))]
    moved = {move.student for move in moves}
    return Differences(
        lab,
        before,
        after,
        tuple(_circumstances([old[student] for student in students], [new[student] for student in students])),
        tuple(common),
        tuple(question for question in asked if question not in asks),
        tuple(question for question in asks if question not in asked),
        tuple(sorted(moves, key=lambda move: (-abs(move.by), move.student))),
        tuple(student for student in students if student not in moved),
        tuple(student for student in old if student not in new),
        tuple(student for student in new if student not in old),
        (_mean([pair[0]["score"] for pair in pairs.values()]), _mean([pair[1]["score"] for pair in pairs.values()])),
        total(common.values()),
    )


def _reports(run: Path) -> dict[str, Report]:
    reports: dict[str, Report] = {folder.name: report for folder, report in records_in(run)}
    if not reports:
        raise UsageError(f"{run} holds no report. Pass two folders that `run` wrote its results to.")
    return reports


def _common_lab(*runs: Mapping[str, Report]) -> set[str]:
    labs = {str(report["lab"].get("name")) for reports in runs for report in reports.values()}
    if len(labs) > 1:
        raise UsageError(f"These are runs of several labs, {some_of(sorted(labs))}: compare two runs of one lab.")
    return labs


def _questions(reports: Iterable[Report]) -> dict[str, float]:
    """What each question of a run is worth, by id."""
    return {question["id"]: question["max_score"] for report in reports for question in report["questions"]}


def _only(report: Report, ids: Mapping[str, float]) -> Report:
    """The report as if its lab had these questions alone."""
    questions = [question for question in report["questions"] if question["id"] in ids]
    return {**report, "questions": questions, "score": total(question["score"] for question in questions)}


def _move(student: str, old: Report, new: Report) -> Move | None:
    questions = tuple(move for move in question_moves(old, new) if move.is_told)
    return Move(student, old["score"], new["score"], questions) if questions else None


def _mean(scores: Sequence[float]) -> float:
    return round(sum(scores) / len(scores), 4)


def _circumstances(old: Sequence[Report], new: Sequence[Report]) -> Iterator[Circumstance]:
    before, after = _facts(old), _facts(new)
    for what in {**before, **after}:
        values = (tuple(sorted(facts.get(what, ()))) for facts in (before, after))
        circumstance = Circumstance(what, *values)
        if circumstance.before != circumstance.after:
            yield circumstance


def _facts(reports: Sequence[Report]) -> dict[str, set[str]]:
    """What may differ between two runs of a lab besides what was handed in; all values that students have."""
    facts: dict[str, set[str]] = {}
    for report in reports:
        for what, value in _facts_of(report):
            facts.setdefault(what, set()).add(value)
    if "replayed" in facts.get("training", ()):
        facts["training"] = {"replayed"}  # and who does not follow the recorded run trains besides
    return facts


def _facts_of(report: Report) -> Iterator[tuple[str, str]]:
    lab = report["lab"]
    yield "version of the lab", lab.get("version", "")
    yield "hash of the lab", lab.get("hash", "")[:_HASH_SHOWN]
    yield "isolation", report["isolation"]
    for what, value in report["environment"].items():
        yield what, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    for question in report["questions"]:
        yield f"points of {question['id']}", f"{question['max_score']:g}"
        for run in (run for check in question["checks"] for run in check.get("runs", ())):
            yield from ((what, str(run[key])) for what, key in _OF_TRAINING.items() if key in run)
