"""Hand-ins as downloads have them: whose they are, which of them count, and what a student is called in outputs."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.names import twin_key, visible
from autograder.parts import Part
from autograder.submission import Person, Source, Who

_NAME_BYTES_LIMIT = 120  # of 255 for a folder's name, with room for an id and what keeps twins apart
_UNFIT = re.compile(r'[\\/:*?"<>|]+')  # on some system, in a folder's name
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)\s*(\S*)")
_OFFSET = re.compile(r"[+-]\d\d:?\d\d")


@dataclass(frozen=True)
class HandIn:
    """One hand-in; `label` is what the download calls it, and of two by one person the one of higher `rank` counts.

    `people` has the whole group, or the one person who handed it in.
    """

    label: str
    people: tuple[Person, ...]
    path: Path
    parts: tuple[Part, ...] = ()
    rank: tuple[float, ...] = ()
    handed_in: datetime | None = None
    late: bool | None = None


@dataclass(frozen=True)
class Reading:
    """What a download holds; what fits no name of the system's; what a later file replaced; sentences about it."""

    hand_ins: tuple[HandIn, ...]
    misfits: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def last_of_each(hand_ins: Sequence[HandIn]) -> tuple[list[HandIn], list[str]]:
    """The last hand-in of every person, without those in it who have a later one; and the labels of the rest.

    Where ranks do not tell, both stay.
    """
    best: dict[str, tuple[float, ...]] = {}
    for hand_in in hand_ins:
        for person in hand_in.people:
            key = _identity(person)
            best[key] = max(best.get(key, hand_in.rank), hand_in.rank)
    kept, superseded = [], []
    for hand_in in hand_ins:
        people = tuple(person for person in hand_in.people if best[_identity(person)] == hand_in.rank)
        if people:
            kept.append(replace(hand_in, people=people))
        else:
            superseded.append(hand_in.label)
    return kept, superseded


def sources_of(system: str, hand_ins: Iterable[HandIn]) -> list[Source]:
    """A source a hand-in, each person called by name and id, or by something more where that is another's as well."""
    hand_ins = list(hand_ins)
    people: defaultdict[str, set[str]] = defaultdict(set)
    for hand_in in hand_ins:
        people[twin_key(_called(hand_in.people[0]))].add(_identity(hand_in.people[0]))
    sources = []
    for hand_in in hand_ins:
        first, *others = hand_in.people
        student = _called(first)
        if len(people[twin_key(student)]) > 1:
            student += f"_{hashlib.sha256(_identity(first).encode('utf-8', 'replace')).hexdigest()[:6]}"
        who = Who(first.name, first.email, first.id, system, tuple(others))
        sources.append(Source(student, hand_in.path, hand_in.parts, who, hand_in.handed_in, hand_in.late))
    return sources


def _identity(person: Person) -> str:
    """The same for the same person in all hand-ins of a system: names alone are not."""
    return person.email.casefold() or person.id or person.name


def _called(person: Person) -> str:
    """Fit for a folder's name, the same in every run, with the id at its end."""
    parts = [_readable(person.name), _readable(person.id or person.email)]
    return "_".join(filter(None, parts)) or "nobody"


def _readable(text: str) -> str:
    """`text` as a part of a folder's name: what does not show or does not do there is left out, and so is an end
    too many."""
    text = _UNFIT.sub("-", visible(unicodedata.normalize("NFC", text)))
    text = " ".join(text.split()).encode("utf-8", "ignore")[:_NAME_BYTES_LIMIT].decode("utf-8", "ignore")
    return text.strip(" .-")


def moment(text: str) -> datetime | None:
    """A time as Gradescope and nbgrader write it, in UTC where no zone is given; None if it is not one.

    Short names of zones say too little to be believed: CST is one of three.
    """
    found = _MOMENT.fullmatch(text.strip()[:100])
    if not found:
        return None
    day, time, zone = found.groups()
    try:
        if _OFFSET.fullmatch(zone):
            return datetime.fromisoformat(f"{day}T{time}{zone}")
        if zone not in ("", "Z", "UTC", "GMT") and "/" not in zone:
            return None
        known = ZoneInfo(zone) if "/" in zone else UTC
        return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=known)
    except (ValueError, KeyError, OSError):  # no such day, no such zone
        return None
