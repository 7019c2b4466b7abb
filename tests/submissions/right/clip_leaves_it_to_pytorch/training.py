import math

import torch
from torch import nn


def clip_grad_norm(params, max_norm: float) -> float:
    """The norm of all gradients; clips in place."""
    return nn.utils.clip_grad_norm_(params, max_norm).item()


class EarlyStopping:
    """Stop when a metric has stopped improving; cf. ReduceLROnPlateau in mode min, threshold_mode abs."""

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self.bad_epochs = 0

    def is_better(self, val_loss: float) -> bool:
        return val_loss < self.best - self.min_delta

    def step(self, val_loss: float) -> bool:
        if self.is_better(val_loss):
            self.best, self.bad_epochs = val_loss, 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


class Meter:
    """A weighted mean."""

    def __init__(self) -> None:
        self.sum = 0.0
        self.count = 0

    def update(self, value: float, n: int = 1) -> None:
        self.sum += value * n
        self.count += n

    @property
    def avg(self) -> float:
        return self.sum / self.count


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None) -> float:
    model.train()
    meter = Meter()
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        meter.update(loss.item(), inputs.size(0))
    return meter.avg


@torch.no_grad()
def evaluate(model, batches, loss_fn) -> tuple[float, float]:
    was_training = model.training
    model.eval()
    loss_meter, acc_meter = Meter(), Meter()
    for inputs, targets in batches:
        outputs = model(inputs)
        loss_meter.update(loss_fn(outputs, targets).item(), inputs.size(0))
        correct = outputs.argmax(-1).eq(targets).sum().item()
        acc_meter.update(correct / inputs.size(0), inputs.size(0))
    model.train(was_training)
    return loss_meter.avg, acc_meter.avg


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = evaluate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history
