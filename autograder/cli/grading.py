"""`run` grades a class, `check` is the student's door."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TextColumn, TimeRemainingColumn
from rich.table import Table

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
from autograder.cli.containers import DockerOption, EngineOption, GpusOption, ImageOption, container_of
from autograder.cli.opening import open_page
from autograder.errors import UsageError, Verdict
from autograder.folder import INDEX
from autograder.lab import Lab
from autograder.text import in_words, some_of

if TYPE_CHECKING:
    from autograder.batch import Order
    from autograder.checking import PublicResult
    from autograder.containers.host import Container
    from autograder.judge import Training
    from autograder.records import Row
    from autograder.submission import Source
    from autograder.summary import Summary

_NAME_WIDTH = 24
_ID_WIDTH = 20  # of a question's, in the table at the end
_GOOD, _POOR = 0.8, 0.5  # of a question's points, on the mean


class Isolation(StrEnum):
    """auto: the strongest sandbox that holds; strict: all layers or nothing; local: none; or a profile by name."""

    AUTO = "auto"
    STRICT = "strict"
    NAMESPACES = "namespaces"
    SLOTS = "slots"
    LANDLOCK = "landlock"
    LOCAL = "local"


class Mode(StrEnum):
    """train: every optimizer trains the network; replay: only what does not follow the reference's recorded run."""

    TRAIN = "train"
    REPLAY = "replay"


class Layout(StrEnum):
    """The course system that handed the submissions out; folders: none did."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"
    NBGRADER = "nbgrader"
    FOLDERS = "folders"


ConvergenceOption = Annotated[
    Mode | None,
    typer.Option(
        "--convergence",
        help="**train**: every optimizer trains the network; **replay**: those that follow the reference through a "
        "recorded run are spared it. Default: lab.toml's.",
    ),
]


@app.command()
def run(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="A class (a folder of submissions), or submissions: folders, .zip, .tar.gz or .ipynb files. The name "
            "of the folder or file is the student's name in every output. Or what Canvas, Moodle, Gradescope or "
            "nbgrader hands out, unpacked or still the zip: students are called by name and id.",
        ),
    ],
    lab: LabName = "optimization",
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where results go. Given again, it goes on where it was and regrades only what changed; "
            "grades.csv keeps students of earlier calls. "
            "Default: runs/LAB/TIME, or the last such folder if that run was not finished.",
        ),
    ] = None,
    layout: Annotated[
        Layout | None,
        typer.Option(
            "--from",
            help="Read PATH as this system hands submissions out, or as plain **folders** and files of students. "
            "Default: what its layout looks like.",
        ),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Students graded at a time. Default: one a core.")] = None,
    isolation: Annotated[
        Isolation,
        typer.Option(
            help="**auto**: the strongest sandbox that holds on this machine, or nothing is graded; **strict**: the "
            "namespaces sandbox with every layer, or nothing; **namespaces**, **slots**, **landlock**: just this one, "
            "or nothing; **local**: no sandbox, for code that you trust."
        ),
    ] = Isolation.AUTO,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1, metavar="S", help="Wall seconds for one check that trains no network. Default: lab.toml's."
        ),
    ] = None,
    convergence: ConvergenceOption = None,
    device: DeviceOption = Device.AUTO,
    docker: DockerOption = False,
    image: ImageOption = None,
    gpus: GpusOption = None,
    engine: EngineOption = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the page of the class in a browser at once; it follows the batch.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Grade a class.

    Writes `DIR/grades.csv`, `DIR/index.html` (the class as a page: a table, figures, what to look at), and for each
    student `DIR/<student>/report.json` (every check with its verdict and what went wrong first), `report.html` (the
    same, for the student) and `worker.log` (what the student's code printed). Safe to interrupt and to run again.

    Examples:

        python grade.py run submissions/ --lab optimization

        python grade.py run alice.zip bob/ --out runs/late --jobs 4

        python grade.py run submissions.zip --from canvas

        python grade.py run submissions/ --docker
    """
    with exit_codes("Interrupted. What was graded is kept; the same command goes on from there."):
        container = container_of(docker, image, gpus, engine, device)
        training = _training(lab, convergence, device, container)
        order = _order(paths, lab, layout, out_dir, jobs, isolation, timeout, training)
        raise typer.Exit(_run(replace(order, live=open_), json, container))


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder (or archive) with your files.")],
    lab: LabName = "optimization",
    json: JsonOption = False,
) -> None:
    """Try your own files: the handout's public checks, as in `python -m pytest checks`.

    Runs your code on your machine as it is, with no sandbox, and compares it with PyTorch's own optimizers. The
    hidden checks that count are more thorough.
    """
    from autograder.checking import check as run_public_checks

    with exit_codes():
        results = run_public_checks(folder, Lab.find(lab))
        _print_public_results(results)
        if json:
            print_json({"lab": lab, "checks": [asdict(result) for result in results]})
        raise typer.Exit(GRADED if all(r.verdict == Verdict.PASSED for r in results) else NEEDS_STAFF)


