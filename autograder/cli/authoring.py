"""For those who write labs: `audit` says whether the checks are any good, `new` and `preview` help to write them."""

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from autograder.cli.app import app
from autograder.cli.console import (
    GRADED,
    NEEDS_STAFF,
    JsonOption,
    LabName,
    err,
    exit_codes,
    keep_stdout_for_json,
    out,
    print_json,
    progress,
    shown,
)
from autograder.errors import UsageError, Verdict
from autograder.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.authoring.audit import Audit, Refusal
    from autograder.authoring.preview import Preview

_LIST_LIMIT = 40
_STDOUT = Path("-")


@app.command()
def audit(
    lab: LabName = "optimization",
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at a time. Default: one a core.")] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="States of the random number generators to try right code in.")
    ] = 50,
    mutants: Annotated[bool, typer.Option(help="Change the reference in every small way, too.")] = True,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all of it as JSON; - is stdout.")] = None,
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
    try:
        from autograder.authoring.audit import Scope
        from autograder.authoring.audit import audit as run_audit
    except ModuleNotFoundError as error:
        raise UsageError(
            f"An audit needs {error.name}: install the extra packages with pip install -e '.[authoring]'."
        ) from error
    keep_stdout_for_json(json == _STDOUT)
    for path in (json, html):
        if path and path != _STDOUT:
            _write(path, "")  # rather now than after the audit
    from autograder.authoring.page import page
    from autograder.records import as_inert_json

    with progress() as display:
        bar = display.add_task("trying", total=None)
        found = run_audit(
            lab, Scope(jobs, seeds, mutants, lambda done, total: display.update(bar, completed=done, total=total))
        )
    _print_audit(found)
    if json == _STDOUT:
        print_json(found.as_json())
    elif json:
        _write(json, as_inert_json(found.as_json()) + "\n")
        out.print(shown(str(json)))
    if html:
        _write(html, page(found))
        out.print(shown(str(html)))
    return GRADED if found.is_sound else NEEDS_STAFF


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


@app.command()
def preview(
    check: Annotated[str, typer.Argument(metavar="CHECK", help="A hidden check's name or title, or a part of it.")],
    on: Annotated[Path, typer.Option("--on", metavar="PATH", help="A submission, or a single .py file of one.")],
    lab: LabName = "optimization",
    isolation: Annotated[
        str, typer.Option(help="As of `run`; **none**: in this very process, for code of your own.")
    ] = "auto",
    json: JsonOption = False,
) -> None:
    """Run one hidden check on one submission, and show what a student would be told.

    Examples:

        python grade.py preview adam_heeds --on tests/submissions/wrong/adam_betas_hard_coded
    """
    with exit_codes():
        if sys.platform != "linux":
            raise UsageError("Hidden checks run on Linux; `check` tries the public ones here.")
        from autograder.authoring.preview import preview as run_preview
        from autograder.sandbox import ISOLATION

        if isolation != "none" and isolation not in ISOLATION:
            raise UsageError(f"--isolation {isolation} is not known. There is: {', '.join(ISOLATION)}, none.")
        found = run_preview(Lab.find(lab), check, on, isolation)
        _print_preview(found)
        if json:
            print_json(_preview_as_json(found))
        passed = all(result.verdict == Verdict.PASSED for result in found.results)
        raise typer.Exit(GRADED if passed and not found.faulty else NEEDS_STAFF)


def _preview_as_json(preview: "Preview") -> dict[str, Any]:
    return {
        "checks": [asdict(result) for result in preview.results],
        "faulty": [asdict(result) for result in preview.faulty.values()],
        "diagnoses": {question: asdict(diagnosis) for question, diagnosis in preview.diagnoses.items()},
    }


def _print_preview(preview: "Preview") -> None:
    for result in [*preview.faulty.values(), *preview.results]:
        colour = "green" if result.verdict == Verdict.PASSED else "red"
        out.print(f"[{colour}]{result.verdict}[/{colour}] {shown(_short(result.name))} ({result.seconds:.2f} s)")
        out.print(f"  {shown(result.title)}")
        if result.message:
            out.print(f"  {shown(result.message)}")
    for question, diagnosis in preview.diagnoses.items():
        out.print(f"{question}: {shown(diagnosis.text)}")


