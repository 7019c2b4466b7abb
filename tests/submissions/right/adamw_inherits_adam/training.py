"""Each function does one thing and calls the one below it."""

import torch


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        loss, accuracy = evaluate(model, val_batches, loss_fn)
        history["val_loss"].append(loss)
        history["val_accuracy"].append(accuracy)
        if early_stopping and early_stopping.step(loss):
            return history
    return history


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, count = 0.0, 0
    for x, y in batches:
        total += len(x) * train_step(model, x, y, loss_fn, optimizer, max_norm)
        count += len(x)
        if scheduler:
            scheduler.step()
    return total / count


def train_step(model, x, y, loss_fn, optimizer, max_norm):
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    if max_norm is not None:
        clip_grad_norm(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()


def clip_grad_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = global_norm(grads)
    if norm > max_norm:
        rescale(grads, max_norm / norm)
    return norm


def global_norm(grads):
    if not grads:
        return 0.0
    return torch.cat([g.flatten() for g in grads]).norm().item()


def rescale(grads, factor):
    for g in grads:
        g.mul_(factor)


def evaluate(model, batches, loss_fn):
    training = model.training
    model.eval()
    with torch.no_grad():
        parts = [evaluate_batch(model, x, y, loss_fn) for x, y in batches]
    model.train(training)
    count = sum(part[2] for part in parts)
    return sum(part[0] for part in parts) / count, sum(part[1] for part in parts) / count


def evaluate_batch(model, x, y, loss_fn):
    logits = model(x)
    return loss_fn(logits, y).item() * len(y), (logits.argmax(1) == y).sum().item(), len(y)


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = float("inf"), 0

    def improved(self, val_loss):
        return val_loss < self.best - self.min_delta

    def step(self, val_loss):
        if self.improved(val_loss):
            self.best, self.bad_epochs = val_loss, 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience
