# the whole training loop in one file, in one function
import math

import torch


def clip_grad_norm(params, max_norm):
    with_grad = [p for p in params if p.grad is not None]
    square_sum = 0.0
    for p in with_grad:
        square_sum += torch.dot(p.grad.reshape(-1), p.grad.reshape(-1)).item()
    norm = math.sqrt(square_sum)
    if norm > max_norm:
        for p in with_grad:
            p.grad *= max_norm / norm
    return norm


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return not self.bad_epochs < self.patience


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    tot = n = 0
    for xb, yb in batches:
        loss = loss_fn(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        if max_norm is not None:
            square_sum = 0.0
            for p in model.parameters():
                if p.grad is not None:
                    square_sum += (p.grad**2).sum().item()
            if square_sum**0.5 > max_norm:
                for p in model.parameters():
                    if p.grad is not None:
                        p.grad *= max_norm / square_sum**0.5
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        tot += loss.item() * len(xb)
        n += len(xb)
    return tot / n


def evaluate(model, batches, loss_fn):
    tr = model.training
    model.eval()
    tot, ok, n = 0.0, 0, 0
    with torch.no_grad():
        for xb, yb in batches:
            out = model(xb)
            tot += loss_fn(out, yb).item() * len(xb)
            ok += (out.argmax(1) == yb).sum().item()
            n += len(xb)
    model.train(tr)
    return tot / n, ok / n


def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
        early_stopping=None):
    tl, vl, va, lrs = [], [], [], []
    model.train()
    for epoch in range(epochs):
        lrs.append(optimizer.lr)

        # train
        tot, n = 0.0, 0
        for xb, yb in train_batches:
            loss = loss_fn(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            if max_norm is not None:
                square_sum = 0.0
                for p in model.parameters():
                    if p.grad is not None:
                        square_sum += (p.grad**2).sum().item()
                if square_sum**0.5 > max_norm:
                    for p in model.parameters():
                        if p.grad is not None:
                            p.grad *= max_norm / square_sum**0.5
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            tot += loss.item() * len(xb)
            n += len(xb)
        tl.append(tot / n)

        # validate
        model.eval()
        tot, ok, n = 0.0, 0, 0
        with torch.no_grad():
            for xb, yb in val_batches:
                out = model(xb)
                tot += loss_fn(out, yb).item() * len(xb)
                ok += (out.argmax(1) == yb).sum().item()
                n += len(xb)
        vl.append(tot / n)
        va.append(ok / n)

        if early_stopping is not None and early_stopping.step(vl[-1]):
            break
    return {"train_loss": tl, "val_loss": vl, "val_accuracy": va, "lr": lrs}