@app.command()
def handout(
    out_dir: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where it goes: `DIR/LAB/` and `DIR/LAB.zip`.")],
    lab: LabName = "optimization",
    force: Annotated[bool, typer.Option("--force", help="Replace what lies there under these names.")] = False,
    json: JsonOption = False,
) -> None:
    """Make what students get: given files, stubs, public checks, and the notebook without its solutions.

    The notebook is made by Otter Assign from `assignments/LAB/master.ipynb`, where there is one. Nothing is written
    before all of it was looked through for answers, for hidden checks and for paths of this machine.

    Examples:

        python grade.py handout --lab optimization --out handouts/
    """
    from autograder.authoring.handout import make_handout

    with exit_codes():
        made = make_handout(Lab.find(lab), out_dir, force)
        sizes = f"{made.files} files, {_kilobytes(made.bytes)}; zipped {_kilobytes(made.archive_bytes)}"
        err.print(f"{sizes}; {made.seconds:.1f} s.")
        out.print(shown(str(made.folder)))
        out.print(shown(str(made.archive)))
        if json:
            print_json(asdict(made))


def _kilobytes(size: int) -> str:
    return f"{(size + 1023) >> 10} KB"


new = typer.Typer(no_args_is_help=True, help="Make a new lab, or a new check of one, that works as it is.")
app.add_typer(new, name="new")


@new.command("lab")
def new_lab(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What its folders are called.")],
    title: Annotated[str | None, typer.Option(help="What students see. Default: from its name.")] = None,
    json: JsonOption = False,
) -> None:
    """Make a small lab that passes its own audit: change it step by step into yours."""
    from autograder.authoring import scaffold

    with exit_codes():
        _print_new(
            scaffold.new_lab(name, title), f"python grade.py audit --lab {name}, and see docs/authoring.md", json
        )


@new.command("check")
def new_check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is about, as in adam_without_decay.")],
    question: Annotated[str, typer.Option(help="The id of the question in lab.toml that it belongs to.")],
    lab: LabName = "optimization",
    json: JsonOption = False,
) -> None:
    """Make a hidden check that passes on the reference, and its scenario, for you to fill in."""
    from autograder.authoring import scaffold

    with exit_codes():
        found = Lab.find(lab)
        known = [q.id for q in found.manifest.questions]
        if question not in known:
            raise UsageError(f"{lab} has no question {question!r}. There is: {', '.join(known)}.")
        files = scaffold.new_check(found, found.question(question), name)
        _print_new(files, f"python grade.py preview test_{name} --lab {lab} --on {found.reference}", json)


def _print_new(files: "Sequence[Path]", then: str, json: bool) -> None:
    paths = [str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path) for path in files]
    for path in paths:
        out.print(shown(path))
    out.print(f"Now try: {shown(then)}")
    if json:
        print_json({"files": paths})


def _print_audit(audit: "Audit") -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("check", overflow="fold")
    for heading in ("points", "catches", "alone", "ms"):
        table.add_column(heading, justify="right")
    for check in audit.checks:
        numbers = f"{check.points:g}", f"{len(check.catches)}", f"{len(check.alone)}", f"{1000 * check.seconds:.0f}"
        table.add_row(shown(_short(check.name)), *numbers)
    out.print(table)
    if audit.left_out:
        out.print(f"{len(audit.left_out)} checks that train a network, or run students' tests, are not tried here.")
    _print_list("Does not work", [*audit.faults])
    _print_list("Survives every check of its question", [f"{m.question}: {m.name}" for m in audit.survivors])
    refusals = [f"{r.variant}, {r.check}{_seeds(r)}: {r.message}" for r in audit.refusals]
    _print_list("Right code refused", refusals)
    _print_list("Catches nothing that no other check catches", [check.name for check in audit.idle], "yellow")
    _print_list("Mutants of the reference that live", [m.diff for m in audit.unexplained], "yellow")
    _print_list("Explained in equivalents.toml, but not there or not alive", [*audit.stale], "yellow")
    out.print(_summary(audit))


def _seeds(refusal: "Refusal") -> str:
    """When it was refused, where not always."""
    return "" if refusal.seed is None else f" (with seed {refusal.seed}; {refusal.times} times in all)"


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


def _short(check: str) -> str:
    """A check's name without its file."""
    return check.partition("::")[2].removeprefix("test_")


def _print_list(heading: str, entries: list[str], colour: str = "red") -> None:
    if not entries:
        return
    out.print(f"[{colour}]{heading}:[/{colour}]")
    for entry in entries[:_LIST_LIMIT]:
        out.print(f"  {shown(entry, lines=True)}")
    if len(entries) > _LIST_LIMIT:
        out.print(f"  and {len(entries) - _LIST_LIMIT} more")
