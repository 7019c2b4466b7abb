"""The reference's own runs: each made once, in this process or, on a GPU, in a worker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from autograder.lab import Convergence as Settings
from autograder.lab import Lab, Question
from autograder.reference import Reference
from autograder.shelf import Shelf
from autograder.training import datasets
from autograder.training.job import Job, make_job

Run = Callable[[Callable[..., Any], Mapping[str, Any], int], Any]  # Student.run
_LARGEST_REPLY = 1 << 30


@dataclass(frozen=True)
class Expected:
    """A run of the reference: its losses [T], its states [P] at the steps that are looked at, its accuracy."""

    job: Job
    losses: torch.Tensor
    states: Mapping[int, torch.Tensor]
    accuracy: float


class ReferenceRuns:
    """Runs of the reference, and of the conventions that lab.toml accepts.

    Args:
        looks: the steps whose states will be asked for.
        device: "cpu" or "cuda".
        elsewhere: for a question, what runs scenarios on the reference where this process must not.
    """

    def __init__(
        self,
        lab: Lab,
        settings: Settings,
        reference: Reference,
        looks: Sequence[int],
        device: str,
        elsewhere: Callable[[Question], Run] | None,
    ) -> None:
        self._settings, self._reference = settings, reference
        self._looks, self._device, self._elsewhere = list(looks), device, elsewhere
        self._data = datasets.load(settings.data_set)
        self._shelf = Shelf(lab, "reference", Path(__file__).parent.glob("*.py"))
        self._expected: dict[tuple[int, str, int], Expected] = {}
        self._whole: dict[tuple[int, str], dict[str, torch.Tensor]] = {}  # first seeds', with every state

    def job(self, question: Question, seed: int) -> Job:
        return make_job(question, seed, self._settings, self._data, self._reference)

    def expected(self, reference: Reference, question: Question, seed: int, scenarios: ModuleType) -> Expected:
        """The run from this seed."""
        key = (id(reference), question.id, seed)
        if key not in self._expected:
            job = self.job(question, seed)
            elsewhere = self._elsewhere if reference is self._reference else None
            if elsewhere:
                run = elsewhere(question)
                book = dict(run(scenarios.train, job.inputs(self._device), _LARGEST_REPLY))
                book["states"] = run(scenarios.recorded, {"at": self._looks}, _LARGEST_REPLY)
            elif whole := self._whole.get((id(reference), question.id)) if seed == self._settings.seeds[0] else None:
                book = {**whole, "state": whole["states"][-1], "states": whole["states"][self._looks]}
            else:
                book = self._kept(reference, f"{question.id}-{seed}", lambda: self._book(reference, job, scenarios))
            states = dict(zip(self._looks, book["states"], strict=True))
            self._expected[key] = Expected(job, book["losses"], states, job.accuracy(book["state"]))
        return self._expected[key]

    def recorded(
        self, reference: Reference, question: Question, scenarios: ModuleType
    ) -> tuple[Job, torch.Tensor, torch.Tensor]:
        """The job of the first seed, with all states [T + 1, P] and gradients [T, P]; on the CPU in any case.

        A scheduler's has neither.
        """
        job = self.job(question, self._settings.seeds[0])
        if job.of_a_scheduler:
            return job, torch.empty(0), torch.empty(0)

        def book() -> dict[str, torch.Tensor]:
            losses = scenarios.train(reference.modules, **job.inputs("cpu"))["losses"]
            states, gradients = torch.stack(scenarios.STATES), torch.stack(scenarios.GRADIENTS)
            return {"losses": losses, "states": states, "gradients": gradients}

        found = self._kept(reference, f"{question.id}-recording", book)
        if self._device == "cpu":
            self._whole[(id(reference), question.id)] = found
        return job, found["states"], found["gradients"]

    def _book(self, reference: Reference, job: Job, scenarios: ModuleType) -> dict[str, torch.Tensor]:
        reply = scenarios.train(reference.modules, **job.inputs("cpu"))
        return {**reply, "states": scenarios.recorded(reference.modules, self._looks)}

    def _kept(
        self, reference: Reference, name: str, make: Callable[[], dict[str, torch.Tensor]]
    ) -> dict[str, torch.Tensor]:
        """A book from the shelf, where it has the reference's own.

        A new one is put there and taken back: a file's pages are the kernel's to let go of, ours are not.
        """
        if reference is not self._reference:
            return make()
        book = self._shelf.get(name)
        if book is None:
            book = make()
            self._shelf.put(name, book)
            book = self._shelf.get(name) or book
        return book
