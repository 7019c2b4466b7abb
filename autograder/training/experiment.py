"""The comparison experiment: plots of what a student's own optimizers, schedules and finder do.

Works wherever Python does, without a sandbox; `curves.py` runs the student's code, in a process of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import HarnessError, InstructorError, SubmissionError, UsageError
from autograder.lab import ROOT, Lab
from autograder.roster import student_name
from autograder.submission import Source, lay_out, read_submission

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Learning rates: too small, good, too large.  The first optimizer that works makes the sweep.
RATES = {
    "SGD": (0.003, 0.2, 1.0),
    "Momentum": (0.0003, 0.05, 0.2),
    "Nesterov": (0.0003, 0.05, 0.5),
    "RMSprop": (1e-5, 0.002, 0.1),
    "Adam": (1e-5, 0.003, 0.1),
    "AdamW": (1e-5, 0.003, 0.1),
}
TRAINING = {"steps": 200, "batch_size": 64}
MEASURE_EVERY = 20  # steps between two looks at the held-out part
SCHEDULES = {
    "StepLR": {"step_size": 20, "gamma": 0.5},
    "ExponentialLR": {"gamma": 0.95},
    "CosineAnnealingLR": {"T_max": 75},
    "CosineAnnealingWarmRestarts": {"T_0": 10, "T_mult": 2},
    "CyclicLR": {"max_lr": 0.5, "step_size_up": 10, "step_size_down": 20},
    "WarmupCosineLR": {"warmup_steps": 10, "total_steps": 65},
}
SCHEDULED = {"base_lr": 0.1, "steps": 75}
FINDER = {"batch_size": 64, "lr_min": 1e-5, "lr_max": 1.0, "num_steps": 100}
FIND_FOR = "Adam"  # or the first optimizer that works
SEED, SECONDS = 0, 120  # SECONDS: of wall time, for one job
DATA_SET = "digits"  # of a lab whose lab.toml names none

OPTIMIZERS_PLOT, SWEEP_PLOT, SCHEDULES_PLOT, FINDER_PLOT = "optimizers", "rates", "schedules", "lr_finder"
_SIZES = ("too small", "good", "too large")

Job = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """How one optimizer ended: its training loss over the last steps, and held-out accuracy in [0, 1]."""

    optimizer: str
    rate: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class ExperimentResult:
    """The files that were written, a line for each optimizer that trained, and what was left out and why."""

    files: tuple[Path, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Task:
    """A job for `curves.py`, and what to call it in the plot that it is for."""

    plot: str
    name: str
    job: Job


@dataclass(frozen=True)
class _Answer:
    """What came of a task: the result that `curves.py` describes, or words that say why there is none."""

    task: _Task
    result: dict[str, Any]
    fault: str = ""


@dataclass(frozen=True)
class _Fault:
    """What a plot lacks, and why."""

    plot: str
    name: str
    words: str


def run_experiment(path: Path, lab: Lab, out: Path | None = None) -> ExperimentResult:
    """Run the code in the folder or archive at `path` and write its plots to `out`, as PNG and SVG.

    The default for `out` is `experiment` in the folder, or beside the archive.

    Raises:
        UsageError: there is nothing at `path`, or `out` cannot be written to.
        SubmissionError: it holds none of the lab's files.
        InstructorError: the lab has no model.py, or its data set cannot be had.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist. Give the folder that holds your {lab.manifest.required_files[0]}.")
    if not {"base.py", "model.py"} <= set(lab.manifest.given):
        raise InstructorError(f"The lab {lab.name} gives no base.py and model.py, which the experiment trains.")
    path = path.resolve()
    submission = read_submission(Source(student_name(path), path), lab)
    if submission.problem:
        raise SubmissionError(submission.problem)
    out = out or (path if path.is_dir() else path.parent) / "experiment"
    _make_room(out)
    data_set = lab.manifest.convergence.data_set if lab.manifest.convergence else DATA_SET
    answers = _answers({**submission.files, **lab.given_files()}, data_set, _tasks())
    result = _drawn(answers, data_set, out)
    return replace(result, notes=(*submission.refused.values(), *result.notes))


def _tasks() -> list[_Task]:
    training = {**TRAINING, "measure_every": MEASURE_EVERY}
    return [
        *(
            _Task(OPTIMIZERS_PLOT, name, {"do": "train", "optimizer": name, "rate": good, **training})
            for name, (_, good, _) in RATES.items()
        ),
        *(
            _Task(SCHEDULES_PLOT, name, {"do": "schedule", "schedule": name, "settings": settings, **SCHEDULED})
            for name, settings in SCHEDULES.items()
        ),
        _Task(SWEEP_PLOT, "three rates", {"do": "sweep", "rates": RATES, **TRAINING}),
        _Task(FINDER_PLOT, "lr_range_test", {"do": "find", "optimizers": [FIND_FOR, *RATES], **FINDER}),
    ]


def _make_room(out: Path) -> None:
    """Make the folder, and take the plots of an earlier run out of it: what is there afterwards is of this run."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for plot in (OPTIMIZERS_PLOT, SWEEP_PLOT, SCHEDULES_PLOT, FINDER_PLOT):
            for suffix in ("png", "svg"):
                (out / f"{plot}.{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be written to: {error.strerror}. Pass --out elsewhere.") from error


# The student's process


def _answers(files: Mapping[str, bytes], data_set: str, tasks: Sequence[_Task]) -> list[_Answer]:
    """What came of each task.  One that brings its process down costs only itself: those after it get another."""
    answers: list[_Answer] = []
    with tempfile.TemporaryDirectory(prefix="experiment-") as folder:
        lay_out(str(Path(folder, "files")), files)
        while len(answers) < len(tasks):
            rest = tasks[len(answers) :]
            lines, end = _run(Path(folder), data_set, [task.job for task in rest], _working(answers))
            answers += [
                _Answer(task, line.get("result", {}), line.get("fault", ""))
                for task, line in zip(rest, lines, strict=False)
            ]
            if len(lines) < len(rest):
                answers.append(_Answer(rest[len(lines)], {}, end))
    return answers


def _working(answers: Sequence[_Answer]) -> list[str]:
    """The optimizers that trained to the end."""
    trained = [answer for answer in answers if answer.task.plot == OPTIMIZERS_PLOT and not answer.fault]
    return [answer.task.name for answer in trained if isfinite(answer.result["losses"][-1])]


def _run(folder: Path, data_set: str, jobs: list[Job], working: list[str]) -> tuple[list[dict[str, Any]], str]:
    """The answers of one process to its jobs, as far as it came, and how it ended."""
    results, errors = folder / "results", folder / "errors"
    results.write_text("")
    order = {
        "folder": str(folder / "files"),
        "data_set": data_set,
        "results": str(results),
        "seed": SEED,
        "seconds": SECONDS,
        "working": working,
        "jobs": jobs,
    }
    with errors.open("wb") as stderr:
        done = subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                f"{__package__}.curves",
            ],  # -P: nothing in the caller's folder shadows a library
            input=json.dumps(order).encode(),
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=_environment(),
        )
    said = errors.read_text("utf-8", "replace")
    first, *lines = map(json.loads, results.read_text("utf-8").splitlines()) if results.stat().st_size else [{}]
    if "refused" in first:
        raise InstructorError(first["refused"])
    if "ready" not in first:
        raise HarnessError(f"The process for the experiment did not start:\n{said[-2000:]}")
    late = "Timeout (" in said
    return lines, f"it took more than {SECONDS} s" if late else f"it ended Python (exit code {done.returncode})"


def _environment() -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    ours = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **ours, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}


# Plots


def _drawn(answers: Sequence[_Answer], data_set: str, out: Path) -> ExperimentResult:
    from autograder.training import plots

    faults = [_Fault(answer.task.plot, answer.task.name, answer.fault) for answer in answers if answer.fault]
    by_plot: dict[str, list[_Answer]] = {}
    for answer in answers:
        if not answer.fault:
            by_plot.setdefault(answer.task.plot, []).append(answer)
    lines: list[Line] = []
    files: list[Path] = []
    for plot, draw in _DRAW.items():
        figure = draw(by_plot.get(plot, []), data_set, lines, faults)
        if figure is not None:
            files += plots.save(figure, out / plot)
    return ExperimentResult(tuple(files), tuple(lines), tuple(_notes(faults, {path.stem for path in files})))


def _draw_optimizers(
    answers: Sequence[_Answer], data_set: str, lines: list[Line], faults: list[_Fault]
) -> "Figure | None":
    from autograder.training import plots

    curves = []
    for name, rate, result in ((a.task.name, a.task.job["rate"], a.result) for a in answers):
        curve = plots.Curve(f"{name}, lr = {rate:g}", result["losses"], result["accuracies"])
        if curve.diverged_at is not None:
            faults.append(_Fault(OPTIMIZERS_PLOT, name, f"its loss is not finite from step {curve.diverged_at} on"))
            continue
        curves.append(curve)
        lines.append(Line(name, rate, plots.running_mean(curve.losses)[-1], curve.accuracies[-1][1]))
    title = f"Optimizers, each at a good rate: SmallCNN on {data_set}"
    return plots.training_curves(curves, answers[0].result["classes"], title) if curves else None


def _draw_sweep(answers: Sequence[_Answer], data_set: str, lines: list[Line], faults: list[_Fault]) -> "Figure | None":
    from autograder.training import plots

    for result in (answer.result for answer in answers):
        name = result["optimizer"]
        labels = [f"lr = {rate:g}, {size}" for rate, size in zip(RATES[name], _SIZES, strict=True)]
        runs = zip(labels, result["runs"], strict=True)
        curves = [plots.Curve(label, run["losses"]) for label, run in runs]
        title = f"Three learning rates for {name}: SmallCNN on {data_set}"
        return plots.rate_sweep(curves, result["runs"][0]["classes"], title)
    return None


def _draw_schedules(
    answers: Sequence[_Answer], data_set: str, lines: list[Line], faults: list[_Fault]
) -> "Figure | None":
    from autograder.training import plots

    rates = {answer.task.name: answer.result["rates"] for answer in answers}
    return plots.schedule_panels(rates, f"Schedules from lr = {SCHEDULED['base_lr']:g}") if rates else None


def _draw_finder(answers: Sequence[_Answer], data_set: str, lines: list[Line], faults: list[_Fault]) -> "Figure | None":
    from autograder.training import plots

    for result in (answer.result for answer in answers):
        faults += [_Fault(FINDER_PLOT, name, words) for name, words in result["faults"].items()]
        fields = ("optimizer", "lrs", "losses", "smoothed", "suggestion")
        sweep = plots.Sweep(*(result[field] for field in fields))
        return plots.lr_finder(sweep, f"Learning-rate range test: {sweep.optimizer} on {data_set}")
    return None


_DRAW = {
    OPTIMIZERS_PLOT: _draw_optimizers,
    SWEEP_PLOT: _draw_sweep,
    SCHEDULES_PLOT: _draw_schedules,
    FINDER_PLOT: _draw_finder,
}


def _notes(faults: Sequence[_Fault], made: set[str]) -> Iterator[str]:
    """A sentence for each plot and reason."""
    names: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        names.setdefault((fault.plot, fault.words), []).append(fault.name)
    for (plot, words), those in names.items():
        listed = ", ".join(those)
        begun = f"{plot}.png leaves out {listed}" if plot in made else f"{plot}.png was not made ({listed})"
        yield f"{begun}: {words.rstrip('.')}."
