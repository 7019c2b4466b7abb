"""scores.csv: a line for each student and question, in which a person enters a score and a comment.

What was entered is that person's: lines are added, cells that are empty may be filled, and no other is ever changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from autograder.records import harmless
from autograder.written.tables import Table, bare

Line = tuple[str, str]  # whom it is about (a name, or a number in a blind table), and the question's id
Mark = tuple[str, str]  # score and comment, as they were typed


def columns(who: str) -> tuple[str, str, str, str]:
    """The table's first line; `who` is "student", or "number" in a blind table."""
    return who, "question", "score", "comment"


def marks(table: Table | None, who: str) -> dict[Line, Mark]:
    """What was entered; lines with neither score nor comment are left out."""
    records = table.records() if table else ()
    entered = {_line(cells, who): (cells["score"].strip(), cells["comment"].strip()) for cells in records}
    return {line: mark for line, mark in entered.items() if any(mark)}


def extended(table: Table | None, who: str, lines: Iterable[Line], entered: Mapping[Line, Mark] | None = None) -> Table:
    """`table` with the lines that it lacks, and `entered` in those that have no mark yet."""
    table = table or Table(columns(who))
    entered = entered or {}
    rows = [
        _filled(table, row, cells, entered.get(_line(cells, who)))
        for row, cells in zip(table.rows, table.records(), strict=True)
    ]
    present = {_line(cells, who) for cells in table.records()}
    for whom, question in lines:
        if (bare(whom), question) not in present:
            score, comment = entered.get((bare(whom), question), ("", ""))
            rows.append(table.row(**{who: harmless(whom)}, question=question, score=score, comment=comment))
    return replace(table, rows=tuple(rows))


def _filled(table: Table, row: tuple[str, ...], cells: Mapping[str, str], mark: Mark | None) -> tuple[str, ...]:
    if mark is None or cells["score"].strip() or cells["comment"].strip():
        return row
    return table.row(row, score=mark[0], comment=mark[1])


def _line(cells: Mapping[str, str], who: str) -> Line:
    return bare(cells[who]), cells["question"].strip()
