"""What a file is made of, whatever its names: fingerprints of the code that is its author's own.

copydetect has Pygments read the code, writes every name as V and every text as S, leaves out comments and spaces, and
winnows the hashes of all runs of `RUN` characters (Schleimer, Wilkerson & Aiken, "Winnowing: local algorithms for
document fingerprinting", 2003).  Before that, docstrings, imports and signatures are cut off, for the lab sets them;
and each function is read by itself, so that their order says nothing.
"""

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from copydetect.utils import filter_code, hashed_kgrams, winnow
from numpy.typing import NDArray

RUN = 20  # characters: some four operations
WINDOW = 5  # so every run of 24 that two files share leaves at least one fingerprint in both
_BREAK = "\0"  # no Python file holds one
_SELF = re.compile(r"\b(?:self|cls)\b")  # to Pygments more than a name, though anybody may call it otherwise

Fingerprint = tuple[int, int, int]
"""A hash, and the first and last line, from 1, that it stands for."""


@dataclass(frozen=True)
class Starter:
    """Code that was handed out: the bodies as they stand there, and all hashes of them.

    The hashes are not winnowed, for which of them a student's file keeps is not known.
    """

    bodies: frozenset[str] = frozenset()
    hashes: frozenset[int] = frozenset()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        bodies = frozenset(body for text in texts for _, body in _bodies(text))
        parts = filter_code(_BREAK + _BREAK.join(bodies), "", "python")[0].split(_BREAK)
        hashes = (hashed_kgrams(part, RUN).tolist() for part in parts if len(part) >= RUN)
        return cls(bodies, frozenset(itertools.chain.from_iterable(hashes)))


def fingerprints(text: str, starter: Starter) -> list[Fingerprint]:
    """The fingerprints of a file, in its order, without those of the `starter` code."""
    own = _own_code(text, starter)
    code, offsets = filter_code(own, "", "python")
    found, start = [], 0
    for part in code.split(_BREAK):
        if len(part) >= RUN:
            hashes, places = winnow(hashed_kgrams(part, RUN), WINDOW, remove_duplicates=False)
            found += [(value, start + place) for value, place in zip(hashes.tolist(), places.tolist(), strict=True)]
        start += len(part) + len(_BREAK)
    found = [each for each in found if each[0] not in starter.hashes]
    places = np.array([place for _, place in found], np.int64)
    first, last = (_lines(own, offsets, places + shift).tolist() for shift in (0, RUN - 1))
    return [(value, *lines) for (value, _), *lines in zip(found, first, last, strict=True)]


def _lines(text: str, offsets: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lines of `text`, from 1, at which these `places` of the filtered code stand."""
    removed = np.maximum.accumulate(offsets[:, 1])  # for the entry after a class is too small in copydetect 0.5
    entries = np.searchsorted(offsets[:, 0], places).clip(max=len(offsets) - 1)
    lengths = [len(line) + 1 for line in text.split("\n")]
    lines: NDArray[np.int64] = np.searchsorted(np.cumsum(lengths), places + removed[entries], side="right")
    return lines + 1


def _own_code(text: str, starter: Starter) -> str:
    """`text` with empty lines in place of what is no body, or one that was handed out.

    Each body begins with a break, which nothing reads across.  So does the text, for Pygments would drop empty lines
    before it.
    """
    own = [""] * (text.count("\n") + 1)
    for first, body in _bodies(text):
        if body not in starter.bodies:
            lines = body.split("\n")
            own[first : first + len(lines)] = [_BREAK + lines[0], *lines[1:]]
    return _BREAK + "\n".join(own)


def _bodies(text: str) -> Iterator[tuple[int, str]]:
    """The bodies of all functions, and what else stands in modules and classes, each with its first line, from 0.

    Of what cannot be parsed, the whole.
    """
    text = _SELF.sub("this", text.replace(_BREAK, " "))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield 0, text
        return
    lines = text.split("\n")
    for statements in _blocks(tree.body):
        first, last = statements[0].lineno - 1, statements[-1].end_lineno
        yield first, "\n".join(lines[first:last])


def _blocks(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    loose: list[ast.stmt] = []
    for statement in body:
        inner = _inside(statement)
        if inner is None:
            loose += [] if _says_nothing(statement) else [statement]
            continue
        if loose:
            yield loose
            loose = []
        yield from inner
    if loose:
        yield loose


def _inside(statement: ast.stmt) -> Iterable[list[ast.stmt]] | None:
    """The blocks of a definition or of what stands around definitions; a notebook's are each in a `try` of ours."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        body = statement.body[ast.get_docstring(statement, clean=False) is not None :]
        return [body] if body else []
    if isinstance(statement, ast.ClassDef | ast.Try | ast.With):
        return _blocks(statement.body)
    return _blocks([*statement.body, *statement.orelse]) if isinstance(statement, ast.If) else None


def _says_nothing(statement: ast.stmt) -> bool:
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_text or isinstance(statement, ast.Import | ast.ImportFrom)
