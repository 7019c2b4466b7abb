"""The table and the page of a class, fed while it is graded: grades.csv and index.html show the same students."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.folder import GRADES, INDEX
from autograder.lab import Lab
from autograder.records import Row, grades_csv, row_of, write_atomically
from autograder.report.class_page import Kind, Progress, class_data, write_class_page
from autograder.report.live import Live
from autograder.report.overview import Overview


class Board:
    """Takes reports as they come, and writes what shows them all.

    Args:
        folder: of the run.
        on_unwritten: hears of each file once that it could not be written, and why; no grade hangs on it.
        total: submissions that are to be graded, for who follows.
    """

    def __init__(self, folder: Path, lab: Lab, on_unwritten: Callable[[str, str], None], total: int = 0) -> None:
        self._folder = folder
        self._lab = lab
        self._total = total
        self._on_unwritten = on_unwritten
        self._rows: dict[str, Row] = {}
        self._overview = Overview(lab)
        self._live = Live(folder)
        self._told: set[str] = set()
        self._is_finished = False

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, student: str) -> bool:
        return student in self._rows

    def open(self) -> None:
        """From now on there is a page, and it follows the class."""
        with self._telling(INDEX):
            self._live.begin(lambda: self._data("starting"))
            write_class_page(self._folder, self._overview, self._progress("starting"), live=True)

    def add(self, student: str, report: Mapping[str, Any], reused: bool = False) -> Row:
        """Show a report, which is that of the student's folder.

        Raises:
            AttributeError, KeyError, IndexError, TypeError: it is no report of ours; nothing has changed.
        """
        row = row_of(dict(report), reused)
        with self._telling(INDEX):
            self._overview.add(self._folder / student, row, report)
        self._rows[student] = row  # last: whom ^C leaves out is added from the record
        self._live.changed = True
        self.tick()
        return row

    def tick(self) -> None:
        """To be called every second or so."""
        with self._telling(INDEX):
            self._live.tick(lambda: self._data("running"))

    def write_table(self) -> None:
        """Write grades.csv: a run without it counts as unfinished."""
        rows = sorted(self._rows.values(), key=lambda row: row.student)
        with self._telling(GRADES):
            write_atomically(self._folder / GRADES, grades_csv(self._lab, rows))
            self._is_finished = True

    def close(self) -> None:
        """Write index.html, if there is anything to show; if there is no table yet, it says that it was cut short."""
        if not self._rows and not self._live.is_on:
            return
        with self._telling(INDEX):
            try:
                kind: Kind = "done" if self._is_finished else "cut short"
                write_class_page(self._folder, self._overview, self._progress(kind))
            finally:
                self._live.end()

    def _data(self, kind: Kind) -> str:
        return class_data(self._folder, self._overview, self._progress(kind))

    def _progress(self, kind: Kind) -> Progress:
        return Progress.now(kind, self._total)

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # whatever it is, the records count
            if name not in self._told:
                self._told.add(name)
                why = error.strerror if isinstance(error, OSError) else None
                self._on_unwritten(name, why or f"{type(error).__name__}: {error}")
