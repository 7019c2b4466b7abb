"""Training loop, averages with numpy."""

import numpy as np
import torch


def clip_grad_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    arrays = [g.detach().cpu().numpy().astype(np.float64).ravel() for g in grads]
    norm = float(np.linalg.norm(np.concatenate(arrays))) if arrays else 0.0
    if norm > max_norm:
        for g, array in zip(grads, arrays):
            clipped = (array * (max_norm / norm)).reshape(tuple(g.shape))
            g.copy_(torch.from_numpy(clipped))
    return norm


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = np.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        better = val_loss < self.best - self.min_delta
        self.best = float(val_loss) if better else self.best
        self.bad_epochs = 0 if better else self.bad_epochs + 1
        return bool(self.bad_epochs >= self.patience)


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    losses, sizes = [], []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.item())
        sizes.append(len(y))
    return float(np.average(losses, weights=sizes))


@torch.inference_mode()
def evaluate(model, batches, loss_fn):
    model.eval()
    losses, sizes, correct = [], [], []
    for x, y in batches:
        logits = model(x)
        losses.append(loss_fn(logits, y).item())
        sizes.append(len(y))
        correct.append(logits.cpu().numpy().argmax(axis=1) == y.cpu().numpy())
    return float(np.average(losses, weights=sizes)), float(np.concatenate(correct).mean())


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    log = []
    for _ in range(epochs):
        lr = optimizer.lr
        train_loss = train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        val_loss, val_accuracy = evaluate(model, val_batches, loss_fn)
        log.append([train_loss, val_loss, val_accuracy, lr])
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    table = np.array(log, dtype=float).reshape(-1, 4)
    return dict(zip(["train_loss", "val_loss", "val_accuracy", "lr"], table.T.tolist()))
