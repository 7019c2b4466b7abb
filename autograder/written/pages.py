"""What a person grades, as pages: all answers of a student, or all answers to a question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Template

from autograder.lab import Lab, Written
from autograder.report.rendering import environment_of
from autograder.text import plain
from autograder.written.rendering import Shown
from autograder.written.sheets import Sheet

_TEMPLATES = Path(__file__).parent / "templates"
_TITLE_LIMIT = 300

Show = Callable[[str], Shown]  # an answer as it was written -> as it is shown


@dataclass(frozen=True)
class Entry:
    """One answer below its heading; `shown` is None where there is none."""

    title: str
    people: str
    points: float
    shown: Shown | None
    note: str


@dataclass(frozen=True)
class Document:
    """One file: what it is called at its top, and the answers in it."""

    title: str
    people: str
    lab: str
    facts: str
    entries: tuple[Entry, ...]


def of_student(sheet: Sheet, lab: Lab, show: Show) -> Document:
    """All that one student answered, in the order of lab.toml."""
    entries = tuple(
        _entry(sheet, question, f"{number}. {_title(question)}", "", show)
        for number, question in enumerate(lab.manifest.written, 1)
    )
    points = sum(question.points for question in lab.manifest.written)
    facts = f"{len(entries)} {_plural('written question', len(entries))}, {points:g} points"
    return Document(plain(sheet.student, _TITLE_LIMIT), sheet.people, _lab(lab), facts, entries)


def of_question(
    question: Written, sheets: Sequence[Sheet], lab: Lab, show: Show, titles: Sequence[str] = ()
) -> Document:
    """All answers to one question, each below the student's name, or below its title where `titles` are given."""
    named = [(plain(sheet.student, _TITLE_LIMIT), sheet.people) for sheet in sheets]
    headings = [(title, "") for title in titles] if titles else named
    entries = tuple(
        _entry(sheet, question, title, people, show) for sheet, (title, people) in zip(sheets, headings, strict=True)
    )
    answered = sum(entry.shown is not None for entry in entries)
    facts = (
        f"{question.id}, {question.points:g} {_plural('point', question.points)}; "
        f"{answered} of {len(entries)} {_plural('student', len(entries))} answered"
    )
    return Document(_title(question), "", _lab(lab), facts, entries)


def page(document: Document) -> str:
    """HTML that needs nothing from elsewhere; but for `Shown.html`, whatever is no markup of ours is escaped."""
    footer = _css_string(f"{document.lab} · {document.title}")
    return _template().render(document=document, footer=footer)


def _entry(sheet: Sheet, question: Written, title: str, people: str, show: Show) -> Entry:
    answer = sheet.answer(question.id)
    return Entry(title, people, question.points, show(answer) if answer else None, sheet.note)


def _title(question: Written) -> str:
    return plain(question.title, _TITLE_LIMIT)


def _lab(lab: Lab) -> str:
    return plain(f"{lab.manifest.title} {lab.manifest.version}", _TITLE_LIMIT)


def _plural(noun: str, count: float) -> str:
    return noun if count == 1 else f"{noun}s"


def _css_string(text: str) -> str:
    """The inside of a string in a style sheet; `content` there is the only way to write into a page's margin."""
    return "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text)


@cache
def _template() -> Template:
    return environment_of(_TEMPLATES).get_template("written.html.j2")
