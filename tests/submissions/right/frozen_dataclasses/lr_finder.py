"""The range test around a frozen snapshot of all that it must put back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf, isfinite, log10

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Snapshot:
    model: nn.Module
    tensors: tuple[tuple[Tensor, Tensor], ...]
    modes: tuple[tuple[nn.Module, bool], ...]
    lr: float

    @classmethod
    def take(cls, model, optimizer) -> "Snapshot":
        tensors = (*model.parameters(), *model.buffers())
        return cls(
            model,
            tuple((tensor, tensor.detach().clone()) for tensor in tensors),
            tuple((module, module.training) for module in model.modules()),
            optimizer.lr,
        )

    @torch.no_grad()
    def restore(self, optimizer) -> None:
        for tensor, before in self.tensors:
            tensor.copy_(before)
        for module, mode in self.modes:
            module.training = mode
        optimizer.lr = self.lr


@dataclass(frozen=True)
class Sweep:
    lr_min: float
    lr_max: float
    num_steps: int

    def __iter__(self) -> Iterator[float]:
        for i in range(self.num_steps):
            yield self.lr_min * (self.lr_max / self.lr_min) ** (i / (self.num_steps - 1))


@dataclass
class Record:
    lrs: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    lowest: float = inf

    def add(self, lr: float, loss: float) -> None:
        self.lrs.append(lr)
        self.losses.append(loss)
        self.lowest = min(self.lowest, loss)

    def diverged(self, factor: float) -> bool:
        return not isfinite(self.losses[-1]) or self.losses[-1] > factor * self.lowest


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    before, record = Snapshot.take(model, optimizer), Record()
    pool = list(batches)
    model.train()
    for i, lr in enumerate(Sweep(lr_min, lr_max, num_steps)):
        inputs, targets = pool[i % len(pool)]
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        record.add(lr, loss.item())
        if record.diverged(divergence):
            break
        loss.backward()
        optimizer.lr = lr
        optimizer.step()
    before.restore(optimizer)
    return record.lrs, record.losses


@dataclass
class Average:
    beta: float
    value: float = 0.0
    weight: float = 0.0  # what the weights add up to, 1 - beta^t

    def add(self, loss: float) -> float:
        self.value = self.beta * self.value + (1 - self.beta) * loss
        self.weight = self.beta * self.weight + (1 - self.beta)
        return self.value / self.weight


def smooth(losses, beta=0.9):
    average = Average(beta)
    return [average.add(loss) for loss in losses]


@dataclass(frozen=True, order=True)
class Segment:
    slope: float
    lr: float


def suggest_lr(lrs, losses):
    points = [(lr, loss) for lr, loss in zip(lrs, losses) if isfinite(loss)]
    rates = [lr for lr, _ in points]
    curve = smooth([loss for _, loss in points])
    segments = [
        Segment((curve[i] - curve[i - 1]) / (log10(rates[i]) - log10(rates[i - 1])), rates[i])
        for i in range(1, len(rates))
    ]
    return min(segments).lr


@dataclass(frozen=True)
class Limits:
    spike: float = 0.3
    growth: float = 0.1
    fall: float = 0.08


def diagnose(losses, limits=Limits()):
    if not all(map(isfinite, losses)):
        return "too high"
    start, average, lowest = losses[0], Average(0.9), inf
    end = start
    for loss in losses:
        if loss - lowest > limits.spike * start:
            return "too high"
        end = average.add(loss)
        lowest = min(lowest, end)
    if end > (1 + limits.growth) * start:
        return "too high"
    return "too low" if end > (1 - limits.fall) * start else "good"
