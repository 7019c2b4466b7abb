"""Thresholds for the held-out accuracy, from many runs of the reference and some of its known wrong variants."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

import tomlkit
import torch

from autograder.errors import InstructorError, UsageError
from autograder.lab import SCENARIOS, Convergence, Lab, Threshold
from autograder.reference import Reference
from autograder.training import datasets, tails
from autograder.training.job import make_job
from autograder.worker import modules

MISTAKE_SEEDS = 3
_FIRST_SEED = 1000  # others than those of grading


@dataclass(frozen=True)
class Task:
    """One run: of the reference, or of a known mistake."""

    question: str
    mistake: str | None
    seed: int


@dataclass(frozen=True)
class Measured:
    """The held-out accuracies of one question: of the reference by seed, of each mistake by seed (0 if it failed)."""

    question: str
    steps: int
    accuracies: tuple[float, ...]
    mistakes: dict[str, tuple[float, ...]]

    def threshold(self) -> Threshold:
        accuracy = tails.choose(self.accuracies)
        missed = sum(value < accuracy for value in self.accuracies)
        catches = (name for name, runs in self.mistakes.items() if sum(value < accuracy for value in runs) >= 2)
        return Threshold(
            accuracy=accuracy,
            steps=self.steps,
            seeds=len(self.accuracies),
            lowest=min(self.accuracies),
            false_fail=float(f"{tails.two_of_three(tails.fit(self.accuracies).chance_below(accuracy)):.1e}"),
            false_fail_at_most=float(f"{tails.two_of_three(tails.at_most(missed, len(self.accuracies))):.1e}"),
            tried=len(self.mistakes),
            catches=tuple(sorted(catches)),
        )


def calibrate(lab: Lab, seeds: int, device: str, jobs: int, on_run: Callable[[int, int], None]) -> dict[str, Measured]:
    """Train everything, `jobs` runs at a time; `on_run` hears how many of how many are done.

    Raises:
        InstructorError: the lab trains nothing.
    """
    convergence = lab.manifest.convergence
    if convergence is None:
        raise InstructorError(f"lab.toml of {lab.name} has no [convergence]: say there what to train.")
    bench = _Bench(lab, convergence, device)
    tasks = list(bench.tasks(seeds))
    torch.set_num_threads(1)  # a child forked after a second thread has run hangs in its first matmul
    with ProcessPoolExecutor(jobs, get_context("fork"), _enter, (bench,)) as pool:
        accuracies: dict[Task, float] = {}
        for task, accuracy in zip(tasks, pool.map(_run, tasks), strict=True):
            accuracies[task] = accuracy
            on_run(len(accuracies), len(tasks))
    return {question: _measured(question, convergence.steps, accuracies) for question in convergence.runs}


def write_thresholds(lab: Lab, device: str, thresholds: dict[str, Threshold]) -> Path:
    """Put the thresholds into lab.toml, in place of those of the same data set and device; all else stays.

    Raises:
        UsageError: it cannot be written.
    """
    assert lab.manifest.convergence
    path = lab.toml
    document = tomlkit.parse(path.read_text("utf-8"))
    convergence = document["convergence"]
    tables = convergence.setdefault("thresholds", tomlkit.table(is_super_table=True))
    data_set = tables.setdefault(lab.manifest.convergence.data_set, tomlkit.table(is_super_table=True))
    data_set[device] = tomlkit.item({question: t.model_dump(mode="json") for question, t in thresholds.items()})
    try:
        path.write_text(tomlkit.dumps(document), "utf-8")
    except OSError as error:
        raise UsageError(f"The thresholds cannot be written to {path}: {error.strerror}.") from error
    return path


class _Bench:
    """What every run needs, made once and inherited by the processes of the pool."""

    def __init__(self, lab: Lab, convergence: Convergence, device: str):
        self._lab, self._settings, self._device = lab, convergence, device
        self._reference = Reference(lab)
        self._data = datasets.load(convergence.data_set)
        self._scenarios = training_scenarios(lab)
        self._variants = {
            q: {m.name: m.reference for m in self._reference.misconceptions(lab.question(q))} for q in convergence.runs
        }

    def tasks(self, seeds: int) -> Iterator[Task]:
        for question, variants in self._variants.items():
            yield from (Task(question, None, _FIRST_SEED + n) for n in range(seeds))
            yield from (Task(question, name, _FIRST_SEED + n) for name in variants for n in range(MISTAKE_SEEDS))

    def accuracy(self, task: Task) -> float:
        """Of one run; 0 where it breaks down."""
        variant = self._variants[task.question][task.mistake] if task.mistake else self._reference
        job = make_job(self._lab.question(task.question), task.seed, self._settings, self._data, self._reference)
        try:
            reply = self._scenarios.train(variant.modules, **job.inputs(self._device))
        except Exception:
            if task.mistake is None:
                raise
            return 0.0
        accuracy = job.accuracy(reply["state"])
        return accuracy if math.isfinite(accuracy) else 0.0


_BENCHES: list[_Bench] = []  # of a process of the pool: the one that it works for


def _enter(bench: _Bench) -> None:
    torch.set_num_threads(1)
    _BENCHES[:] = [bench]


def _run(task: Task) -> float:
    return _BENCHES[0].accuracy(task)


def training_scenarios(lab: Lab) -> ModuleType:
    """The lab's scenarios that train."""
    given = [name.removesuffix(".py") for name in lab.manifest.given]
    names = [name.removesuffix(".py") for name in lab.scenario_files() if name != f"{SCENARIOS}.py"]
    loaded = vars(modules.load([str(lab.hidden_suite), str(lab.handout)], [*given, *names]))
    found: Sequence[ModuleType] = [module for module in loaded.values() if hasattr(module, "train")]
    if len(found) != 1:
        raise InstructorError(f"One file of scenarios in {lab.hidden_suite} must define `train`; {len(found)} do.")
    return found[0]


def _measured(question: str, steps: int, accuracies: dict[Task, float]) -> Measured:
    own = {task: accuracy for task, accuracy in accuracies.items() if task.question == question}
    names = dict.fromkeys(task.mistake for task in own if task.mistake)
    return Measured(
        question,
        steps,
        tuple(accuracy for task, accuracy in own.items() if task.mistake is None),
        {name: tuple(a for task, a in own.items() if task.mistake == name) for name in names},
    )
