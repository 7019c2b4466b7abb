"""Tables of our own as CSV: text that a spreadsheet takes for text, whoever wrote it."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from autograder.course.points import brief
from autograder.records import harmless
from autograder.text import plain

_TEXT_LIMIT = 4000
Cell = str | int | Decimal | Fraction | None


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A header and rows; numbers with two decimals at most, None an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_shown(cell) for cell in row] for row in rows)
    return text.getvalue()


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(plain(cell, _TEXT_LIMIT))
    return brief(cell) if isinstance(cell, Fraction) else str(cell)
