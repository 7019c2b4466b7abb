"""Where two submissions are alike, in lines: for people to look at, and no measure of anything."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Self

import numpy as np

from autograder.likeness.reading import Fingerprints

MOST = 200  # passages of two students; nobody reads more
_SHORTEST = 3  # fingerprints in a row; fewer are a phrase that anybody may write
_CANDIDATES = 20  # places of the same fingerprint that are tried; a file may hold one line ten thousand times


@dataclass(frozen=True)
class Passage:
    """Lines `a_first` to `a_last` of a student's file, from 1, and those of another's that are like them."""

    a_file: str
    a_first: int
    a_last: int
    b_file: str
    b_first: int
    b_last: int


def find_passages(a: Fingerprints, b: Fingerprints) -> list[Passage]:
    """The passages of `a` that `b` has as well, in the order of `a`; of too many, the longest."""
    ours, theirs = _Row.of(a), _Row.of(b)
    places: dict[int, list[int]] = {}
    for place, value in enumerate(theirs.hashes):
        places.setdefault(value, []).append(place)
    found, start = [], 0
    while start < len(ours.hashes):
        candidates = places.get(ours.hashes[start], [])[:_CANDIDATES]
        length, other = max(((_length(ours, start, theirs, place), -place) for place in candidates), default=(1, 0))
        if length >= _SHORTEST:
            found.append(_passage(a, start, b, -other, length))
        start += length
    joined = list(_joined(found))
    longest = nlargest(MOST, range(len(joined)), key=lambda number: joined[number].a_last - joined[number].a_first)
    return [joined[number] for number in sorted(longest)]


@dataclass(frozen=True)
class _Row:
    """Hashes, and for each the place at which its file ends."""

    hashes: list[int]
    ends: list[int]

    @classmethod
    def of(cls, prints: Fingerprints) -> Self:
        ends = np.searchsorted(prints.file, prints.file, side="right")
        return cls(prints.hashes.tolist(), ends.tolist())


def _length(a: _Row, start: int, b: _Row, other: int) -> int:
    """How many fingerprints in a row, from these two on, are the same in one file of each.

    Counted one by one: the caller goes on behind the longest, so all candidates of a file together cost no more than
    `_CANDIDATES` times its length, whatever its author thought of.
    """
    most = min(a.ends[start] - start, b.ends[other] - other)
    length = 0
    while length < most and a.hashes[start + length] == b.hashes[other + length]:
        length += 1
    return length


def _passage(a: Fingerprints, start: int, b: Fingerprints, other: int, length: int) -> Passage:
    return Passage(
        a.files[a.file[start]], int(a.first[start]), int(a.last[start + length - 1]),
        b.files[b.file[other]], int(b.first[other]), int(b.last[other + length - 1]),
    )  # fmt: skip


def _joined(passages: Iterable[Passage]) -> Iterator[Passage]:
    """Passages that touch on both sides are one."""
    last: Passage | None = None
    for each in passages:
        if last and _touch(last, each):
            last = replace(last, a_last=max(last.a_last, each.a_last), b_last=max(last.b_last, each.b_last))
            continue
        if last:
            yield last
        last = each
    if last:
        yield last


def _touch(one: Passage, other: Passage) -> bool:
    return (
        (one.a_file, one.b_file) == (other.a_file, other.b_file)
        and one.a_first <= other.a_first <= one.a_last + 1
        and one.b_first <= other.b_first <= one.b_last + 1
    )
