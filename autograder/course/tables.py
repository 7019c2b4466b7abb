"""Small tables that people keep in a spreadsheet: CSV with a header, each line with its place for messages."""

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InstructorError

_ALIASES = {
    "e_mail": "email", "email_address": "email", "mail": "email", "full_name": "name", "surname": "last_name",
    "lastname": "last_name", "firstname": "first_name", "given_name": "first_name", "username": "login",
    "sis_login": "login", "sis_user": "sis", "sid": "gradescope", "points": "score", "submitted": "handed_in",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of a table; `where` is how a message names it, cells that are missing are ""."""

    where: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """The lines that hold anything, and columns that nobody asked for."""

    lines: tuple[Line, ...]
    unused: tuple[str, ...]


def read_table(path: Path, needed: Collection[str], wanted: Collection[str] = ()) -> Table:
    """The table at `path`, its columns by our names for them.

    Raises:
        InstructorError: it cannot be read, is no table, or lacks a column that is needed.
    """
    text = _text(path)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [_column(cell) for cell in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InstructorError(f"{path}, line {reader.line_num}: not a line of CSV ({error}). Mend it.") from error
    missing = [name for name in needed if name not in columns]
    if missing:
        raise InstructorError(
            f"{path} lacks the column {', '.join(missing)}. Its first line must name the columns: "
            f"{', '.join([*needed, *wanted])}."
        )
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise InstructorError(f"{path} has the column {', '.join(twice)} twice. Take one of them out.")
    known = {*needed, *wanted}
    found = tuple(
        Line(f"{path}, line {number}", {name: cell.strip() for name, cell in zip(columns, row, strict=False)})
        for number, row in rows
    )
    return Table(found, tuple(name for name in columns if name and name not in known))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InstructorError(f"{path} cannot be read: {error.strerror}. Put it there, or mend the path.") from error
    except UnicodeDecodeError as error:
        raise InstructorError(f'{path} is not UTF-8. Save it as "CSV UTF-8" in the spreadsheet.') from error


def _column(cell: str) -> str:
    name = "_".join(cell.replace("-", " ").lower().split()).removesuffix("_id")
    return _ALIASES.get(name, name)
