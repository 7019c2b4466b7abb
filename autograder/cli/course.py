"""What becomes of a run's results: `export` makes the files that other people and systems take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.cli.app import app
from autograder.cli.console import GRADED, NEEDS_STAFF, LabName, err, exit_codes, out, shown
from autograder.errors import UsageError
from autograder.lab import Lab

if TYPE_CHECKING:
    from autograder.written.export import Exported


@app.command()
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, the one with grades.csv in it.")],
    lab: LabName = "optimization",
    pdf: Annotated[
        bool,
        typer.Option(
            "--pdf",
            help="Written answers as PDFs, a file a student and a file a question, and `scores.csv` to enter what "
            "they are worth.",
        ),
    ] = False,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="With --pdf: numbers instead of names, and the key to them apart.")
    ] = False,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where files go. Default: RUN/export.")
    ] = None,
) -> None:
    """Make files of a run's results for the people who go on with them.

    `--pdf` writes `DIR/written/students/<student>.pdf`, `DIR/written/questions/<question>.pdf` and
    `DIR/written/scores.csv`. Run it again when students were added: what was entered in scores.csv stays.

    Example:

        python grade.py export runs/optimization/2026-02-03_10-15-00 --pdf
    """
    with exit_codes("Interrupted. Files that were written are whole; the same command makes the rest."):
        if not pdf:
            raise UsageError("Say what is to be exported: --pdf.")
        raise typer.Exit(_export_written(run, Lab.find(lab), out_dir or run / "export", anonymous))


def _export_written(run: Path, lab: Lab, folder: Path, anonymous: bool) -> int:
    try:
        from autograder.written.export import export_written
    except ModuleNotFoundError as error:
        raise UsageError(
            f"PDFs need {error.name}: install the extra packages with pip install -e '.[notebook]'."
        ) from error
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task("printing", total=None)
        exported = export_written(
            run, lab, folder, anonymous, lambda done, total: progress.update(bar, completed=done, total=total)
        )
    _print_exported(exported)
    return NEEDS_STAFF if exported.unprinted or exported.pages else GRADED


def _print_exported(exported: "Exported") -> None:
    for missing in exported.left_out:
        err.print(f"[yellow]Note:[/yellow] {shown(missing)}")
    kinds = [f"{count} {kind}" for count, kind in ((exported.pdfs, "PDFs"), (exported.pages, "pages of HTML")) if count]
    err.print(f"{' and '.join(kinds)} in {shown(str(exported.folder))}. Enter scores and comments in:")
    out.print(shown(str(exported.scores)))
    if exported.unprinted:
        err.print(f"[red]No PDFs:[/red] {shown(exported.unprinted)}")
