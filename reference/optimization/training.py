"""The training loop, and what keeps it healthy: clipped gradients and an early end."""

from collections.abc import Callable, Iterable
from math import hypot, inf

import torch
from base import LRScheduler, Optimizer
from torch import nn

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]
LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@torch.no_grad()
def clip_grad_norm(params: Iterable[torch.Tensor], max_norm: float) -> float:
    """One norm over all gradients, one factor for all (Pascanu et al., 2013): the direction stays."""
    grads = [param.grad for param in params if param.grad is not None]
    norm = hypot(*(torch.linalg.vector_norm(grad).item() for grad in grads))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm


class EarlyStopping:
    """Counts the calls since the best loss (Prechelt, 1998)."""

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        self.patience = patience
        self.min_delta = min_delta
        self.best = inf
        self.bad_epochs = 0

    def step(self, val_loss: float) -> bool:
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


def train_epoch(
    model: nn.Module,
    batches: Batches,
    loss_fn: LossFunction,
    optimizer: Optimizer,
    scheduler: LRScheduler | None = None,
    max_norm: float | None = None,
) -> float:
    """Every batch once. A short last batch counts by its samples, so the sum runs over samples."""
    model.train()
    total, samples = 0.0, 0
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(inputs)
        samples += len(inputs)
    return total / samples


@torch.no_grad()
def evaluate(model: nn.Module, batches: Batches, loss_fn: LossFunction) -> tuple[float, float]:
    """Loss and accuracy as the model is, with dropout off and batch statistics left alone."""
    modes = [(module, module.training) for module in model.modules()]
    total, right, samples = 0.0, 0, 0
    try:
        model.eval()
        for inputs, targets in batches:
            outputs = model(inputs)
            total += loss_fn(outputs, targets).item() * len(inputs)
            right += int((outputs.argmax(dim=1) == targets).sum())
            samples += len(inputs)
    finally:
        for module, mode in modes:
            module.training = mode
    return total / samples, right / samples


def fit(
    model: nn.Module,
    train_batches: Batches,
    val_batches: Batches,
    loss_fn: LossFunction,
    optimizer: Optimizer,
    epochs: int,
    scheduler: LRScheduler | None = None,
    max_norm: float | None = None,
    early_stopping: EarlyStopping | None = None,
) -> dict[str, list[float]]:
    """Train, evaluate, note; until the epochs are over or the validation loss has stopped falling."""
    history: dict[str, list[float]] = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_accuracy = evaluate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_accuracy)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history
