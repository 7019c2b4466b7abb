"""What it costs to train with one submission more: this grader, its replay, and a process for each training run."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import measure
import projects
import torch
from contenders import Class, ThisGrader, TrainingRun
from measure import BenchmarkError, Cost

from autograder.lab import Lab
from autograder.reference import Reference
from autograder.training import datasets
from autograder.training.calibration import training_scenarios
from autograder.training.job import make_job

_SCRIPT = Path(__file__).with_name("one_training.py")
_FIRST = 5000  # number of a copy that no class has


@dataclass(frozen=True)
class Sizes:
    """Submissions in the two classes that are subtracted: of (d), which trains, and of (e), which replays."""

    trained: tuple[int, int]
    replayed: tuple[int, int]


@dataclass(frozen=True)
class TrainingRound:
    """One round: what one submission more costs, all its training runs together."""

    trained: Cost
    replayed: Cost
    fresh: Cost  # a process for each run
    fresh_lean: Cost  # the same with the data set's tensors ready in a file
    runs: int  # of a submission that trains
    replays: int


class FreshProcesses:
    """A process for each training run, on the jobs that the grader makes."""

    def __init__(self, lab: Lab, folder: Path):
        assert lab.manifest.convergence
        self._lab, self._folder, self._settings = lab, folder, lab.manifest.convergence
        self._reference, self._scenarios = Reference(lab), training_scenarios(lab)
        self._data = datasets.load(self._settings.data_set)
        tensors = [self._data.train_inputs, self._data.train_targets]
        self._tensors = folder / "data_set.pt"
        torch.save([*tensors, self._data.held_out_inputs, self._data.held_out_targets], self._tensors)

    def train(self, submission: Path, run: TrainingRun, lean: bool) -> Cost:
        """The cost of one process, which must reach the accuracy that the grader found; `lean`: no scikit-learn.

        Raises:
            BenchmarkError: it reaches another one, so it does not do the same.
        """
        log = self._folder / "one_training.log"
        command = [sys.executable, _SCRIPT, submission, self._job(run.question, run.seed)]
        cost = measure.run([*command, *([self._tensors] if lean else [])], log, lean=True)
        reached = float(log.read_text("utf-8").splitlines()[-1])
        if abs(reached - run.accuracy) > 1e-9:
            raise BenchmarkError(
                f"{run.question}, seed {run.seed}: a process by itself trains to an accuracy of {reached}, and the "
                f"grader's worker to {run.accuracy}. They do not do the same."
            )
        return cost

    def _job(self, question_id: str, seed: int) -> Path:
        """All that decides the run, less the data, in a file."""
        path = self._folder / f"{question_id}_{seed}.pt"
        if not path.exists():
            question = self._lab.question(question_id)
            inputs = make_job(question, seed, self._settings, self._data, self._reference).inputs("cpu")
            job = {
                "folders": [str(self._lab.handout), str(self._lab.hidden_suite)],
                "module": question.module,
                "scenarios": self._scenarios.__name__,
                "data_set": self._settings.data_set,
                "inputs": {name: value for name, value in inputs.items() if name not in ("images", "targets")},
            }
            torch.save(job, path)
        return path


def measured(lab_name: str, folder: Path, rounds: int, sizes: Sizes, say: Callable[[str], None]) -> list[TrainingRound]:
    """Rounds in which all take turns."""
    lab = projects.training_alone(lab_name, folder / "project")
    students = Class(lab, folder)
    train = ThisGrader(lab, folder, "--device", "cpu", "--convergence", "train")
    replay = ThisGrader(lab, folder, "--device", "cpu", "--convergence", "replay")
    fresh = FreshProcesses(lab, folder)
    results = []
    for number in range(rounds):
        few = [train.class_cost(students.of(sizes.trained[0])), replay.class_cost(students.of(sizes.replayed[0]))]
        runs = _runs_of_each(train, "trained")
        one = students.copy(folder / "one", _FIRST + number)
        pairs = [(fresh.train(one, run, lean=False), fresh.train(one, run, lean=True)) for run in runs]
        trained = train.class_cost(students.of(sizes.trained[1])).marginal(few[0], _difference(sizes.trained))
        replayed = replay.class_cost(students.of(sizes.replayed[1])).marginal(few[1], _difference(sizes.replayed))
        costs = [trained, replayed, *(_sum(column) for column in zip(*pairs, strict=True))]
        results.append(TrainingRound(*costs, len(runs), len(_runs_of_each(replay, "replayed"))))
        shown = ", ".join(f"{cost.cpu:.3f}" for cost in costs)
        say(f"Round {number + 1} of {rounds}, CPU seconds of training a submission (d), (e), (f), (f′): {shown}.")
    return results


def _runs_of_each(grader: ThisGrader, source: str) -> list[TrainingRun]:
    """The runs that each student of the grader's last class made.

    Raises:
        BenchmarkError: some made others, or made them in another way.
    """
    first, *others = grader.training_runs()
    if not first or any(other != first for other in others) or Counter(r.source for r in first) != {source: len(first)}:
        raise BenchmarkError(f"Not every submission's training runs were {source}, and the same as the others'.")
    return first


def _difference(sizes: tuple[int, int]) -> int:
    return sizes[1] - sizes[0]


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(sum(cost.cpu for cost in costs), sum(cost.wall for cost in costs))
