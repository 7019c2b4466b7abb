"""`likeness` shows whose submissions in a run are the same code with other names."""

from typing import TYPE_CHECKING, Any

import typer

from autograder.cli.app import app
from autograder.cli.console import GRADED, JsonOption, LabName, err, exit_codes, out, print_json, shown
from autograder.cli.course import RunFolder, run_folder
from autograder.errors import UsageError
from autograder.lab import Lab
from autograder.text import some_of

if TYPE_CHECKING:
    from pathlib import Path


@app.command()
def likeness(
    run: RunFolder = None,
    lab: LabName = "optimization",
    json: JsonOption = False,
) -> None:
    """See whose submissions are the same code with other names.

    `run` looks for it at its end; this does it again for a run that is there, and writes `RUN/likeness.json` and a
    page for each pair, with both sides next to each other. What was handed out is ignored. No grade depends on it,
    and none of it goes into what students get.

    Examples:

        python grade.py likeness

        python grade.py likeness runs/optimization/2026-03-07_10-00-00 --json
    """
    with exit_codes("Interrupted."):
        from autograder.folder import LIKENESS, claimed, no_run
        from autograder.likeness.record import find_likeness

        folder = run_folder(run, lab)
        if not folder.is_dir():
            raise no_run(folder)
        with claimed(folder, (LIKENESS,), ()):
            try:
                found = find_likeness(folder, Lab.find(lab))
            except OSError as error:
                raise UsageError(f"{folder / LIKENESS} cannot be written: {error.strerror}.") from error
        _print(found, folder)
        if json:
            print_json(found)
        raise typer.Exit(GRADED)


def _print(found: dict[str, Any], folder: "Path") -> None:
    widths = [max((len(shown(pair[side])) for pair in found["pairs"]), default=0) for side in "ab"]
    for pair in found["pairs"]:
        a, b = (f"{shown(pair[side]):<{width}}" for side, width in zip("ab", widths, strict=True))
        out.print(f"{a}  {b}  {pair['share']:>5.0%}  {shown(str(folder / pair['href']))}")
    for group in found["groups"]:
        err.print(f"{len(group)} are connected: {shown(some_of(group, 10))}.")
    err.print(
        f"{found['compared']} compared, {found['alike']} pairs alike. Look before you judge."
        if found["alike"]
        else f"{found['compared']} compared, nobody alike."
    )
    if found["left_out"]:
        err.print(f"Nothing to compare from {shown(some_of(found['left_out']))}.")
