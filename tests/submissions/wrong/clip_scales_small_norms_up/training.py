# training code, no helpers
import math

import torch


def clip_grad_norm(params, max_norm):
    ps = [p for p in params if p.grad is not None]
    sq = 0.0
    for p in ps:
        sq += torch.dot(p.grad.reshape(-1), p.grad.reshape(-1)).item()
    norm = math.sqrt(sq)
    coef = max_norm / (norm + 1e-12)
    for p in ps:
        p.grad *= coef
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
    total = n = 0
    for xb, yb in batches:
        loss = loss_fn(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        if max_norm is not None:
            sq = 0.0
            for p in model.parameters():
                if p.grad is not None:
                    sq += (p.grad**2).sum().item()
            if sq**0.5 > max_norm:
                for p in model.parameters():
                    if p.grad is not None:
                        p.grad *= max_norm / sq**0.5
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(xb)
        n += len(xb)
    return total / n


def evaluate(model, batches, loss_fn):
    tr = model.training
    model.eval()
    total, hits, n = 0.0, 0, 0
    with torch.no_grad():
        for xb, yb in batches:
            out = model(xb)
            total += loss_fn(out, yb).item() * len(xb)
            hits += (out.argmax(1) == yb).sum().item()
            n += len(xb)
    model.train(tr)
    return total / n, hits / n


def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
        early_stopping=None):
    tl, vl, va, lrs = [], [], [], []
    for ep in range(epochs):
        lrs.append(optimizer.lr)

        # train
        model.train()
        total, n = 0.0, 0
        for xb, yb in train_batches:
            loss = loss_fn(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            if max_norm is not None:
                sq = 0.0
                for p in model.parameters():
                    if p.grad is not None:
                        sq += (p.grad**2).sum().item()
                if sq**0.5 > max_norm:
                    for p in model.parameters():
                        if p.grad is not None:
                            p.grad *= max_norm / sq**0.5
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(xb)
            n += len(xb)
        tl.append(total / n)

        # validate
        model.eval()
        total, hits, n = 0.0, 0, 0
        with torch.no_grad():
            for xb, yb in val_batches:
                out = model(xb)
                total += loss_fn(out, yb).item() * len(xb)
                hits += (out.argmax(1) == yb).sum().item()
                n += len(xb)
        model.train()
        vl.append(total / n)
        va.append(hits / n)

        if early_stopping is not None and early_stopping.step(vl[-1]):
            break
    return {"train_loss": tl, "val_loss": vl, "val_accuracy": va, "lr": lrs}
