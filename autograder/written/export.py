"""Written answers as files for the person who grades them: PDFs, and the table that takes the scores."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from autograder.errors import UsageError
from autograder.lab import Lab
from autograder.written import blind, scores
from autograder.written.filenames import file_names
from autograder.written.pages import Show, of_question, of_student
from autograder.written.printing import Plan, print_all
from autograder.written.rendering import Renderer
from autograder.written.sheets import Sheet, read_sheets
from autograder.written.tables import Table, bare, read_table, write_table

FOLDER, BLIND, SCORES, KEY = "written", "anonymous", "scores.csv", "key.csv"


@dataclass(frozen=True)
class Exported:
    """What came of it: how many files of each kind, a page being HTML that stands in for a PDF.

    Attributes:
        folder: where all of it lies.
        scores: the table that waits for scores.
        left_out: who or what is missing, and why.
        unprinted: why there are pages instead of PDFs, and what to do; or "".
    """

    folder: Path
    scores: Path
    pdfs: int
    pages: int
    left_out: tuple[str, ...]
    unprinted: str = ""

    @property
    def is_incomplete(self) -> bool:
        """Whether there is something that was to be a PDF and is none."""
        return bool(self.unprinted or self.pages)


def export_written(
    run: Path,
    lab: Lab,
    out: Path,
    anonymous: bool = False,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> Exported:
    """Write what the students in `run` answered to `out`/written.

    There are `students/<student>.pdf`, `questions/<question id>.pdf` and `scores.csv`; or with `anonymous`, for whoever
    is not to know the names, `anonymous/questions/<question id>.pdf` and `anonymous/scores.csv` by number, and the key
    to the numbers, `key.csv`.  What is entered in either table stays; from the one by number, `scores.csv` is filled.

    Args:
        on_file: hears after each file how many are done, of how many.

    Raises:
        UsageError: there is nothing to export, a table there cannot be read, or `out` cannot be written to.
    """
    sheets, left_out = read_sheets(run, lab)
    folder = out / FOLDER
    try:
        numbers, kept = _write_tables(folder, sheets, lab, anonymous)
        with ExitStack() as stack:
            show = cache(stack.enter_context(Renderer()).render)
            plan = _blind(sheets, lab, show, numbers) if anonymous else _named(sheets, lab, show)
            printed = print_all(folder, plan, on_file)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}. Pass --out elsewhere.") from error
    table = folder / BLIND / SCORES if anonymous else folder / SCORES
    return Exported(folder, table, printed.pdfs, printed.pages, (*left_out, *kept, *printed.faults), printed.unprinted)


def _named(sheets: Sequence[Sheet], lab: Lab, show: Show) -> Plan:
    names = file_names([sheet.student for sheet in sheets])
    return [
        *(
            (f"students/{name}", partial(of_student, sheet, lab, show))
            for name, sheet in zip(names, sheets, strict=True)
        ),
        *((f"questions/{q.id}", partial(of_question, q, sheets, lab, show)) for q in lab.manifest.written),
    ]


def _blind(sheets: Sequence[Sheet], lab: Lab, show: Show, numbers: Mapping[str, str]) -> Plan:
    ordered = sorted(sheets, key=lambda sheet: int(numbers[bare(sheet.student)]))
    titles = [f"Answer {numbers[bare(sheet.student)]}" for sheet in ordered]
    return [
        (f"{BLIND}/questions/{q.id}", partial(of_question, q, ordered, lab, show, titles)) for q in lab.manifest.written
    ]


def _write_tables(
    folder: Path, sheets: Sequence[Sheet], lab: Lab, anonymous: bool
) -> tuple[Mapping[str, str], list[str]]:
    """The numbers of the students, and which entries contradict one another.

    All tables are read, changed and written in one go, since somebody may be at work in them.
    """
    students = [sheet.student for sheet in sheets]
    questions = [question.id for question in lab.manifest.written]
    own = read_table(folder / SCORES, scores.columns("student"))
    by_number = read_table(folder / BLIND / SCORES, scores.columns("number"))
    numbers = blind.known(read_table(folder / KEY, blind.COLUMNS))
    entered = blind.unmasked(scores.marks(by_number, "number"), numbers)
    lines = [(student, question) for student in students for question in questions]
    _update(folder / SCORES, own, scores.extended(own, "student", lines, entered))
    if anonymous:
        numbers = blind.with_new(numbers, students)
        mine = sorted((numbers[bare(student)] for student in students), key=int)
        lines = [(number, question) for question in questions for number in mine]
        write_table(folder / KEY, blind.key_table(numbers))
        _update(folder / BLIND / SCORES, by_number, scores.extended(by_number, "number", lines))
    return numbers, _contradictions(scores.marks(own, "student"), entered)


def _update(path: Path, old: Table | None, new: Table) -> None:
    if new != old:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(path, new)


def _contradictions(own: Mapping[scores.Line, scores.Mark], entered: Mapping[scores.Line, scores.Mark]) -> list[str]:
    differ = sorted(line for line in own.keys() & entered.keys() if own[line] != entered[line])
    return [
        f"{student}, {question}: {SCORES} has another score or comment than {BLIND}/{SCORES}, and keeps it"
        for student, question in differ
    ]
