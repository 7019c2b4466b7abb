"""What becomes of a run's results: `export` makes the files that other people and systems take."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.app import app
from autograder.cli.console import LabName, exit_codes
from autograder.cli.written import AnonymousOption, PdfOption, export_pdfs
from autograder.errors import UsageError
from autograder.lab import Lab


@app.command()
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, the one with grades.csv in it.")],
    lab: LabName = "optimization",
    pdf: PdfOption = False,
    anonymous: AnonymousOption = False,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the files go. Default: RUN/exports.")
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
        raise typer.Exit(export_pdfs(run, Lab.find(lab), out_dir or run / "exports", anonymous))
