"""Lab 3: training loop."""

from contextlib import contextmanager

import torch


@contextmanager
def in_eval_mode(model):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    try:
        yield model
    finally:
        for m, training in modes.items():
            m.training = training


@torch.no_grad()
def clip_grad_norm(params, max_norm):
    grads = {p: p.grad for p in params if p.grad is not None}
    lengths = {p: torch.linalg.vector_norm(g).item() for p, g in grads.items()}
    norm = sum(n**2 for n in lengths.values()) ** 0.5
    if norm > max_norm:
        for g in grads.values():
            g.mul_(max_norm / norm)
    return norm


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.history = []
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        self.history.append(val_loss)
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    sums = {"loss": 0.0, "samples": 0}
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        sums["loss"] += loss.item() * len(y)
        sums["samples"] += len(y)
    return sums["loss"] / sums["samples"]


def evaluate(model, batches, loss_fn):
    sums = {"loss": 0.0, "right": 0, "samples": 0}
    with in_eval_mode(model):
        for x, y in batches:
            logits = model(x)
            sums["loss"] += loss_fn(logits, y).item() * len(y)
            sums["right"] += int(torch.count_nonzero(logits.argmax(dim=1) == y))
            sums["samples"] += len(y)
    return sums["loss"] / sums["samples"], sums["right"] / sums["samples"]


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {key: [] for key in ("train_loss", "val_loss", "val_accuracy", "lr")}
    for _ in range(epochs):
        row = {"lr": optimizer.lr}
        row["train_loss"] = train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        row["val_loss"], row["val_accuracy"] = evaluate(model, val_batches, loss_fn)
        for key, value in row.items():
            history[key].append(value)
        if early_stopping is not None and early_stopping.step(row["val_loss"]):
            break
    return history
