"""The loop; norms and modes are in loop_helpers.py."""

import torch
from loop_helpers import Mean, evaluating, global_norm


def clip_grad_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = global_norm(grads)
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        self.bad_epochs += 1
        if val_loss < self.best - self.min_delta:
            self.best, self.bad_epochs = val_loss, 0
        return self.bad_epochs >= self.patience


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    mean = Mean()
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        mean.add(loss.item(), len(x))
    return mean.value()


def evaluate(model, batches, loss_fn):
    loss, accuracy = Mean(), Mean()
    with evaluating(model), torch.no_grad():
        for x, y in batches:
            logits = model(x)
            loss.add(loss_fn(logits, y).item(), len(x))
            accuracy.add((logits.argmax(1) == y).double().mean().item(), len(x))
    return loss.value(), accuracy.value()


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for _ in range(epochs):
        lr = optimizer.lr
        train_loss = train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        val_loss, val_accuracy = evaluate(model, val_batches, loss_fn)
        for key, value in zip(history, (train_loss, val_loss, val_accuracy, lr)):
            history[key].append(value)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history