def _order(
    paths: list[Path],
    lab_name: str,
    layout: Layout | None,
    out_dir: Path | None,
    jobs: int | None,
    isolation: Isolation,
    timeout: float | None,
    training: "Training",
) -> "Order":
    from autograder.batch import Order
    from autograder.roster import find_submissions

    lab = Lab.find(lab_name)
    roster = find_submissions(paths, lab, layout and layout.value)
    if roster.ignored:
        names = shown(some_of([path.name for path in roster.ignored]))
        err.print(f"Passed over, being neither folder nor archive nor notebook: {names}.")
    for notice in roster.notices:
        err.print(shown(notice))
    limits = lab.manifest.limits
    if timeout is not None:
        limits = limits.model_copy(update={"seconds": timeout})
    folder, earlier = (out_dir, None) if out_dir else _default_out(Path("runs") / lab_name, roster.sources)
    for path in paths:
        if path.is_dir() and folder.resolve().is_relative_to(path.resolve()):
            raise UsageError(f"Results would go to {folder}, among the submissions in {path}: pass --out elsewhere.")
    jobs = jobs or processors()
    return Order(lab, roster.sources, folder, jobs, isolation.value, limits, training, earlier)


def _training(lab: str, mode: Mode | None, device: Device, container: "Container | None") -> "Training":
    """How networks are trained: whether there is a GPU is seen here, or else in the container."""
    if sys.platform != "linux" and container is None:
        raise UsageError("Grading needs Linux (its sandbox); use `check` here, or grade with --docker.")
    from autograder.judge import training_of

    training = training_of(Lab.find(lab), mode and mode.value, device.value if container is None else "cpu")
    if container and container.gpus:
        training = replace(training, device="cuda", is_optional=device == Device.AUTO)
    return training


def _default_out(parent: Path, sources: "Sequence[Source]") -> tuple[Path, Path | None]:
    """A new folder named by the time, and the last run's; or the last one, if it was this call and cut short."""
    from autograder.batch import inputs_of
    from autograder.folder import GRADES, INPUTS

    runs = sorted(path for path in parent.glob("*") if path.is_dir())
    last = runs[-1] if runs else None
    unfinished = last and not (last / GRADES).exists() and (last / INPUTS).exists()
    if last and unfinished and (last / INPUTS).read_text("utf-8") == inputs_of(sources):
        err.print(f"Going on with {shown(str(last))}, which was not finished.")
        return last, runs[-2] if len(runs) > 1 else None
    return parent / datetime.now().strftime("%Y-%m-%d_%H-%M-%S"), last


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@dataclass
class _Mishaps:
    """What went wrong on the way, in the words of `batch.Events`."""

    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)


def _run(order: "Order", json: bool, container: "Container | None") -> int:
    from autograder import batch
    from autograder.summary import summarise

    heed_ends()

    total = len(order.sources)
    manifest = order.lab.manifest
    err.print(
        f"{shown(manifest.title)} {shown(manifest.version)}: {total} submission{'s' * (total != 1)}, "
        f"{order.jobs} at a time. Results go to {shown(str(order.out))}."
    )
    if container:
        image = container.image
        err.print(f"In a container of {shown(image.name)} ({shown(image.id)}), by {container.engine.name}.")
    begun = time.monotonic()
    mishaps = _Mishaps()
    isolation = ""
    with progress(TextColumn("ETA"), TimeRemainingColumn()) as display:
        task = display.add_task("starting", total=total)

        def on_ready(profile: str) -> None:
            nonlocal isolation
            isolation = profile
            display.update(task, description="grading")
            err.print(f"Isolation: {shown(profile)}.")

        def on_row(row: "Row") -> None:
            out.print(_line(row, order.lab))
            display.advance(task)

        def on_fault(fault: str) -> None:
            mishaps.faults.append(fault)
            err.print(f"[yellow]A check fails on the reference itself and needs staff:[/yellow] {shown(fault)}")

        def on_notice(notice: str) -> None:
            mishaps.notices.append(notice)
            note(notice)

        def on_unwritten(name: str, why: str) -> None:
            mishaps.unwritten.append(name)
            err.print(f"[red]Error:[/red] {shown(str(order.out / name))} could not be written: {why}.")

        def on_page() -> None:
            open_page(order.out / INDEX)

        events = batch.Events(on_ready, on_fault, on_row, on_notice, on_unwritten, on_page)
        rows = container.run(order, events) if container else batch.run(order, events)
    seconds = time.monotonic() - begun
    summary = summarise(rows, manifest.questions)
    _print_summary(summary, seconds)
    code = _conclude(rows, order, mishaps.unwritten)
    if json:
        print_json(
            {
                "lab": {"name": order.lab.name, "version": manifest.version, "hash": order.lab.digest},
                "out": order.out,
                "isolation": isolation,
                "image": container and container.image.id,
                "convergence": order.training.mode,
                "seconds": round(seconds, 2),
                "students": [asdict(row) for row in rows],
                "summary": summary.as_json(),
                **asdict(mishaps),
            }
        )
    return code


