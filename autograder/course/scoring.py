"""From points and a charge for lateness to a final score, in exact numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from autograder.course.lateness import Charge
from autograder.course.manifest import LabRules
from autograder.course.points import exact
from autograder.lab import Lab

ZERO = Fraction(0)


@dataclass(frozen=True)
class Scale:
    """What a lab's questions are worth: those that checks settle, and those that a person grades."""

    questions: Mapping[str, Fraction]
    written: Mapping[str, Fraction]
    bonus: frozenset[str]
    bonus_counts: str

    @property
    def maximum(self) -> Fraction:
        """Without what is a bonus."""
        worth = {**self.questions, **self.written}
        return sum((points for question, points in worth.items() if question not in self.bonus), ZERO)


def scale_of(lab: Lab, rules: LabRules) -> Scale:
    """Written answers count once course.toml says where their scores are."""
    written = lab.manifest.written if rules.written is not None else ()
    return Scale(
        {question.id: exact(question.points) for question in lab.manifest.questions},
        {question.id: exact(question.points) for question in written},
        frozenset(rules.bonus),
        rules.bonus_counts,
    )


@dataclass(frozen=True)
class Change:
    """Points that a person gave or took: of a question, or of the final score."""

    points: Fraction
    reason: str
    question: str | None = None


@dataclass(frozen=True)
class Score:
    """How a final score came about: raw + written + bonus + adjustments - lost, and not below nothing.

    `bonus` is what counts of `bonus_earned`, `lost` what lateness took.
    """

    raw: Fraction
    written: Fraction
    bonus_earned: Fraction
    bonus: Fraction
    lost: Fraction
    adjustments: Fraction
    final: Fraction
    limited: tuple[str, ...] = ()  # questions of which a change would have left less than nothing or more than all


def score(
    scale: Scale,
    questions: Mapping[str, Fraction],
    written: Mapping[str, Fraction],
    charge: Charge,
    changes: Sequence[Change],
) -> Score:
    """The score of somebody who has these points by question; what is missing is none."""
    points = {question: questions.get(question, ZERO) for question in scale.questions}
    points |= {question: written.get(question, ZERO) for question in scale.written}
    changed, limited = _changed(points, {**scale.questions, **scale.written}, changes)
    regular = points.keys() - scale.bonus
    earned = _sum_of(changed, points.keys() & scale.bonus)
    bonus = _counting(earned, _sum_of(changed, regular), scale)
    before = _sum_of(changed, regular) + bonus
    lost = before if charge.too_late else min(before, scale.maximum * charge.percent / 100)
    given = sum((change.points for change in changes if change.question is None), ZERO)
    return Score(
        raw=_sum_of(points, scale.questions.keys() - scale.bonus),
        written=_sum_of(points, scale.written.keys() - scale.bonus),
        bonus_earned=earned,
        bonus=bonus,
        lost=lost,
        adjustments=given + _sum_of(changed, regular) - _sum_of(points, regular),
        final=max(ZERO, before - lost + given),
        limited=limited,
    )


def _changed(
    points: Mapping[str, Fraction], worth: Mapping[str, Fraction], changes: Sequence[Change]
) -> tuple[dict[str, Fraction], tuple[str, ...]]:
    """A changed question stays within what it is worth: a regrade may have given the same points since."""
    changed, limited = dict(points), []
    for change in changes:
        if change.question is not None:
            wanted = changed[change.question] + change.points
            changed[change.question] = min(max(ZERO, wanted), worth[change.question])
            if changed[change.question] != wanted:
                limited.append(change.question)
    return changed, tuple(limited)


def _counting(earned: Fraction, others: Fraction, scale: Scale) -> Fraction:
    if scale.bonus_counts == "dropped":
        return ZERO
    if scale.bonus_counts == "up to the maximum":
        return min(earned, scale.maximum - others)
    return earned


def _sum_of(points: Mapping[str, Fraction], questions: Iterable[str]) -> Fraction:
    return sum((points[question] for question in questions), ZERO)
