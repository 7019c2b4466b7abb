"""The part of `export` that makes PDFs of written answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.console import err, note, out, progress, shown
from autograder.errors import UsageError
from autograder.lab import Lab

if TYPE_CHECKING:
    from autograder.written.export import Exported

PdfOption = Annotated[
    bool,
    typer.Option(
        "--pdf",
        help="Written answers as PDFs, a file a student and a file a question, and `scores.csv` to enter what they "
        "are worth.",
    ),
]
AnonymousOption = Annotated[
    bool, typer.Option("--anonymous", help="With --pdf: numbers instead of names, and the key to them apart.")
]


def export_pdfs(run: Path, lab: Lab, folder: Path, anonymous: bool) -> "Exported":
    """Make them, and say what came of it."""
    try:
        from autograder.written.export import export_written
    except ModuleNotFoundError as error:
        raise UsageError(
            f"PDFs need {error.name}: install the extra packages with pip install -e '.[notebook]'."
        ) from error
    with progress() as display:
        bar = display.add_task("printing", total=None)
        exported = export_written(
            run, lab, folder, anonymous, lambda done, total: display.update(bar, completed=done, total=total)
        )
    _print_exported(exported)
    return exported


def _print_exported(exported: "Exported") -> None:
    for missing in exported.left_out:
        note(missing)
    kinds = [f"{count} {kind}" for count, kind in ((exported.pdfs, "PDFs"), (exported.pages, "pages of HTML")) if count]
    err.print(f"{' and '.join(kinds)} in {shown(str(exported.folder))}. Enter scores and comments in:")
    out.print(shown(str(exported.scores)))
    if exported.unprinted:
        err.print(f"[red]No PDFs:[/red] {shown(exported.unprinted)}")