def _line(row: "Row", lab: Lab) -> str:
    colour = {"graded": "green", "needs staff": "red"}.get(row.status, "yellow")
    lost = [
        f"{q.id} {row.questions[q.id]:g}/{q.points:g}" for q in lab.manifest.questions if row.questions[q.id] < q.points
    ]
    notes = [row.status] * (row.status != "graded")
    notes += [shown(row.problem)] if row.problem else [some_of(lost)] * bool(lost)
    notes += [f"flagged: {', '.join(row.flags)}"] * bool(row.flags)
    kept = " (kept)" if row.reused else ""
    score = f"[{colour}]{row.score:>5g}[/{colour}] / {row.max_score:g}"
    name = shown(row.student)
    return f"{score}  {name:<{_NAME_WIDTH}}  {'; '.join(notes)}{kept}".rstrip()


def _print_summary(summary: "Summary", seconds: float) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("question", no_wrap=True, overflow="ellipsis", min_width=_ID_WIDTH)
    for heading, width in (("points", 6), ("mean", 5), ("right", 9)):
        table.add_column(heading, justify="right", no_wrap=True, min_width=width)
    table.add_column("most frequent named mistake", no_wrap=True, overflow="ellipsis")
    for question in summary.questions:
        colour = "green" if question.share >= _GOOD else "red" if question.share < _POOR else "yellow"
        mistake = f"{question.times}× {' or '.join(map(in_words, question.mistake))}" if question.mistake else ""
        table.add_row(
            question.id,
            f"{question.points:g}",
            f"[{colour}]{100 * question.share:.0f} %[/{colour}]",
            f"{question.right}/{summary.students}",
            shown(mistake),
        )
    err.print(table, soft_wrap=False)
    parts = [
        f"{summary.students} submission{'s' * (summary.students != 1)}",
        *([f"{summary.kept} of them kept from before"] if summary.kept else []),
        f"mean {summary.mean:.1f} of {summary.max_score:g}",
        *(f"{count} {status}" for status, count in summary.statuses.items()),
        *(f"{count} flagged: {kind}" for kind, count in summary.flags.items()),
        f"{seconds:.0f} s",
    ]
    err.print(f"{'; '.join(map(shown, parts))}.")


def _conclude(rows: "list[Row]", order: "Order", unwritten: "Sequence[str]" = ()) -> int:
    """Say who and what staff must look at, and where the results are; the exit code."""
    staff = [row.student for row in rows if row.status == "needs staff"]
    if staff:
        err.print(f"[red]Needs staff:[/red] {', '.join(map(shown, staff))}")
    if unwritten:
        err.print(
            f"[red]Could not be written:[/red] {', '.join(map(shown, unwritten))}. Make room, or see who may write "
            "there, and run the same command again: it grades only what is missing."
        )
    if INDEX not in unwritten:
        out.print(shown(str(order.out / INDEX)))
    return NEEDS_STAFF if staff or unwritten else GRADED


def _print_public_results(results: "list[PublicResult]") -> None:
    colours = {Verdict.PASSED: "green", Verdict.NOT_ATTEMPTED: "yellow", Verdict.SKIPPED: "yellow"}
    table = Table(box=None, pad_edge=False)
    for heading in ("check", "verdict", ""):
        table.add_column(heading, overflow="fold")
    for result in results:
        colour = colours.get(result.verdict, "red")
        message = shown(result.message) if result.verdict != Verdict.NOT_ATTEMPTED else ""
        table.add_row(shown(result.name.replace("_", " ")), f"[{colour}]{result.verdict}[/{colour}]", message)
    out.print(table)
    passed = sum(result.verdict == Verdict.PASSED for result in results)
    out.print(f"{passed} of {len(results)} public checks passed.")
