"""A student's optimizers, schedules and finder put to work: curves, as data.

Runs as a process of its own, `python -m autograder.training.curves`, so that nothing of the student's lives on in
ours.  It reads an order from its standard input, as JSON::

    {"folder", "data_set", "results", "seed", "seconds", "working": [optimizers known to work],
     "jobs": [{"do": "train" | "sweep" | "schedule" | "find", and its settings}, ...]}

and writes a line of JSON into the file `results` for each job, in turn: `{"result": {...}}` or `{"fault": words}`;
before the first, `{"ready": true}`, or `{"refused": words}` if the data set cannot be had.  A job that takes longer
than `seconds` ends the process.
"""

import faulthandler
import json
import os
import random
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from math import isfinite
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from autograder.errors import InstructorError
from autograder.text import plain
from autograder.training.datasets import DataSet, load
from autograder.worker.modules import LabModules

_TEXT_LIMIT, _LINE_LIMIT = 300, 80
_HELD_OUT_BATCH = 64
_ANY_RATE = 1e-3  # of an optimizer whose rate the range test sets

Job = dict[str, Any]
Batch = tuple[torch.Tensor, torch.Tensor]


class Fault(Exception):
    """Something is wrong with the student's code that it raised no exception for; the words say what."""


def main() -> None:
    """Take the order, do the jobs."""
    order = json.load(sys.stdin)
    torch.set_num_threads(1)
    with open(order["results"], "a", encoding="utf-8") as results:

        def tell(line: dict[str, Any]) -> None:
            results.write(json.dumps(line) + "\n")
            results.flush()

        try:
            data = load(order["data_set"])
        except InstructorError as error:
            tell({"refused": str(error)})
            return
        tell({"ready": True})
        folder = os.path.realpath(order["folder"])
        os.chdir(folder)
        sys.path[0] = folder
        student = Student(LabModules(), folder, data, order["seed"], order["working"])
        for job in order["jobs"]:
            faulthandler.dump_traceback_later(order["seconds"], exit=True, file=sys.__stderr__ or sys.stderr)
            tell(_outcome(student, job))


def _outcome(student: "Student", job: Job) -> dict[str, Any]:
    try:
        return {"result": student.do(job)}
    except BaseException as error:  # sys.exit() is a student's too
        return {"fault": words(error, student.folder)}


