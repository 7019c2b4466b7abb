"""Tables that people fill in: what they entered stays as it was typed, also in columns that mean nothing to us."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import UsageError
from autograder.records import write_atomically
from autograder.text import plain

_PATH_LIMIT = 1000
_MARK = "\ufeff"


@dataclass(frozen=True)
class Table:
    """The cells of a CSV file, its first line apart; what stands between them, and before them all."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    delimiter: str = field(default=",", compare=False)
    mark: str = field(default="", compare=False)  # by which spreadsheets know UTF-8

    @property
    def names(self) -> list[str]:
        """The columns, in small letters."""
        return [name.strip().lower() for name in self.header]

    def records(self) -> Iterator[dict[str, str]]:
        """The lines by their columns; a cell that is missing is ""."""
        for row in self.rows:
            yield dict(zip(self.names, [*row, *[""] * len(self.header)], strict=False))

    def row(self, row: Sequence[str] = (), **cells: str) -> tuple[str, ...]:
        """`row` with these cells put in their columns."""
        padded = [*row, *[""] * (len(self.header) - len(row))]
        return tuple(cells.get(name, old) for name, old in zip(self.names, padded, strict=False)) + tuple(
            padded[len(self.header) :]
        )


def read_table(path: Path, columns: Sequence[str]) -> Table | None:
    """The table at `path`, which has at least these columns; None if there is no such file.

    Raises:
        UsageError: it cannot be told what is in it.
    """
    name = plain(str(path), _PATH_LIMIT)
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}. It was left as it is.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f'{name} is not UTF-8: save it as "CSV UTF-8" in the spreadsheet.') from error
    mark = _MARK * text.startswith(_MARK)
    text = text.removeprefix(_MARK)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        lines = [tuple(line) for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)]
    except csv.Error as error:
        raise UsageError(f"{name} is no CSV table ({error}): mend it, or move it away.") from error
    table = Table(lines[0] if lines else (), tuple(line for line in lines[1:] if any(line)), delimiter, mark)
    missing = [column for column in columns if column not in table.names]
    if missing:
        raise UsageError(
            f"{name} lacks the column {', '.join(missing)}: its first line must name {', '.join(columns)}. Mend it, or "
            "move it away."
        )
    return table


def write_table(path: Path, table: Table) -> None:
    """Raises OSError, and leaves what was there before, when it cannot be written."""
    text = io.StringIO()
    csv.writer(text, delimiter=table.delimiter, lineterminator="\n").writerows([table.header, *table.rows])
    write_atomically(path, table.mark + text.getvalue())


def bare(cell: str) -> str:
    """What tells such names apart: some spreadsheets drop the quote that keeps a cell from being a formula."""
    return cell.removeprefix("'")
