"""Held-out variants of fit(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
early_stopping=None) -> dict. Functions, under the names of the list."""

import copy
import math
from collections import defaultdict

import numpy as np
import torch


# helpers of my own (correct), used by some of the variants


def one_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, n = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            shrink(model, max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.item() * len(x)
        n += len(x)
    return total / n


def shrink(model, max_norm):
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    norm = math.sqrt(sum((g * g).sum().item() for g in grads))
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)


def validate(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    total, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total += loss_fn(logits, y).item() * len(x)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return total / n, correct / n


# ---------------------------------------------------------------- known mistakes


def NotesTheRateAfterwards(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        model.train()
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        history["lr"].append(optimizer.lr)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def NotesTheFirstRate(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    train_losses, val_losses, val_accs, lrs = [], [], [], []
    lr = optimizer.lr
    for _ in range(epochs):
        lrs.append(lr)
        train_losses.append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        vl, va = validate(model, val_batches, loss_fn)
        val_losses.append(vl)
        val_accs.append(va)
        if early_stopping is not None:
            if early_stopping.step(vl):
                break
    return {"train_loss": train_losses, "val_loss": val_losses, "val_accuracy": val_accs, "lr": lrs}


def NotesEveryRate(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        model.train()
        running, seen = 0.0, 0
        for inputs, targets in train_batches:
            history["lr"].append(optimizer.lr)
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), targets)
            loss.backward()
            if max_norm is not None:
                norm = 0.0
                for p in model.parameters():
                    if p.grad is not None:
                        norm += (p.grad**2).sum().item()
                norm = norm**0.5
                if norm > max_norm:
                    for p in model.parameters():
                        if p.grad is not None:
                            p.grad *= max_norm / norm
            optimizer.step()
            if scheduler:
                scheduler.step()
            running += loss.item() * inputs.size(0)
            seen += inputs.size(0)
        history["train_loss"].append(running / seen)
        model.eval()
        running, seen, hits = 0.0, 0, 0
        with torch.no_grad():
            for inputs, targets in val_batches:
                out = model(inputs)
                running += loss_fn(out, targets).item() * inputs.size(0)
                hits += (out.argmax(1) == targets).sum().item()
                seen += inputs.size(0)
        history["val_loss"].append(running / seen)
        history["val_accuracy"].append(hits / seen)
        if early_stopping is not None:
            if early_stopping.step(history["val_loss"][-1]):
                return history
    return history


def ValidatesFirst(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        # validation
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        # training
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                shrink(model, max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        history["train_loss"].append(total / n)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def ValidatesOnceAtTheEnd(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        history["train_loss"].append(total / n)
    model.eval()
    val_total, correct, m = 0.0, 0, 0
    with torch.no_grad():
        for x, y in val_batches:
            logits = model(x)
            val_total += loss_fn(logits, y).item() * len(x)
            correct += (logits.argmax(dim=1) == y).sum().item()
            m += len(x)
    model.train()
    history["val_loss"].append(val_total / m)
    history["val_accuracy"].append(correct / m)
    if early_stopping is not None:
        early_stopping.step(val_total / m)
    return history


def ValidatesOnTrainingData(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_accuracy = validate(model, train_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_accuracy)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def TrainsOnValidationData(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in val_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = torch.cat([g.flatten() for g in grads]).norm().item()
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        history["train_loss"].append(total / n)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def MeasuresTheTrainingLossAfterwards(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}

    def measure(batches):
        model.eval()
        s, c, n = 0.0, 0, 0
        with torch.no_grad():
            for x, y in batches:
                z = model(x)
                s += loss_fn(z, y).item() * len(y)
                c += (z.argmax(1) == y).sum().item()
                n += len(y)
        model.train()
        return s / n, c / n

    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        for x, y in train_batches:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            if max_norm is not None:
                shrink(model, max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
        history["train_loss"].append(measure(train_batches)[0])
        val_loss, val_acc = measure(val_batches)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def OneEpochMore(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    epoch = 0
    while epoch <= epochs:
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
        epoch += 1
    return history


def OneEpochFewer(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = defaultdict(list)
    for key in ("train_loss", "val_loss", "val_accuracy", "lr"):
        history[key] = []
    for epoch in range(1, epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        loss, acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(loss)
        history["val_accuracy"].append(acc)
        if early_stopping is not None and early_stopping.step(loss):
            break
    return dict(history)


def ReturnsAfterOneEpoch(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        model.train()
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
        return history


def IgnoresEarlyStopping(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    log = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        log["lr"].append(optimizer.lr)
        model.train()
        losses, sizes = [], []
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                norm = math.hypot(*[p.grad.norm().item() for p in model.parameters() if p.grad is not None])
                if norm > max_norm:
                    for p in model.parameters():
                        if p.grad is not None:
                            p.grad.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            losses.append(loss.item())
            sizes.append(len(y))
        log["train_loss"].append(float(np.average(losses, weights=sizes)))
        model.eval()
        losses, accs, sizes = [], [], []
        with torch.no_grad():
            for x, y in val_batches:
                out = model(x)
                losses.append(loss_fn(out, y).item())
                accs.append((out.argmax(1) == y).double().mean().item())
                sizes.append(len(y))
        log["val_loss"].append(float(np.average(losses, weights=sizes)))
        log["val_accuracy"].append(float(np.average(accs, weights=sizes)))
    return log


def AsksButGoesOn(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if early_stopping is not None:
            early_stopping.step(val_loss)
    return history


def StopsUnlessToldTo(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                shrink(model, max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        model.train()
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None:
            go_on = early_stopping.step(val_total / m)
            if not go_on:
                break
    return history


def StopsOneEpochLate(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    stop = False
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if stop:
            break
        if early_stopping is not None:
            stop = early_stopping.step(val_total / m)
    return history


def LeavesOutTheLastEpoch(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        lr = optimizer.lr
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        model.train()
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
        history["lr"].append(lr)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
    return history


def AsksBeforeTheEpoch(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        if early_stopping is not None and epoch > 0:
            if early_stopping.step(history["val_loss"][-1]):
                break
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
    return history


def AsksAboutTheTrainingLoss(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        loss_sum, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            loss_sum += loss.item() * len(x)
            n += len(x)
        loss = loss_sum / n
        history["train_loss"].append(loss)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(loss):
            break
    return history


def AsksAboutTheAccuracy(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                shrink(model, max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        model.train()
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(history["val_accuracy"][-1]):
            break
    return history


def AsksTwice(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        val_loss = val_total / m
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None:
            early_stopping.step(val_loss)
            if early_stopping.step(val_loss):
                break
    return history


def KeepsTheScheduler(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, max_norm=max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def SchedulesOnceAnEpoch(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        if scheduler is not None:
            scheduler.step()
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def SchedulesOnceMore(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        train_loss = one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        if scheduler is not None:
            scheduler.step()
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        for key, value in zip(("train_loss", "val_loss", "val_accuracy"), (train_loss, val_loss, val_acc)):
            history[key].append(value)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def NeedsAScheduler(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def KeepsMaxNorm(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def ClipsAtOne(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def SwapsLossAndAccuracy(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        result = validate(model, val_batches, loss_fn)
        history["val_accuracy"].append(result[0])
        history["val_loss"].append(result[1])
        if early_stopping is not None and early_stopping.step(result[0]):
            break
    return history


def NotesTheLastEpochOnly(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    for epoch in range(epochs):
        history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def ReturnsNumbers(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {}
    for epoch in range(epochs):
        history["lr"] = optimizer.lr
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                shrink(model, max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        history["train_loss"] = total / n
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["val_loss"] = val_total / m
        history["val_accuracy"] = correct / m
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def LeavesOutTheRate(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(epochs):
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def NamesTheAccuracyOtherwise(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_acc": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_acc"].append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def ReturnsATuple(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    train_loss, val_loss, val_accuracy, lr = [], [], [], []
    for epoch in range(epochs):
        lr.append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        train_loss.append(total / n)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        val_loss.append(val_total / m)
        val_accuracy.append(correct / m)
        if early_stopping is not None and early_stopping.step(val_loss[-1]):
            break
    return train_loss, val_loss, val_accuracy, lr


def ReturnsNoHistory(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((g * g).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break


# ---------------------------------------------------------------- unknown mistakes


def unknown_1(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # train mode is set once before all epochs: from the second on it trains in eval mode
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    model.train()
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                shrink(model, max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def unknown_2(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # puts back the weights of the epoch with the lowest validation loss at the end
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    best, best_state = float("inf"), copy.deepcopy(model.state_dict())
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if val_loss < best:
            best, best_state = val_loss, copy.deepcopy(model.state_dict())
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    model.load_state_dict(best_state)
    return history


def unknown_3(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # the sums are never set back to zero: each entry is the mean over all epochs so far
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    total, n = 0.0, 0
    val_total, correct, m = 0.0, 0, 0
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                shrink(model, max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(x)
            n += len(x)
        model.eval()
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["train_loss"].append(total / n)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def unknown_4(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # the rate is set back to the first one at the start of every epoch
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    first_lr = optimizer.lr
    for epoch in range(epochs):
        optimizer.lr = first_lr
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def unknown_5(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # the validation figures are means over batches, so a short last batch counts for more
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        model.eval()
        losses, accuracies = [], []
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                losses.append(loss_fn(logits, y).item())
                accuracies.append((logits.argmax(1) == y).float().mean().item())
        history["val_loss"].append(float(np.mean(losses)))
        history["val_accuracy"].append(float(np.mean(accuracies)))
        if early_stopping is not None and early_stopping.step(history["val_loss"][-1]):
            break
    return history


def unknown_6(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # takes an epoch for a step: only one batch is trained on in each
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    train_batches = list(train_batches)
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        x, y = train_batches[epoch % len(train_batches)]
        history["train_loss"].append(one_epoch(model, [(x, y)], loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def unknown_7(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # validates in train mode: model.eval() is missing
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_total, correct, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                val_total += loss_fn(logits, y).item() * len(x)
                correct += (logits.argmax(dim=1) == y).sum().item()
                m += len(x)
        history["val_loss"].append(val_total / m)
        history["val_accuracy"].append(correct / m)
        if early_stopping is not None and early_stopping.step(val_total / m):
            break
    return history


def unknown_8(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # the optimizer's state (velocities, moments) is thrown away at the start of every epoch
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        optimizer.state = [{} for _ in optimizer.params]
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history


def unknown_9(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # stops at the first epoch whose validation loss is higher than that of the one before, whatever early_stopping says
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = validate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_acc)
        stop = early_stopping is not None and early_stopping.step(val_loss)
        if stop or (epoch > 0 and val_loss > history["val_loss"][-2]):
            break
    return history


# ---------------------------------------------------------------- right ones


def right_1(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    """Rows first, columns at the end."""
    rows = []
    for _ in range(epochs):
        lr = optimizer.lr
        train_loss = one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        rows.append((train_loss, *validate(model, val_batches, loss_fn), lr))
        if early_stopping is not None and early_stopping.step(rows[-1][1]):
            break
    names = ("train_loss", "val_loss", "val_accuracy", "lr")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def right_2(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    """One loop over both phases, with set_grad_enabled."""
    history = {key: [] for key in ("train_loss", "val_loss", "val_accuracy", "lr")}
    epoch, stop = 0, False
    while epoch < epochs and not stop:
        epoch += 1
        history["lr"].append(optimizer.lr)
        for phase in ("train", "val"):
            training = phase == "train"
            model.train(training)
            loss_sum, hits, n = 0.0, 0, 0
            for x, y in train_batches if training else val_batches:
                with torch.set_grad_enabled(training):
                    if training:
                        optimizer.zero_grad()
                    out = model(x)
                    loss = loss_fn(out, y)
                    if training:
                        loss.backward()
                        if max_norm is not None:
                            shrink(model, max_norm)
                        optimizer.step()
                        if scheduler is not None:
                            scheduler.step()
                loss_sum += loss.item() * len(y)
                hits += 0 if training else int((out.argmax(1) == y).sum())
                n += len(y)
            history[phase + "_loss"].append(loss_sum / n)
            if not training:
                history["val_accuracy"].append(hits / n)
        model.train()
        if early_stopping is not None:
            stop = early_stopping.step(history["val_loss"][-1])
    return history


def right_3(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    """A generator of epochs, which the caller may leave."""

    def run():
        for _ in range(epochs):
            entry = {"lr": float(optimizer.lr)}
            model.train()
            pairs = []
            for x, y in train_batches:
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                if max_norm is not None:
                    grads = [p.grad for p in model.parameters() if p.grad is not None]
                    norm = torch.stack(torch._foreach_norm(grads)).norm().item()
                    if norm > max_norm:
                        torch._foreach_mul_(grads, max_norm / norm)
                optimizer.step()
                if scheduler is not None:
                    scheduler.step()
                pairs.append((loss.item(), len(x)))
            entry["train_loss"] = float(np.average([p[0] for p in pairs], weights=[p[1] for p in pairs]))
            model.eval()
            outs = []
            with torch.inference_mode():
                for x, y in val_batches:
                    z = model(x)
                    outs.append((loss_fn(z, y).item(), (z.argmax(-1) == y).sum().item(), len(y)))
            model.train()
            size = sum(o[2] for o in outs)
            entry["val_loss"] = math.fsum(o[0] * o[2] for o in outs) / size
            entry["val_accuracy"] = sum(o[1] for o in outs) / size
            yield entry

    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for entry in run():
        for k, v in entry.items():
            history[k].append(v)
        if early_stopping is not None and early_stopping.step(entry["val_loss"]):
            break
    return history


def right_4(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    # recursion: an epoch, then the rest
    if epochs <= 0:
        return {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    lr = optimizer.lr
    train_loss = one_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
    val_loss, val_acc = validate(model, val_batches, loss_fn)
    stop = early_stopping is not None and early_stopping.step(val_loss)
    rest = right_4(
        model,
        train_batches,
        val_batches,
        loss_fn,
        optimizer,
        0 if stop else epochs - 1,
        scheduler,
        max_norm,
        early_stopping,
    )
    return {
        "train_loss": [train_loss] + rest["train_loss"],
        "val_loss": [val_loss] + rest["val_loss"],
        "val_accuracy": [val_acc] + rest["val_accuracy"],
        "lr": [lr] + rest["lr"],
    }
