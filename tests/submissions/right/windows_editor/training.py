# -*- coding: utf-8 -*-
# Übung 3 – Trainingsschleife
import torch


def clip_grad_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    # Länge des großen Vektors aus allen Gradienten
    norm = sum(float(g.norm()) ** 2 for g in grads) ** 0.5
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm).div_(norm)
    return norm


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if self.best - val_loss > self.min_delta:
            # besser geworden
            self.best = val_loss
            self.bad_epochs = 0
            return False
        self.bad_epochs += 1
        return self.bad_epochs >= self.patience


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    summe, anzahl = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        ausgabe = model(x)
        loss = loss_fn(ausgabe, y)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        summe += float(loss) * y.size(0)
        anzahl += y.size(0)
    return summe / anzahl


def evaluate(model, batches, loss_fn):
    war_training = model.training
    model.eval()
    summe, richtig, anzahl = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            ausgabe = model(x)
            summe += float(loss_fn(ausgabe, y)) * y.size(0)
            richtig += int((ausgabe.argmax(dim=1) == y).sum())
            anzahl += y.size(0)
    # zurück in den alten Modus
    model.train(war_training)
    return summe / anzahl, richtig / anzahl


def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs,
        scheduler=None, max_norm=None, early_stopping=None):
    verlauf = dict(train_loss=[], val_loss=[], val_accuracy=[], lr=[])
    for epoche in range(epochs):
        verlauf["lr"].append(optimizer.lr)
        train_loss = train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        val_loss, genauigkeit = evaluate(model, val_batches, loss_fn)
        verlauf["train_loss"].append(train_loss)
        verlauf["val_loss"].append(val_loss)
        verlauf["val_accuracy"].append(genauigkeit)
        if early_stopping is not None:
            if early_stopping.step(val_loss):
                break
    return verlauf
