"""`pages` makes a run's pages anew, from its records alone."""

from typing import Annotated

import typer

from autograder.cli.app import app
from autograder.cli.console import JsonOption, LabName, err, exit_codes, note, out, print_json, shown
from autograder.cli.course import RunFolder, run_folder
from autograder.cli.opening import open_page
from autograder.folder import INDEX
from autograder.lab import Lab


@app.command()
def pages(
    run: RunFolder = None,
    lab: LabName = "optimization",
    open_: Annotated[bool, typer.Option("--open", help="Open the page of the class in a browser.")] = False,
    json: JsonOption = False,
) -> None:
    """Make a run's pages anew from its records, those of an older run say.

    Writes `RUN/index.html` and each student's `report.html`. No record is changed.

    Example:

        python grade.py pages runs/optimization/2026-03-07_10-00-00 --open
    """
    from autograder.report.remaking import remake

    with exit_codes("Interrupted. Pages that were there are still there."):
        folder = run_folder(run, lab)
        total = remake(folder, Lab.find(lab), note)
        err.print(f"{total} student{'s' * (total != 1)}.")
        if open_:
            open_page(folder / INDEX)
        out.print(shown(str(folder / INDEX)))
        if json:
            print_json({"lab": lab, "run": folder, "page": folder / INDEX, "students": total})
