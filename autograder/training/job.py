"""One training run: everything that decides it, as the worker is sent it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from autograder.lab import Convergence, Question
from autograder.reference import Reference
from autograder.training.datasets import DataSet


@dataclass(frozen=True)
class Job:
    """A run of one question's optimizer or schedule from one seed.

    rates [T]           set before each step; a scheduler's run takes only the first, and sets the others itself
    weights             initial values, one tensor a parameter
    order [T, B]        which training images make each batch
    """

    question: Question
    settings: Mapping[str, Any]
    seed: int
    rates: torch.Tensor
    weights: list[torch.Tensor]
    order: torch.Tensor
    data: DataSet
    network: nn.Module  # of the right form; its weights are nobody's

    @property
    def steps(self) -> int:
        return len(self.order)

    @property
    def of_a_scheduler(self) -> bool:
        return self.question.module == "schedulers"

    @property
    def choice(self) -> dict[str, Any]:
        """The class and its arguments, as the scenarios take them."""
        first_rate = {} if self.of_a_scheduler else {"lr": float(self.rates[0])}
        return {"rule": self.question.name, "settings": {**first_rate, **self.settings}}

    def inputs(self, device: str) -> dict[str, Any]:
        """What the scenario `train` is given: of the images only those that it will see."""
        seen, order = torch.unique(self.order, return_inverse=True)
        return {
            "optimizer": None if self.of_a_scheduler else self.choice,
            "scheduler": self.choice if self.of_a_scheduler else None,
            "rates": self.rates,
            "model": {"channels": self.data.channels, "size": self.data.size, "classes": self.data.classes},
            "weights": self.weights,
            "images": self.data.train_inputs[seen],
            "targets": self.data.train_targets[seen],
            "order": order,
            "device": device,
        }

    def gradient(self, state: torch.Tensor, step: int) -> tuple[float, torch.Tensor]:
        """The loss and its gradient [P] at `state` [P] on the batch of this step, computed here."""
        self._enter(state)
        self.network.zero_grad()
        batch = self.order[step]
        loss = cross_entropy(self.network(self.data.train_inputs[batch]), self.data.train_targets[batch])
        loss.backward()  # type: ignore[no-untyped-call]
        grads = [param.grad for param in self.network.parameters()]
        return loss.item(), torch.cat([grad.reshape(-1) for grad in grads if grad is not None])

    def loss(self, state: torch.Tensor, step: int) -> float:
        """As `gradient`, the loss alone."""
        self._enter(state)
        batch = self.order[step]
        with torch.no_grad():
            return cross_entropy(self.network(self.data.train_inputs[batch]), self.data.train_targets[batch]).item()

    def accuracy(self, state: torch.Tensor) -> float:
        """The share of the held-out images that the network with this state [P] gets right, in [0, 1]."""
        self._enter(state)
        inputs, targets = self.data.held_out_inputs, self.data.held_out_targets
        with torch.no_grad():
            # In batches that stay in the processor's cache.
            right: int = sum(
                int((self.network(part).argmax(1) == answer).sum())
                for part, answer in zip(torch.split(inputs, 64), torch.split(targets, 64), strict=True)
            )
        return right / len(targets)

    def _enter(self, state: torch.Tensor) -> None:
        with torch.no_grad():
            for param, part in zip(self.network.parameters(), torch.split(state, self._sizes), strict=True):
                param.copy_(part.view_as(param))

    @cached_property
    def _sizes(self) -> list[int]:
        return [value.numel() for value in self.weights]


def make_job(question: Question, seed: int, convergence: Convergence, data: DataSet, reference: Reference) -> Job:
    """The run that lab.toml lays down for `question`; a seed always makes the same."""
    run = convergence.runs[question.id]
    model = reference.modules.model.SmallCNN
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        network = model(channels=data.channels, size=data.size, classes=data.classes)
    weights = [param.detach().clone() for param in network.parameters()]
    order = _order(len(data.train_inputs), convergence.steps, convergence.batch_size, seed)
    rates = _rates(convergence, run.lr, reference)
    return Job(question, run.settings, seed, rates, weights, order, data, network)


def _order(images: int, steps: int, batch_size: int, seed: int) -> torch.Tensor:
    """[steps, batch_size]: epoch after epoch, each in an order of its own; a short rest of an epoch is left out."""
    generator = torch.Generator().manual_seed(seed)
    batches: list[torch.Tensor] = []
    while len(batches) < steps:
        shuffled = torch.randperm(images, generator=generator)
        batches += [part for part in torch.split(shuffled, batch_size) if len(part) == batch_size]
    return torch.stack(batches[:steps])


def _rates(convergence: Convergence, lr: float, reference: Reference) -> torch.Tensor:
    """[T]: as the reference's schedule sets them."""
    modules, rates = reference.modules, convergence.rates
    optimizer = modules.base.Optimizer([nn.Parameter(torch.zeros(1))], lr)
    schedule = getattr(modules.schedulers, rates.schedule)(optimizer, **rates.settings)
    return torch.tensor([schedule.lr_at(t) for t in range(convergence.steps)], dtype=torch.float64)
