"""A page for two who are alike: one beside the other, passages that match set off by number and colour."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

from autograder.likeness.comparing import Pair
from autograder.likeness.passages import MOST, Passage
from autograder.report.rendering import render
from autograder.submission import Submission
from autograder.text import plain, source_of

NAME_LIMIT = 200
_LINE_LIMIT = 300  # characters
_LINES_LIMIT = 2000  # a side
_AROUND = 6  # lines that are shown before and after a passage
_COLOURS = 6


@dataclass(frozen=True)
class Line:
    """A line of a file, or `skipped` lines that are not shown.

    `starts` are the numbers of the passages that begin here; `colour` is None outside of all.
    """

    number: str = ""
    text: str = ""
    colour: int | None = None
    starts: tuple[int, ...] = ()
    skipped: int = 0


@dataclass(frozen=True)
class Side:
    """One of the two; `letter` is a or b, `files` are names and lines."""

    letter: str
    other: str
    student: str
    report: str
    files: tuple[tuple[str, tuple[Line, ...]], ...]


def page(pair: Pair, group: Sequence[str], one: Submission, other: Submission, passages: Sequence[Passage]) -> str:
    """The page, as HTML, of `pair`, whose submissions are `one` and `other`; `group` are all who are so connected."""
    a = _side("a", "b", one, [(each.a_file, each.a_first, each.a_last) for each in passages])
    b = _side("b", "a", other, [(each.b_file, each.b_first, each.b_last) for each in passages])
    shares = [
        (_name(each.student), plain(each.file, NAME_LIMIT), _percent(each.share), _name(each.other))
        for each in pair.files
    ]
    return render(
        "likeness.html.j2",
        shares=shares,
        group=[*map(_name, group)],
        sides=(a, b),
        passages=len(passages),
        is_cut=len(passages) >= MOST,
    )


def _name(student: str) -> str:
    return plain(student, NAME_LIMIT)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _side(letter: str, other: str, submission: Submission, spans: Sequence[tuple[str, int, int]]) -> Side:
    files, room = [], _LINES_LIMIT
    for name in sorted({file for file, _, _ in spans}):
        numbered = {number: span[1:] for number, span in enumerate(spans, 1) if span[0] == name}
        lines = tuple(islice(_lines(submission, name, numbered), room))
        room -= len(lines)
        files.append((plain(name, NAME_LIMIT), lines))
    report = f"../{quote(submission.student, safe='', errors='surrogateescape')}/report.html"
    return Side(letter, other, _name(submission.student), report, tuple(files))


def _lines(submission: Submission, name: str, spans: Mapping[int, tuple[int, int]]) -> Iterator[Line]:
    texts = source_of(submission.files.get(name, b"")).split("\n")
    starts: dict[int, list[int]] = {}
    for number, (first, _) in spans.items():
        starts.setdefault(first, []).append(number)
    before = 0
    for line in _shown(spans.values(), len(texts)):
        if line > before + 1:
            yield Line(skipped=line - before - 1)
        text = plain(texts[line - 1].expandtabs(4), _LINE_LIMIT)
        yield Line(_number(submission, name, line), text, _colour(spans, line), tuple(starts.get(line, ())))
        before = line
    if before < len(texts):
        yield Line(skipped=len(texts) - before)


def _shown(spans: Iterable[tuple[int, int]], count: int) -> Iterator[int]:
    """The lines, of `count`, of all spans and around them: in order, each once, and none before it is asked for."""
    before = 0
    for first, last in sorted(spans):
        end = min(last + _AROUND, count)
        yield from range(max(first - _AROUND, before + 1), end + 1)
        before = max(before, end)


def _colour(spans: Mapping[int, tuple[int, int]], line: int) -> int | None:
    return next((number % _COLOURS for number, (first, last) in spans.items() if first <= line <= last), None)


def _number(submission: Submission, name: str, line: int) -> str:
    """The line's number, or cell and line where it comes from a notebook; "" for a line of ours."""
    places = submission.notebook.places.get(name) if submission.notebook else None
    if places is None:
        return str(line)
    place = places[line - 1] if line <= len(places) else None
    return f"{place[0]}:{place[1]}" if place else ""
