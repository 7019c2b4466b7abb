"""Whose hand-in is whose: folders of a run told apart by the roster, and groups that hand in once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.course.people import PARTICIPANT, SYSTEMS, Directory, Person
from autograder.course.rules import Course
from autograder.course.runs import HandIn
from autograder.hand_ins import Member

_WORDS = re.compile(r"[^\s_()\[\],;]+")  # of a folder's name, as course systems put names, ids and times together
_SHORTEST_ID = 4


@dataclass(frozen=True)
class Matched:
    """Everybody, and the hand-ins of each: their own first, then those that others made for them.

    `unknown` are hand-ins of nobody in the roster, `ambiguous` those of one among several; both are kept as people of
    their own.
    """

    people: Directory
    hand_ins: Mapping[str, tuple[HandIn, ...]]  # by the person's `student`
    owners: Mapping[str, str]  # by the hand-in's `student`, that of the person who made it
    unknown: tuple[str, ...]
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...]


def match(course: Course, hand_ins: Sequence[HandIn]) -> Matched:
    """Tell whose the hand-ins are; nobody is dropped, and nobody is guessed."""
    roster = Directory(course.people)
    owners: dict[str, Person] = {}
    unknown, ambiguous = [], []
    for hand_in in hand_ins:
        found = roster.find("student", hand_in.student) or _as_told(roster, hand_in.entry, hand_in.entry.system)
        found = found or _inside_name(roster, hand_in.student)
        if len(found) > 1:
            ambiguous.append((hand_in.student, tuple(person.student for person in found)))
        elif not found and course.has_roster:
            unknown.append(hand_in.student)
        owners[hand_in.student] = _known_better(found[0] if len(found) == 1 else Person(hand_in.student), hand_in)
    known = {person.student: person for person in (*course.people, *owners.values())}
    parties = {student: [person] for student, person in owners.items()}
    directory = Directory(known.values())
    for hand_in in hand_ins:
        for person in _members(directory, hand_in):
            known.setdefault(person.student, person)
            parties[hand_in.student].append(person)
    return Matched(
        Directory(known.values(), owners),
        {person.student: tuple(_hand_ins_of(person, hand_ins, parties)) for person in known.values()},
        {student: person.student for student, person in owners.items()},
        tuple(unknown),
        tuple(ambiguous),
    )


def _as_told(people: Directory, member: Member, system: str) -> list[Person]:
    """Who it is by what the course system says: id, address, name; several where these do not say the same."""
    kinds = ([system] if system in SYSTEMS else []) + ["sis", "login", "student"]
    by_id = people.first((kind, member.id) for kind in kinds)
    by_email = people.first([("email", member.email), ("login", member.email)])
    by_name = people.find("name", member.name)
    found = [each for each in (by_id, by_email, by_name) if each]
    for each in found[1:]:
        if not {person.student for person in found[0]} & {person.student for person in each}:
            return [*found[0], *each]
    return found[0] if found else []


def _inside_name(roster: Directory, folder: str) -> list[Person]:
    """Who has an id or login that stands in the folder's name; all of them, where it is several people's."""
    found = {}
    for word in words_in(folder):
        for kind in (*SYSTEMS, "login"):
            found.update({person.student: person for person in roster.find(kind, word)})
    return list(found.values())


def words_in(folder: str) -> list[str]:
    """The parts of a folder's name that are long enough to be an id."""
    return [word for word in _WORDS.findall(folder) if len(word) >= _SHORTEST_ID]


def _known_better(person: Person, hand_in: HandIn) -> Person:
    """With the id and address that the course system has, where the roster has none."""
    entry = hand_in.entry
    ids = {**_ids(entry, entry.system), **person.ids}
    return replace(person, ids=ids, name=person.name or entry.name, email=person.email or entry.email)


def _ids(member: Member, system: str) -> dict[str, str]:
    kind = PARTICIPANT if system == "moodle" else system
    return {kind: member.id} if system in SYSTEMS and member.id else {}


def _members(people: Directory, hand_in: HandIn) -> Iterator[Person]:
    """Who took part in a hand-in by what the course system says: people who are known, and new ones."""
    system = hand_in.entry.system
    for member in hand_in.entry.members:
        found = _as_told(people, member, system)
        called = member.email or member.id or member.name
        if len(found) == 1:
            yield found[0]
        elif called:
            yield Person(called, member.name, email=member.email, ids=_ids(member, system))


def _hand_ins_of(
    person: Person, hand_ins: Sequence[HandIn], parties: Mapping[str, Sequence[Person]]
) -> Iterator[HandIn]:
    own = [hand_in for hand_in in hand_ins if parties[hand_in.student][0].student == person.student]
    yield from own
    for hand_in in hand_ins:
        together = any(
            party.student == person.student or (party.group and party.group == person.group)
            for party in parties[hand_in.student]
        )
        if together and hand_in not in own:
            yield hand_in
