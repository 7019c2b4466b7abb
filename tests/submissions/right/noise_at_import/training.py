"""Training loop with a log that nobody asked for."""

import time
import warnings

import torch

warnings.warn("training.py is being imported")
print("=" * 30, "TRAINING", "=" * 30)
started = time.perf_counter()
log = []


def clip_grad_norm(params, max_norm):
    params = [p for p in params if p.grad is not None]
    norm = torch.sqrt(sum((p.grad.double() ** 2).sum() for p in params)).item() if params else 0.0
    if norm > max_norm:
        print(f"clipping {norm:.3f} -> {max_norm}")
        for p in params:
            p.grad.data.mul_(max_norm / norm)
    return norm


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0
        self.seen = []

    def __repr__(self):
        return f"EarlyStopping(best={self.best:.4f}, bad={self.bad_epochs}/{self.patience})"

    def step(self, val_loss):
        self.seen.append(val_loss)
        improved = val_loss < self.best - self.min_delta
        if improved:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        print(self)
        return self.bad_epochs >= self.patience


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    tic = time.perf_counter()
    model.train()
    total = torch.zeros((), dtype=torch.float64)
    n = 0
    for k, (xb, yb) in enumerate(batches):
        optimizer.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.detach().double() * len(xb)
        n += len(xb)
        print(f"\rbatch {k}: {loss.item():.4f}", end="")
    print(f"  ({time.perf_counter() - tic:.2f} s)")
    return (total / n).item()


def evaluate(model, batches, loss_fn):
    mode = model.training
    model.eval()
    total, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for xb, yb in batches:
            out = model(xb)
            total += loss_fn(out, yb).item() * len(xb)
            correct += (out.argmax(dim=1) == yb).sum().item()
            n += len(xb)
    model.train(mode)
    print(f"val loss {total / n:.4f}  accuracy {correct / n:.1%}")
    return total / n, correct / n


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    h = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(1, epochs + 1):
        print(f"--- epoch {epoch}/{epochs}, lr {optimizer.lr:.3g}")
        h["lr"].append(optimizer.lr)
        h["train_loss"].append(train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        vl, va = evaluate(model, val_batches, loss_fn)
        h["val_loss"].append(vl)
        h["val_accuracy"].append(va)
        log.append((epoch, vl, va))
        if early_stopping is not None and early_stopping.step(vl):
            print("early stop")
            break
    return h


print(f"ready after {time.perf_counter() - started:.6f} s")
