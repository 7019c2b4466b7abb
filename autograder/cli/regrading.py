"""`regrade` grades a run again after a check was mended, and shows who moves before anything is written."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.app import app
from autograder.cli.console import (
    GRADED,
    NEEDS_STAFF,
    Device,
    DeviceOption,
    JsonOption,
    LabName,
    err,
    exit_codes,
    heed_ends,
    note,
    out,
    print_json,
    progress,
    shown,
)
from autograder.cli.course import RunFolder, run_folder
from autograder.cli.grading import ConvergenceOption, Isolation, Mode, processors
from autograder.errors import UsageError
from autograder.lab import Lab
from autograder.text import some_of

if TYPE_CHECKING:
    from autograder.batch import Order
    from autograder.moves import Move
    from autograder.regrade import Regrade


@dataclass(frozen=True)
class _Settings:
    """How to grade, as `run` has it."""

    jobs: int | None
    isolation: Isolation
    timeout: float | None
    convergence: Mode | None
    device: Device


@app.command()
def regrade(
    run: RunFolder = None,
    lab: LabName = "optimization",
    only: Annotated[
        str | None, typer.Option(metavar="QUESTIONS", help="Only these questions' checks, as in adam,adamw.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write it without being asked.")] = False,
    json: JsonOption = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="As of `run`.")] = None,
    isolation: Annotated[Isolation, typer.Option(help="As of `run`.")] = Isolation.AUTO,
    timeout: Annotated[float | None, typer.Option(min=0.1, metavar="S", help="As of `run`.")] = None,
    convergence: ConvergenceOption = None,
    device: DeviceOption = Device.AUTO,
) -> None:
    """Grade a run again after a check was mended, and see who moves.

    Grades what the run graded, beside it, and shows whose points or verdicts changed. Writes nothing before `--write`
    or a yes; then reports and grades.csv follow, each changed report says so, and what people entered stays.
    With `--json` nobody is asked.

    Examples:

        python grade.py regrade --only adam

        python grade.py regrade runs/optimization/2026-03-07_10-00-00 --only adam,adamw --write
    """
    with exit_codes("Interrupted. Nothing of the run was changed."):
        if sys.platform != "linux":
            raise UsageError("Grading needs Linux (its sandbox).")
        from autograder.folder import GRADES, claimed, no_run

        folder = run_folder(run, lab)
        if not folder.is_dir():
            raise no_run(folder)
        with claimed(folder, (GRADES,), ()):
            settings = _Settings(jobs, isolation, timeout, convergence, device)
            order, gone = _order(folder, Lab.find(lab), only, settings)
            found = _regrade(order, gone)
            raise typer.Exit(_settle(found, write, json))


def _order(folder: Path, lab: Lab, only: str | None, settings: _Settings) -> "tuple[Order, dict[str, str]]":
    known = [question.id for question in lab.manifest.questions]
    questions = tuple(name.strip() for name in only.split(",")) if only is not None else ()
    unknown = [name for name in questions if name not in known]
    if unknown:
        raise UsageError(f"{lab.name} has no question {unknown[0]!r}. There is: {', '.join(known)}.")
    from autograder.batch import Order
    from autograder.hand_ins import sources_of
    from autograder.judge import training_of

    sources, gone = sources_of(folder)
    if not sources:
        raise UsageError(f"None of the submissions of {folder} is there any more. Put them back where they were.")
    limits = lab.manifest.limits
    if settings.timeout is not None:
        limits = limits.model_copy(update={"seconds": settings.timeout})
    training = training_of(lab, settings.convergence and settings.convergence.value, settings.device.value)
    jobs = settings.jobs or processors()
    return Order(lab, sources, folder, jobs, settings.isolation.value, limits, training, only=questions), gone


def _regrade(order: "Order", gone: dict[str, str]) -> "Regrade":
    from autograder import batch
    from autograder.regrade import regrade as grade_again

    heed_ends()
    what = ", ".join(order.only) or "all questions"
    err.print(f"{shown(str(order.out))}: {what} of {len(order.sources)} submissions, graded again beside it.")
    with progress() as display:
        bar = display.add_task("grading", total=len(order.sources))
        events = batch.Events(
            on_ready=lambda profile: err.print(f"Isolation: {profile}."),
            on_fault=lambda fault: err.print(f"[yellow]A check fails on the reference itself:[/yellow] {shown(fault)}"),
            on_row=lambda row: display.advance(bar),
            on_notice=note,
            on_unwritten=lambda name, why: err.print(f"[red]Error:[/red] {shown(name)} could not be kept: {why}."),
        )
        return grade_again(order, gone, events)


def _settle(found: "Regrade", write: bool, json: bool) -> int:
    """Show it, and write it if that is wanted."""
    from autograder.folder import INDEX
    from autograder.regrade import write as write_all

    _print(found)
    written = bool(found.records) and (write or (not json and _is_agreed()))
    if written:
        write_all(found, note)
    if json:
        print_json(found.as_json(written))
    elif written:
        out.print(shown(str(found.run / INDEX)))
    else:
        err.print("Nothing was written: pass --write to do so." if found.records else "There is nothing to write.")
    return NEEDS_STAFF if found.left else GRADED


def _is_agreed() -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return str(typer.prompt("Write this into the run? yes or no", default="no")).strip().lower() == "yes"


def _print(found: "Regrade") -> None:
    width = max((len(shown(move.student)) for move in found.seen), default=0)
    if found.seen:
        out.print(f"{'student':<{width}}   from     to     by  because")
    for move in found.seen:
        colour = "red" if move.by < 0 else "green" if move.by > 0 else "yellow"
        points = f"{move.before:>5g}  {move.after:>5g}  [{colour}]{move.by:>+5g}[/{colour}]"
        out.print(f"{shown(move.student):<{width}}  {points}  {shown(_because(move))}")
    for student, why in found.left:
        err.print(f"[yellow]{shown(student)} keeps the old grade:[/yellow] {shown(why)}.")
    up, down = (sum(sign * move.by > 0 for move in found.moves) for sign in (1, -1))
    words = [move.student for move in found.moves if not move.is_seen]
    err.print(
        f"{up} gain, {down} lose, {len(found.seen) - up - down} keep their points with other verdicts"
        f"{f', {len(words)} only read other words ({shown(some_of(words))})' if words else ''}; "
        f"{len(found.unchanged)} as before."
    )


def _because(move: "Move") -> str:
    """The verdicts that changed, question by question."""
    parts = []
    for question in move.questions:
        checks = [f"{check.title.rstrip('.')}: {check.before or 'new'} → {check.after or 'gone'}"
                  for check in question.seen]  # fmt: skip
        parts.append(f"{question.id} {question.before:g} → {question.after:g} ({'; '.join(checks) or 'other points'})")
    return "; ".join(parts)