class Student:
    """The student's modules on one data set; each job starts from the same seed."""

    def __init__(self, lab: LabModules, folder: str, data: DataSet, seed: int, working: Iterable[str]):
        self._lab = lab
        self.folder = folder
        self._data = data
        self._seed = seed
        self._working = list(working)

    def do(self, job: Job) -> dict[str, Any]:
        """The curves that `job` asks for.

        Raises:
            Fault: the student's code gives what cannot be drawn.
            BaseException: whatever the student's code raises.
        """
        settings = {name: value for name, value in job.items() if name != "do"}
        jobs: dict[str, Callable[..., dict[str, Any]]] = {
            "train": self._train,
            "sweep": self._sweep,
            "schedule": self._schedule,
            "find": self._find,
        }
        result = jobs[job["do"]](**settings)
        if job["do"] == "train" and isfinite(result["losses"][-1]):
            self._working.append(job["optimizer"])
        return result

    def _train(
        self, optimizer: str, rate: float, steps: int, batch_size: int, measure_every: int = 0
    ) -> dict[str, Any]:
        """Losses before each step, up to the first that is not finite; held-out accuracies [step, share] between."""
        model = self._model()
        mover = self._optimizer(optimizer, model, rate)
        losses: list[float] = []
        accuracies: list[tuple[int, float]] = []
        for step, (inputs, targets) in enumerate(islice(self._batches(batch_size), steps)):
            if measure_every and step % measure_every == 0:
                accuracies.append((step, self._accuracy(model)))
            mover.zero_grad()
            loss = cross_entropy(model(inputs), targets)
            losses.append(loss.item())
            if not isfinite(losses[-1]):
                break
            torch.autograd.backward(loss)
            mover.step()
        else:
            if measure_every:
                accuracies.append((steps, self._accuracy(model)))
        return {"losses": losses, "accuracies": accuracies, "classes": self._data.classes}

    def _sweep(self, rates: dict[str, Sequence[float]], **settings: Any) -> dict[str, Any]:
        """`_train` at each of the rates of the first optimizer that works."""
        name = self._first_that_works(rates)
        return {"optimizer": name, "runs": [self._train(name, rate, **settings) for rate in rates[name]]}

    def _schedule(self, schedule: str, settings: dict[str, Any], base_lr: float, steps: int) -> dict[str, Any]:
        """The rates at steps 0 to `steps`, as an optimizer is given them."""
        optimizer = self._lab.base.Optimizer([], base_lr)
        scheduler = _named(self._lab.schedulers, schedule)(optimizer, **settings)
        rates: list[float] = []
        for step in range(steps + 1):
            rates.append(float(optimizer.lr))
            if not isfinite(rates[-1]):
                raise Fault(f"its rate at step {step} is {rates[-1]}")
            scheduler.step()
        return {"rates": rates}

    def _find(self, optimizers: list[str], batch_size: int, **settings: Any) -> dict[str, Any]:
        """The range test with the first optimizer that works; what smooth or suggest_lr do wrong is said beside it."""
        finder = self._lab.lr_finder
        range_test = _named(finder, "lr_range_test")
        name = self._first_that_works(optimizers)
        model = self._model()
        optimizer = self._optimizer(name, model, _ANY_RATE)
        batches = list(islice(self._batches(batch_size), len(self._data.train_inputs) // batch_size))
        lrs, losses = (_floats(values) for values in range_test(model, cross_entropy, batches, optimizer, **settings))
        if len(lrs) != len(losses) or len(lrs) < 2 or not all(isfinite(lr) and lr > 0 for lr in lrs):
            raise Fault(f"it gave {len(lrs)} rates and {len(losses)} losses, and not all rates above 0")
        faults: dict[str, str] = {}
        smoothed = self._attempt(lambda: _smoothed(finder, losses), "smooth", faults)
        suggestion = self._attempt(lambda: _suggestion(finder, lrs, losses), "suggest_lr", faults)
        return {
            "optimizer": name,
            "lrs": lrs,
            "losses": losses,
            "smoothed": smoothed,
            "suggestion": suggestion,
            "faults": faults,
        }

    def _attempt(self, action: Callable[[], Any], name: str, faults: dict[str, str]) -> Any:
        try:
            return action()
        except BaseException as error:
            faults[name] = words(error, self.folder)
            return None

    def _first_that_works(self, names: Iterable[str]) -> str:
        for name in names:
            if name in self._working:
                return name
        raise Fault("it needs an optimizer that works, and there is none yet")

    def _model(self) -> nn.Module:
        random.seed(self._seed)
        np.random.seed(self._seed)
        torch.manual_seed(self._seed)
        model: nn.Module = self._lab.model.SmallCNN(self._data.channels, self._data.size, self._data.classes)
        return model

    def _optimizer(self, name: str, model: nn.Module, rate: float) -> Any:
        return _named(self._lab.optimizers, name)(model.parameters(), lr=rate)

    def _batches(self, size: int) -> Iterator[Batch]:
        """Without end, the images shuffled anew for each epoch; always in the same order."""
        generator = torch.Generator().manual_seed(self._seed)
        while True:
            shuffled = torch.randperm(len(self._data.train_inputs), generator=generator)
            for start in range(0, len(shuffled) - size + 1, size):
                indices = shuffled[start : start + size]
                yield self._data.train_inputs[indices], self._data.train_targets[indices]

    @torch.no_grad()
    def _accuracy(self, model: nn.Module) -> float:
        inputs, targets = self._data.held_out_inputs, self._data.held_out_targets
        right = 0
        for start in range(0, len(targets), _HELD_OUT_BATCH):
            part = slice(start, start + _HELD_OUT_BATCH)
            right += int((model(inputs[part]).argmax(dim=1) == targets[part]).sum())
        return right / len(targets)


def _named(module: ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        raise Fault(f"{module.__name__}.py has no {name}")
    return getattr(module, name)


def _smoothed(finder: ModuleType, losses: list[float]) -> list[float]:
    smoothed = _floats(_named(finder, "smooth")(losses))
    if len(smoothed) != len(losses):
        raise Fault(f"it gave {len(smoothed)} values for {len(losses)} losses")
    return smoothed


def _suggestion(finder: ModuleType, lrs: list[float], losses: list[float]) -> float:
    suggestion = float(_named(finder, "suggest_lr")(lrs, losses))
    if not (isfinite(suggestion) and suggestion > 0):
        raise Fault(f"it suggests {suggestion}")
    return suggestion


def _floats(values: Any) -> list[float]:
    return [float(value) for value in values]


# An exception, in words


def words(error: BaseException, folder: str) -> str:
    """What was raised, and in which line of the student's own."""
    try:
        text = plain(" ".join(str(error).split()), _TEXT_LIMIT)
        if isinstance(error, Fault):
            return text
        file, line, source = _place(error, folder)
    except Exception:  # an exception of a student's may fail to say anything
        text, file = "", ""
    if isinstance(error, NotImplementedError) and file:
        return "not written yet (NotImplementedError)"
    if isinstance(error, ModuleNotFoundError) and error.name and not file:
        return f"there is no {error.name}.py"
    place = f" in {file}, line {line}{f' (`{source}`)' if source else ''}" if file else ""
    return f"{type(error).__name__}{place}{': ' + text if text else ''}"


def _place(error: BaseException, folder: str) -> tuple[str, int, str]:
    """The innermost line of a file in `folder` that the exception passed: file, number, text; or no file."""
    frames = [(frame.filename, frame.lineno, frame.line) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno, error.text))
    for filename, number, line in reversed(frames):
        path = Path(os.path.realpath(filename))
        if os.path.isabs(filename) and path.is_relative_to(folder):  # "<string>" and the like are no files
            return path.relative_to(folder).as_posix(), number or 0, plain((line or "").strip(), _LINE_LIMIT)
    return "", 0, ""


if __name__ == "__main__":
    main()
