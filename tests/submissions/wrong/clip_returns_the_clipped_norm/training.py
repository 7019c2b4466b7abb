"""Loops as generators."""

import math
from functools import reduce

import torch


def gradients(params):
    for p in params:
        if p.grad is not None:
            yield p.grad


def length(grads):
    return math.sqrt(math.fsum(float((g * g).sum()) for g in grads))


def clip_grad_norm(params, max_norm):
    grads = list(gradients(params))
    norm = length(grads)
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return length(grads)


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = math.inf, 0
        self.judge = self.rule()
        next(self.judge)

    def rule(self):
        stop = False
        while True:
            loss = yield stop
            if loss < self.best - self.min_delta:
                self.best, self.bad_epochs = loss, 0
            else:
                self.bad_epochs += 1
            stop = self.bad_epochs >= self.patience

    def step(self, val_loss):
        return self.judge.send(val_loss)


def train_batches_of(model, batches, loss_fn, optimizer, scheduler, max_norm):
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        yield loss.item(), 0, len(x)


def evaluation_steps(model, batches, loss_fn):
    for x, y in batches:
        with torch.no_grad():
            logits = model(x)
            loss, hits = loss_fn(logits, y), (logits.argmax(1) == y).sum()
        yield loss.item(), hits.item(), len(x)


def averages(steps):
    """Per-sample averages of what the steps yield."""
    losses, hits, samples = reduce(lambda a, s: (a[0] + s[0] * s[2], a[1] + s[1], a[2] + s[2]), steps, (0.0, 0, 0))
    return losses / samples, hits / samples


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    return averages(train_batches_of(model, batches, loss_fn, optimizer, scheduler, max_norm))[0]


def evaluate(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    result = averages(evaluation_steps(model, batches, loss_fn))
    model.train(was_training)
    return result


def epochs_of(model, train_batches, val_batches, loss_fn, optimizer, scheduler, max_norm):
    while True:
        lr = optimizer.lr
        train_loss = train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        yield (train_loss, *evaluate(model, val_batches, loss_fn), lr)


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    run = epochs_of(model, train_batches, val_batches, loss_fn, optimizer, scheduler, max_norm)
    for _, entry in zip(range(epochs), run):
        for values, value in zip(history.values(), entry):
            values.append(value)
        if early_stopping is not None and early_stopping.step(entry[1]):
            break
    return history
