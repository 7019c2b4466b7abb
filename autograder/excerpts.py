"""The lines of a student's own that a report points at: what a question asks for, as it was handed in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from autograder.lab import Question
from autograder.submission import Submission
from autograder.text import plain, source_of

_LINES_LIMIT = 120
_LINE_LIMIT = 200
_NUMBER = r", line (\d{1,6}) \(`"


@dataclass(frozen=True)
class Excerpt:
    """Consecutive lines: `where` names the file, or the notebook and its cell; `first` is the number of the first line
    there, from 1, and `marked` are the numbers of those that a message points at."""

    where: str
    first: int
    lines: tuple[str, ...]
    marked: tuple[int, ...] = ()


def definition(source: str, name: str) -> tuple[int, list[str]]:
    """The class or function `name` of a text (`text.source_of`): the index of its first line, and its lines.

    There may be none.  It ends before the next line that is not indented.  By a look at the words: a parser can be
    brought down by them.
    """
    begins = re.compile(rf"^ ?(?:class|(?:async[ \t]+)?def)[ \t]+{name}\b")  # indented: out of a notebook
    found: list[str] = []
    start = 0
    for number, line in enumerate(source.split("\n")):
        if found and line[:1].strip() and line[0] not in "#)":
            break
        if not found and begins.match(line):
            start = number
        if found or begins.match(line):
            found.append(line)
    return start, found


def excerpts(submission: Submission, question: Question, messages: Iterable[str]) -> tuple[Excerpt, ...]:
    """What the student wrote for `question`, with the lines marked that `messages` name; nothing if it is not there."""
    content = submission.files.get(question.file)
    if content is None:
        return ()
    start, lines = definition(source_of(content), question.name)
    while lines and not lines[-1].strip():
        lines.pop()
    told = " ".join(messages)
    placed = groupby(_placed(submission, question, start, lines[:_LINES_LIMIT]), key=lambda line: line[0])
    return tuple(_excerpt(where, [(number, text) for _, number, text in group], told) for where, group in placed)


def _placed(submission: Submission, question: Question, start: int, lines: list[str]) -> Iterator[tuple[str, int, str]]:
    """(where, number, text) of each line that is the student's."""
    notebook = submission.notebook
    from_notebook = notebook is not None and question.file in notebook.places
    for index, text in enumerate(lines, start):
        if not from_notebook:
            yield question.file, index + 1, text
        elif notebook and (place := notebook.where(question.file, index + 1)):
            where, _, number = place.rpartition(", line ")
            yield where, int(number), text


def _excerpt(where: str, lines: list[tuple[int, str]], told: str) -> Excerpt:
    marked = {int(number) for number in re.findall(rf"(?<![\w./-]){re.escape(where)}{_NUMBER}", told)}
    texts = tuple(plain(text.expandtabs(4), _LINE_LIMIT).rstrip() for _, text in lines)
    numbers = [number for number, _ in lines]
    return Excerpt(where, numbers[0], texts, tuple(number for number in numbers if number in marked))
