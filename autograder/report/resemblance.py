"""Who handed in the same: equal files, equal wrong answers, and pairs that were found alike.

None of it is a verdict.  Friends learn together, and a mistake that many make has no name until somebody gives it one;
so a person is told where to look, and no more.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from autograder.errors import Verdict
from autograder.lab import Lab
from autograder.text import plain, some_of

SAME_FILE, SAME_ANSWERS, ALIKE = "same file", "same wrong answers", "alike"
_HASH_LENGTH = 16  # at least so many digits, or it is no hash
_TEXT_LIMIT = 300
_TOLD = {Verdict.PASSED, Verdict.NOT_ATTEMPTED, Verdict.SKIPPED, Verdict.NEEDS_STAFF}


@dataclass(frozen=True)
class Group:
    """Students (by their place in the class) who share something; `what` they share, `href` a page that shows it."""

    kind: str
    what: str
    students: tuple[int, ...]
    href: str = ""

    def words(self, student: int, names: Sequence[str]) -> str:
        """The flag of one of them."""
        others = some_of([names[other] for other in self.students if other != student])
        match self.kind:
            case "same file":
                return f"{self.what}: byte for byte as {others} handed in"
            case "same wrong answers":
                return f"{self.what}: the same wrong numbers as {others}, and no known mistake"
        return f"{self.what} alike with {others}: look at both"


def file_hashes(report: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Hash and name of each file of a report that has a hash."""
    return tuple((found, plain(str(file["name"]), _TEXT_LIMIT)) for file in report.get("files", ())
                 if (found := _hash(file.get("hash"))))  # fmt: skip


def wrong_traces(report: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Hash and question of each wrong answer that no known mistake explains; none where mistakes are not named."""
    return tuple(
        (found, question["id"])
        for question in report["questions"]
        if (found := _hash(question.get("fingerprint")))
        and (diagnosis := question.get("diagnosis"))
        and not diagnosis["names"]
        and not {check["verdict"] for check in question["checks"]} <= _TOLD
    )


def handed_out(lab: Lab) -> frozenset[str]:
    """Hashes of files that anybody may share: those of the handout, and an empty one."""
    files = (path.read_bytes() for path in lab.handout.rglob("*") if path.is_file())
    return frozenset(sha256(content).hexdigest() for content in (b"", *files))


def groups(
    files: Sequence[Iterable[tuple[str, str]]],
    traces: Sequence[Iterable[tuple[str, str]]],
    untouched: Collection[str],
) -> list[Group]:
    """Those who share files or wrong answers, the most at once first.

    Args:
        files, traces: by student, as `file_hashes` and `wrong_traces` give them.
        untouched: hashes of files that say nothing about anybody.
    """
    known = {each[: len(found)] for each in untouched for student in files for found, _ in student}
    theirs = [[(found, name) for found, name in student if found not in known] for student in files]
    return [*_shared(SAME_FILE, theirs), *_shared(SAME_ANSWERS, traces)]


def alike(pairs: Iterable[Mapping[str, Any]], places: Mapping[str, int]) -> list[Group]:
    """The pairs of likeness.json whose students are both here, the most alike first; `places` by name."""
    found = []
    for pair in sorted(pairs, key=lambda pair: -pair["share"]):
        students = [places.get(str(pair[side])) for side in ("a", "b")]
        a, b = students
        if a is not None and b is not None:
            found.append(Group(ALIKE, f"{pair['share']:.0%}", (a, b), _relative(pair.get("href"))))
    return found


def _shared(kind: str, students: Sequence[Iterable[tuple[str, str]]]) -> list[Group]:
    """Groups that share the same things are one, which names them all."""
    holders: dict[str, dict[int, str]] = {}
    for number, student in enumerate(students):
        for found, name in student:
            holders.setdefault(found, {})[number] = name
    things: dict[tuple[int, ...], list[str]] = {}
    for having in holders.values():
        if len(having) > 1:
            things.setdefault(tuple(having), []).append(" or ".join(sorted(set(having.values()))))
    found_groups = [Group(kind, some_of(sorted(names), 4), who) for who, names in things.items()]
    return sorted(found_groups, key=lambda group: (-len(things[group.students]), len(group.students), group.students))


def _hash(value: object) -> str:
    return value if isinstance(value, str) and len(value) >= _HASH_LENGTH else ""


def _relative(href: object) -> str:
    """A link to a file below the run, or none."""
    return href if isinstance(href, str) and not any(urlsplit(href)[:2]) and not href.startswith("/") else ""
