"""`calibrate` finds thresholds for training runs, `experiment` plots a student's own."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from autograder.cli.app import app
from autograder.cli.console import (
    GRADED,
    NEEDS_STAFF,
    Device,
    DeviceOption,
    JsonOption,
    LabName,
    exit_codes,
    out,
    print_json,
    progress,
    shown,
)
from autograder.lab import Lab

if TYPE_CHECKING:
    from autograder.training.experiment import ExperimentResult


@app.command()
def calibrate(
    lab: LabName = "optimization",
    seeds: Annotated[int, typer.Option(min=20, help="Runs of the reference for each optimizer and schedule.")] = 80,
    device: DeviceOption = Device.AUTO,
    jobs: Annotated[int | None, typer.Option(min=1, help="Runs at a time. Default: one a core.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: docs/calibration-LAB-DATA_SET-DEVICE.png.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Find the held-out accuracy that right code reaches, and write it to lab.toml.

    Trains the reference from many seeds and its known wrong variants from some. Each threshold comes with the chance
    that right code fails it (fitted to the tail, and bounded without a fit) and with the mistakes that it catches.
    """
    with exit_codes():
        _calibrate(Lab.find(lab), seeds, device, jobs or len(os.sched_getaffinity(0)), plot, json)


def _calibrate(lab: Lab, seeds: int, device: Device, jobs: int, plot: Path | None, json: bool) -> None:
    from autograder.training import calibration
    from autograder.training.calibration_plot import draw
    from autograder.training.device import choose

    chosen = choose(device.value)
    with progress() as display:
        bar = display.add_task(f"training on {chosen}")
        measured = calibration.calibrate(
            lab, seeds, chosen, jobs, lambda done, total: display.update(bar, completed=done, total=total)
        )
    thresholds = {question: m.threshold() for question, m in measured.items()}
    assert lab.manifest.convergence
    data_set = lab.manifest.convergence.data_set
    plot = plot or lab.root / "docs" / f"calibration-{lab.name}-{data_set}-{chosen}.png"
    draw(measured, thresholds, f"{data_set}, {chosen}, {seeds} seeds", plot)
    table = Table(box=None, pad_edge=False)
    for heading in ("question", "threshold", "lowest", "false fail: fitted", "at most", "catches"):
        table.add_column(heading)
    for question, t in thresholds.items():
        caught = f"{len(t.catches)} of {t.tried}"
        fitted, bound = f"{t.false_fail:.0e}", f"{t.false_fail_at_most:.1%}"
        table.add_row(question, f"{t.accuracy:.3f}", f"{t.lowest:.3f}", fitted, bound, caught)
    out.print(table)
    written = calibration.write_thresholds(lab, chosen, thresholds)
    out.print(f"{shown(str(plot))}\n{shown(str(written))}")
    if json:
        found = {question: threshold.model_dump(mode="json") for question, threshold in thresholds.items()}
        files = {"plot": plot, "manifest": written}
        print_json({"lab": lab.name, "data_set": data_set, "device": chosen, "thresholds": found, **files})


@app.command()
def experiment(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder (or archive) with your files.")],
    lab: LabName = "optimization",
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the plots go. Default: DIR/experiment.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Plot what your own optimizers, schedules and learning-rate finder do.

    Trains the lab's network on your machine as it is, with no sandbox, and writes each plot as PNG and SVG: the
    optimizers compared, three learning rates, every schedule, the finder's curve. What is not written yet is left
    out, and said.
    """
    from autograder.training.experiment import run_experiment

    with exit_codes():
        result = run_experiment(folder, Lab.find(lab), out_dir)
        _print_experiment(result)
        if json:
            optimizers = [asdict(line) for line in result.lines]
            print_json({"files": result.files, "optimizers": optimizers, "notes": result.notes})
        raise typer.Exit(GRADED if result.files else NEEDS_STAFF)


def _print_experiment(result: "ExperimentResult") -> None:
    if result.lines:
        table = Table(box=None, pad_edge=False)
        table.add_column("optimizer")
        for heading in ("rate", "final loss", "held-out accuracy"):
            table.add_column(heading, justify="right")
        for line in result.lines:
            table.add_row(line.optimizer, f"{line.rate:g}", f"{line.loss:.4f}", f"{100 * line.accuracy:.1f} %")
        out.print(table)
    for note in result.notes:
        out.print(shown(note))
    for path in result.files:
        out.print(shown(str(path)))
