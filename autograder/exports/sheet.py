"""Somebody else's CSV file, in which single cells are changed and everything else stays as it is, byte for byte.

The csv module reads such files, but forgets how they were written: which cells had quotes, where lines ended in CRLF.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import UsageError

_BOM = "\ufeff"
_DELIMITERS = ",;\t"
_END = re.compile(r"\r\n|\n|\r")
_QUOTED = r'(?P<quoted>"[^"]*(?:""[^"]*)*")'


class Sheet:
    """The cells of a CSV file, by row and column from zero; the first row is the header.

    Raises:
        UsageError: `text` is no CSV; `name` is how the message calls it.
    """

    def __init__(self, text: str, name: str):
        self._bom = _BOM if text.startswith(_BOM) else ""
        text = text.removeprefix(_BOM)
        first_line = _END.split(text, maxsplit=1)[0]
        self.delimiter = max(_DELIMITERS, key=first_line.count)
        self._rows, self._ends = _parse(text, self.delimiter, name)
        self.name = name

    @property
    def header(self) -> list[str]:
        return self.row(0) if self._rows else []

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, row: int) -> list[str]:
        return [_value(cell) for cell in self._rows[row]]

    def cell(self, row: int, column: int) -> str:
        """What stands there; "" where the row is too short."""
        cells = self._rows[row]
        return _value(cells[column]) if column < len(cells) else ""

    def write(self, row: int, column: int, value: str) -> None:
        """Put `value` there, in quotes if there were some or if it needs them."""
        cells = self._rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        needed = any(character in value for character in f'{self.delimiter}"\r\n')
        quoted = needed or cells[column].startswith('"')
        cells[column] = '"{}"'.format(value.replace('"', '""')) if quoted else value

    def column(self, name: str) -> int | None:
        """The first column of this heading, however it is capitalised."""
        wanted = name.casefold()
        return next((i for i, heading in enumerate(self.header) if heading.strip().casefold() == wanted), None)

    def text(self) -> str:
        """The whole file."""
        lines = (self.delimiter.join(row) + end for row, end in zip(self._rows, self._ends, strict=True))
        return self._bom + "".join(lines)


def read_sheet(path: Path) -> Sheet:
    """The instructor's file.

    Raises:
        UsageError: it cannot be read, or is no CSV in UTF-8.
    """
    try:
        return Sheet(path.read_bytes().decode("utf-8"), path.name)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8, so a spreadsheet has saved it anew. Pass the file as the course system gave it."
        ) from error


def uses_decimal_comma(values: Sequence[str]) -> bool:
    """Whether numbers are written as 87,50, as some languages of a course system have it."""
    return any(re.fullmatch(r"\d+,\d+", value.strip()) for value in values)


def number_in(text: str) -> str:
    """A number as Python reads it, whichever sign stands before its decimals; "" if it is none."""
    plain = text.strip().replace(",", ".")
    return plain if re.fullmatch(r"\d+(\.\d*)?", plain) else ""


def _parse(text: str, delimiter: str, name: str) -> tuple[list[list[str]], list[str]]:
    """Rows of cells as they were written, quotes included; and what ended each row."""
    cell_there = re.compile(rf"{_QUOTED}?[^{re.escape(delimiter)}\r\n]*")
    rows: list[list[str]] = []
    ends: list[str] = []
    at = 0
    row: list[str] = []
    while at < len(text):
        found = cell_there.match(text, at)
        assert found  # nothing is a cell, too
        if found[0].startswith('"') and found["quoted"] is None:
            raise UsageError(f"{name}, row {len(rows) + 1}: a quote is not closed. Pass the file as it was given.")
        row.append(found[0])
        at = found.end()
        if text.startswith(delimiter, at):
            at += 1
            if at < len(text):
                continue
            row.append("")
        end = _END.match(text, at)
        rows.append(row)
        ends.append(end[0] if end else "")
        at, row = (end.end() if end else at), []
    return rows, ends


def _value(cell: str) -> str:
    found = re.match(_QUOTED, cell)
    return found["quoted"][1:-1].replace('""', '"') + cell[found.end() :] if found else cell
