"""A word and a shape for each verdict, so that no meaning hangs on a colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.errors import Verdict


@dataclass(frozen=True)
class Mark:
    """`tone` is the class that gives the colour: good, fair, bad or none."""

    word: str
    shape: str
    tone: str


_WRONG, _ENDED = ("✗", "bad"), ("!", "bad")
_LOOKS = {
    Verdict.PASSED: ("✓", "good"),
    Verdict.FAILED: _WRONG,
    Verdict.DIVERGED: _WRONG,
    Verdict.NOT_FINITE: _WRONG,
    Verdict.INVENTED: _WRONG,
    Verdict.ERROR: _ENDED,
    Verdict.TIMEOUT: _ENDED,
    Verdict.OUT_OF_MEMORY: _ENDED,
    Verdict.CRASHED: _ENDED,
    Verdict.FORBIDDEN: _ENDED,
    Verdict.MALFORMED: _ENDED,
    Verdict.NOT_ATTEMPTED: ("○", "none"),
    Verdict.SKIPPED: ("–", "none"),
    Verdict.NEEDS_STAFF: ("?", "fair"),
}


def mark_of(verdict: str) -> Mark:
    """For one check."""
    word = "not graded yet" if verdict == Verdict.NEEDS_STAFF else str(verdict)
    return Mark(word, *_LOOKS[Verdict(verdict)])


def mark_of_question(question: Mapping[str, Any]) -> Mark:
    """For what came of all its checks."""
    verdicts = {check["verdict"] for check in question["checks"]}
    if Verdict.NEEDS_STAFF in verdicts:
        return Mark("not graded yet", "?", "fair")
    if question["score"] >= question["max_score"]:
        return Mark("all points", "✓", "good")
    if verdicts == {Verdict.NOT_ATTEMPTED}:
        return Mark("not attempted", "○", "none")
    return Mark("some points", "◐", "fair") if question["score"] else Mark("no points", "✗", "bad")
