"""For those who write labs: `audit` says whether the checks are any good, `new` and `preview` help to write them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from autograder.cli.app import app
from autograder.cli.console import GRADED, NEEDS_STAFF, LabName, err, exit_codes, out, shown
from autograder.errors import UsageError
from autograder.lab import Lab

if TYPE_CHECKING:
    from autograder.authoring.audit import Audit

_LIST_LIMIT = 40


@app.command()
def audit(
    lab: LabName = "optimization",
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at a time. Default: one a core.")] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="States of the random number generators to try right code in.")
    ] = 50,
    mutants: Annotated[bool, typer.Option(help="Change the reference in every small way, too.")] = True,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all of it as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page to look at.")] = None,
) -> None:
    """Find out whether a lab's hidden checks are any good.

    Tries them on every known mistake (each must be caught), on right submissions (none may lose a point, whatever the
    random numbers) and on small mutants of the reference. Exit code 1 when a known mistake survives or right code is
    refused, so that it can guard a lab's CI.
    """
    with exit_codes():
        raise typer.Exit(_audit(Lab.find(lab), jobs or len(os.sched_getaffinity(0)), seeds, mutants, json, html))


def _audit(lab: Lab, jobs: int, seeds: int, mutants: bool, json: Path | None, html: Path | None) -> int:
    from autograder.authoring.audit import Scope
    from autograder.authoring.audit import audit as run_audit
    from autograder.authoring.page import page
    from autograder.records import as_inert_json

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task("trying", total=None)
        found = run_audit(
            lab, Scope(jobs, seeds, mutants, lambda done, total: progress.update(bar, completed=done, total=total))
        )
    _print_audit(found)
    if json:
        _write(json, as_inert_json(found.as_json()) + "\n")
    if html:
        _write(html, page(found))
    return GRADED if found.is_sound else NEEDS_STAFF


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    out.print(shown(str(path)))


def _print_audit(audit: "Audit") -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("check", overflow="fold")
    for heading in ("points", "catches", "alone", "ms"):
        table.add_column(heading, justify="right")
    for check in audit.checks:
        numbers = f"{check.points:g}", f"{len(check.catches)}", f"{len(check.alone)}", f"{1000 * check.seconds:.0f}"
        table.add_row(shown(check.name), *numbers)
    out.print(table)
    if audit.left_out:
        out.print(f"{len(audit.left_out)} checks that train a network are not tried here; see `calibrate`.")
    _print_list("Fails on the reference itself", [*audit.faults])
    _print_list("Survives every check of its question", [f"{m.question}: {m.name}" for m in audit.survivors])
    refusals = [
        f"{r.variant}{'' if r.seed is None else f' (seed {r.seed})'}, {r.check}: {r.message}" for r in audit.refusals
    ]
    _print_list("Right code refused", refusals)
    _print_list("Catches nothing that no other check catches", [check.name for check in audit.idle], "yellow")
    _print_list("Mutants of the reference that live", [m.diff for m in audit.unexplained], "yellow")
    _print_list("Explained in equivalents.toml, but not there or not alive", [*audit.stale], "yellow")
    out.print(_summary(audit))


def _summary(audit: "Audit") -> str:
    killed = sum(bool(mutant.killed_by) for mutant in audit.mutants)
    parts = [
        f"{len(audit.misconceptions)} known mistakes and conventions, {len(audit.survivors)} survive",
        f"{len(audit.right)} right submissions and {audit.seeds} seeds, {len(audit.refusals)} refusals",
        f"{len(audit.mutants)} mutants, {killed} killed, {len(audit.explained)} explained, "
        f"{len(audit.unexplained)} alive",
        f"{audit.seconds:g} s",
    ]
    return "; ".join(part for part in parts if audit.mutants or "mutants" not in part) + "."


def _print_list(heading: str, entries: list[str], colour: str = "red") -> None:
    if not entries:
        return
    out.print(f"[{colour}]{heading}:[/{colour}]")
    for entry in entries[:_LIST_LIMIT]:
        out.print(f"  {shown(entry, lines=True)}")
    if len(entries) > _LIST_LIMIT:
        out.print(f"  and {len(entries) - _LIST_LIMIT} more")
