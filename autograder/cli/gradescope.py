"""`bundle` makes an autograder for Gradescope; `gradescope` is what runs there."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.app import app
from autograder.cli.console import GRADED, JsonOption, LabName, exit_codes, out, print_json, shown
from autograder.cli.grading import ConvergenceOption
from autograder.errors import UsageError
from autograder.lab import Lab


class Visibility(StrEnum):
    """When students see the results of the hidden checks, in Gradescope's words."""

    VISIBLE = "visible"
    AFTER_DUE_DATE = "after_due_date"
    AFTER_PUBLISHED = "after_published"
    HIDDEN = "hidden"


FeedbackOption = Annotated[
    Visibility | None,
    typer.Option(
        "--feedback",
        help="When students see the results of the hidden checks, and the score. Default: visibility in lab.toml.",
    ),
]


@app.command()
def bundle(
    out_file: Annotated[Path, typer.Option("--out", metavar="FILE", help="The zip to upload.")] = Path(
        "autograder.zip"
    ),
    lab: LabName = "optimization",
    feedback: FeedbackOption = None,
    convergence: ConvergenceOption = None,
    torch_index: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="An index with CPU builds of torch (PyTorch's installation page names it). Without it pip takes the "
            "registry's build, which brings CUDA libraries of several GB.",
        ),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Make an autograder to upload to Gradescope.

    Holds the reference and the hidden checks: keep it from students. docs/gradescope.md says where to upload it, which
    settings it needs, and what students see.
    """
    from autograder.authoring.bundle import Choices, write_bundle

    with exit_codes():
        found = Lab.find(lab)
        settings = found.manifest.convergence
        choices = Choices(
            feedback.value if feedback else found.manifest.feedback.visibility,
            convergence.value if convergence else (settings.mode if settings else "train"),
            torch_index,
        )
        names = write_bundle(found, choices, out_file)
        out.print(f"{shown(str(out_file))}: {len(names)} files. Feedback: {choices.feedback}.")
        if json:
            chosen = {"feedback": choices.feedback, "convergence": choices.convergence}
            print_json({"lab": lab, "file": out_file, "files": names, **chosen})


@app.command(hidden=True)
def gradescope(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What was handed in.")],
    results: Annotated[Path, typer.Option(metavar="FILE", help="Where results.json goes.")],
    lab: LabName = "optimization",
    metadata: Annotated[Path | None, typer.Option(metavar="FILE", help="submission_metadata.json.")] = None,
    feedback: FeedbackOption = None,
    convergence: ConvergenceOption = None,
) -> None:
    """Grade one hand-in on Gradescope's machine, as `run_autograder` of a bundle does.

    Exit code 0: results.json is written, whatever is in it.
    """
    import json

    from autograder import gradescope as onsite
    from autograder.exports.gradescope import Told
    from autograder.records import write_atomically

    with exit_codes():
        found = Lab.find(lab)
        manifest = found.manifest.feedback
        told = Told(feedback.value if feedback else manifest.visibility, manifest.leaderboard)
        hand_in = onsite.HandIn(folder.absolute(), metadata)
        outcome = onsite.grade(
            found, hand_in, told, convergence and convergence.value, lambda line: out.print(shown(line))
        )
        try:
            write_atomically(results, json.dumps(outcome.data, indent=1) + "\n")
        except OSError as error:
            raise UsageError(f"{results} cannot be written: {error.strerror}.") from error
        out.print("Needs staff." if outcome.needs_staff else "Graded.")
        raise typer.Exit(GRADED)
