"""What passes between `campaign`, which stands outside, and `runner`, which is attacked."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Assignment:
    """Submissions by name in `order`, with their tomls as `expected`."""

    profile: str
    root: str
    classroom: str
    results: str
    cells: str
    order: list[str]
    expected: dict[str, dict[str, Any]]
    lacking: dict[str, list[str]]  # the questions whose file a submission does not hold
    texts: dict[str, str]  # the samples' own files, where they are text
    canaries: dict[str, str]


@dataclass(frozen=True)
class Cell:
    """One submission under one profile; contained if `faults` is empty."""

    attack: str
    seconds: float  # from the judge's start until no process of it was left
    verdict: str
    message: str
    faults: list[str]
