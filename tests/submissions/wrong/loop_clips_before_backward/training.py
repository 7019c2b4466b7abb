"""Training loop with dataclasses."""

from dataclasses import dataclass, field
from math import inf, sqrt

import torch


def clip_grad_norm(params, max_norm):
    grads = tuple(param.grad for param in params if param.grad is not None)
    norm = sqrt(sum(grad.double().square().sum().item() for grad in grads))
    if norm > max_norm:
        for grad in grads:
            grad.copy_(grad * (max_norm / norm))
    return norm


@dataclass
class EarlyStopping:
    patience: int = 3
    min_delta: float = 0.0
    best: float = field(default=inf, init=False)
    bad_epochs: int = field(default=0, init=False)

    def step(self, val_loss: float) -> bool:
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
            return False
        self.bad_epochs += 1
        return self.bad_epochs >= self.patience


@dataclass(frozen=True)
class Sums:
    loss: float = 0.0
    correct: int = 0
    samples: int = 0

    def plus(self, loss, samples, correct=0):
        return Sums(self.loss + loss.item() * samples, self.correct + correct, self.samples + samples)


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    sums = Sums()
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        sums = sums.plus(loss, len(targets))
    return sums.loss / sums.samples


def evaluate(model, batches, loss_fn):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    sums = Sums()
    with torch.no_grad():
        for inputs, targets in batches:
            logits = model(inputs)
            correct = int((logits.max(dim=1).indices == targets).sum())
            sums = sums.plus(loss_fn(logits, targets), len(targets), correct)
    for module, mode in modes.items():
        module.training = mode
    return sums.loss / sums.samples, sums.correct / sums.samples


@dataclass(frozen=True)
class Epoch:
    train_loss: float
    val_loss: float
    val_accuracy: float
    lr: float


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    run: list[Epoch] = []
    while len(run) < epochs:
        lr = optimizer.lr
        train_loss = train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        run.append(Epoch(train_loss, *evaluate(model, val_batches, loss_fn), lr))
        if early_stopping is not None and early_stopping.step(run[-1].val_loss):
            break
    return {name: [getattr(epoch, name) for epoch in run] for name in Epoch.__dataclass_fields__}
