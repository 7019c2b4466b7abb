"""Correct versions of `training.py` written differently: every way of writing that the lab's contract allows.

Each is the text of a whole file, since a function of one calls the others by the names of its own module.
"""

from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

from hidden import modules_of

EVERYTHING_INLINE = """
import math
import torch

def clip_grad_norm(params, max_norm):
    params = [p for p in params if p.grad is not None]
    total = math.sqrt(sum((p.grad ** 2).sum().item() for p in params))
    if total > max_norm:
        for p in params:
            p.grad.mul_(max_norm / total)
    return total

class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = float("inf"), 0

    def step(self, val_loss):
        if self.best - val_loss > self.min_delta:
            self.best, self.bad_epochs = val_loss, 0
            return False
        self.bad_epochs += 1
        return self.bad_epochs >= self.patience

def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total = samples = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            params = [p for p in model.parameters() if p.grad is not None]
            norm = math.sqrt(sum((p.grad ** 2).sum().item() for p in params))
            if norm > max_norm:
                for p in params:
                    p.grad.mul_(max_norm / norm)
        optimizer.step()
        if scheduler:
            scheduler.step()
        total += loss.item() * x.size(0)
        samples += x.size(0)
    return total / samples

def evaluate(model, batches, loss_fn):
    was = model.training
    model.eval()
    total = right = samples = 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total += loss_fn(logits, y).item() * x.size(0)
            right += (logits.argmax(1) == y).sum().item()
            samples += x.size(0)
    model.train(was)
    return total / samples, right / samples

def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs,
        scheduler=None, max_norm=None, early_stopping=None):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total = samples = 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                params = [p for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum((p.grad ** 2).sum().item() for p in params))
                if norm > max_norm:
                    for p in params:
                        p.grad.mul_(max_norm / norm)
            optimizer.step()
            if scheduler:
                scheduler.step()
            total += loss.item() * x.size(0)
            samples += x.size(0)
        history["train_loss"].append(total / samples)
        model.eval()
        total = right = samples = 0
        with torch.no_grad():
            for x, y in val_batches:
                logits = model(x)
                total += loss_fn(logits, y).item() * x.size(0)
                right += (logits.argmax(1) == y).sum().item()
                samples += x.size(0)
        history["val_loss"].append(total / samples)
        history["val_accuracy"].append(right / samples)
        print(f"epoch {epoch + 1}: {history['val_loss'][-1]:.3f}")
        if early_stopping is not None and early_stopping.step(history["val_loss"][-1]):
            break
    return history
"""

TORCH_UTILITIES = """
import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

def clip_grad_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in grads]))
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    return np.float64(norm)

class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = np.inf
        self.bad_epochs = 0

    def step(self, val_loss):
        improved = np.less(val_loss, self.best - self.min_delta)
        self.best = np.where(improved, val_loss, self.best)
        self.bad_epochs = 0 if improved else self.bad_epochs + 1
        return np.bool_(self.bad_epochs >= self.patience)

def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None, verbose=False):
    model.train(True)
    losses, sizes = [], []
    for step, (x, y) in enumerate(batches):
        output = model.forward(x)
        loss = loss_fn(output, y)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        if max_norm is not None:
            norm = clip_grad_norm_(model.parameters(), max_norm)
            if verbose:
                print(step, norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.detach().numpy())
        sizes.append(len(y))
    return np.average(losses, weights=sizes)

def evaluate(model, batches, loss_fn):
    before = model.training
    model.train(False)
    losses, hits, sizes = [], [], []
    with torch.inference_mode():
        for x, y in batches:
            output = model(x)
            losses.append(loss_fn(output, y).numpy())
            hits.append((torch.max(output, dim=-1).indices == y).float().mean().numpy())
            sizes.append(len(y))
    model.train(before)
    return np.average(losses, weights=sizes), np.average(hits, weights=sizes)

def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs,
        scheduler=None, max_norm=None, early_stopping=None):
    rows = []
    for _ in range(epochs):
        lr = optimizer.lr
        train_loss = train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm, verbose=True)
        rows.append((train_loss, *evaluate(model, val_batches, loss_fn), lr))
        if early_stopping and early_stopping.step(rows[-1][1]):
            break
    return dict(zip(("train_loss", "val_loss", "val_accuracy", "lr"), zip(*rows), strict=True))
"""

TENSOR_TOTALS = """
import torch

@torch.no_grad()
def clip_grad_norm(params, max_norm):
    params = list(params)
    squares = torch.zeros(())
    for param in params:
        if param.grad is None:
            continue
        squares = squares + param.grad.pow(2).sum()
    norm = squares.sqrt()
    factor = torch.clamp(max_norm / norm, max=1.0) if norm > 0 else 1.0
    for param in params:
        if param.grad is not None:
            param.grad.copy_(param.grad * factor)
    return norm

class EarlyStopping:
    best = float("inf")
    bad_epochs = 0

    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs > self.patience - 1

def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    total, count = torch.tensor(0.0), 0
    for inputs, targets in batches:
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        optimizer.zero_grad()
        if scheduler is not None:
            scheduler.step()
        total += loss.detach() * inputs.shape[0]
        count += inputs.shape[0]
    return total / count

@torch.no_grad()
def evaluate(model, batches, loss_fn):
    mode = model.training
    model.eval()
    total, right, count = torch.tensor(0.0), torch.tensor(0), 0
    for inputs, targets in batches:
        logits = model(inputs)
        total += loss_fn(logits, targets) * targets.numel()
        right += torch.eq(logits.softmax(dim=1).argmax(dim=1), targets).sum()
        count += targets.numel()
    if mode:
        model.train()
    return total / count, right / count

def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs,
        scheduler=None, max_norm=None, early_stopping=None):
    history = {name: [] for name in ("lr", "train_loss", "val_loss", "val_accuracy")}
    epoch, stop = 0, False
    while epoch < epochs and not stop:
        history["lr"] += [optimizer.lr]
        history["train_loss"] += [
            train_epoch(model, train_batches, loss_fn, optimizer, scheduler=scheduler, max_norm=max_norm)
        ]
        val_loss, val_accuracy = evaluate(model, val_batches, loss_fn)
        history["val_loss"] += [torch.as_tensor(val_loss)]
        history["val_accuracy"] += [torch.as_tensor(val_accuracy)]
        stop = early_stopping is not None and bool(early_stopping.step(val_loss))
        epoch += 1
    return history
"""

SMALL_HELPERS = """
from collections import defaultdict
from contextlib import contextmanager

import torch

def clip_grad_norm(params, max_norm):
    grads = list(_grads(params))
    norm = torch.cat([grad.flatten() for grad in grads]).norm().item()
    for grad in grads:
        grad /= max(norm / max_norm, 1.0)
    return norm

def _grads(params):
    for param in params:
        if param.grad is not None:
            yield param.grad

class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = None
        self.bad_epochs = 0

    def _improves(self, loss):
        return self.best is None or loss < self.best - self.min_delta

    def step(self, val_loss):
        if self._improves(val_loss):
            self.best = val_loss
            self.bad_epochs = 0
        else:
            self.bad_epochs = self.bad_epochs + 1
        if self.bad_epochs >= self.patience:
            return True

class Mean:
    def __init__(self):
        self.mean, self.count = 0.0, 0

    def add(self, value, count):
        self.count += count
        self.mean += (value - self.mean) * count / self.count

@contextmanager
def mode(model, train):
    was = model.training
    model.train(train)
    with torch.set_grad_enabled(train):
        yield
    model.train(was)

def _train_batch(model, batch, loss_fn, optimizer, max_norm):
    inputs, targets = batch
    for param in model.parameters():
        param.grad = None
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    if max_norm is not None:
        clip_grad_norm(optimizer.params, max_norm)
    optimizer.step()
    return loss.item()

def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    mean = Mean()
    with mode(model, train=True):
        for batch in batches:
            mean.add(_train_batch(model, batch, loss_fn, optimizer, max_norm), len(batch[1]))
            if scheduler is not None:
                scheduler.step()
    return mean.mean

def evaluate(model, batches, loss_fn):
    loss, accuracy = Mean(), Mean()
    with mode(model, train=False):
        for inputs, targets in batches:
            logits = model(inputs)
            loss.add(loss_fn(logits, targets).item(), len(targets))
            accuracy.add((logits.topk(1).indices[:, 0] == targets).double().mean().item(), len(targets))
    return loss.mean, accuracy.mean

def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs,
        scheduler=None, max_norm=None, early_stopping=None):
    history = defaultdict(list)
    for epoch in range(1, epochs + 1):
        for name, value in _epoch(model, train_batches, val_batches, loss_fn, optimizer, scheduler, max_norm):
            history[name].append(value)
        if early_stopping is None:
            continue
        if early_stopping.step(history["val_loss"][-1]):
            break
    history["epochs"] = epoch
    return history

def _epoch(model, train_batches, val_batches, loss_fn, optimizer, scheduler, max_norm):
    yield "lr", optimizer.lr
    yield "train_loss", train_epoch(
        model=model, batches=train_batches, loss_fn=loss_fn, optimizer=optimizer, scheduler=scheduler, max_norm=max_norm
    )
    loss, accuracy = evaluate(model=model, batches=val_batches, loss_fn=loss_fn)
    yield "val_loss", loss
    yield "val_accuracy", accuracy
"""

THROUGH_DATA = """
import torch

def clip_grad_norm(params, max_norm):
    with_grad = [p for p in params if p.grad is not None]
    norm = sum(float(p.grad.data.double().norm(2)) ** 2 for p in with_grad) ** 0.5
    if norm > max_norm:
        for p in with_grad:
            p.grad.data *= max_norm / norm
    return norm

class EarlyStopping(object):
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.losses, self.best, self.bad_epochs = [], float("inf"), 0

    def step(self, val_loss):
        self.losses.append(float(val_loss))
        self.best, self.bad_epochs = float("inf"), 0
        for loss in self.losses:
            if loss + self.min_delta < self.best:
                self.best, self.bad_epochs = loss, 0
            else:
                self.bad_epochs += 1
        return self.bad_epochs >= self.patience

def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    summed, n = 0.0, 0
    for batch in batches:
        images, labels = batch[0], batch[1]
        logits = model(images)
        model.zero_grad()
        loss = loss_fn(logits, labels)
        loss.backward()
        if max_norm:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        scheduler and scheduler.step()
        summed += loss.data.item() * labels.shape[0]
        n += labels.shape[0]
        del loss, logits
    model.eval()
    return summed / n

def evaluate(model, batches, loss_fn):
    modes = {module: module.training for module in model.modules()}
    previously = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    model.eval()
    outputs, labels, summed = [], [], 0.0
    for images, targets in batches:
        outputs.append(model(images))
        labels.append(targets)
        summed += float(loss_fn(outputs[-1], targets)) * len(targets)
    torch.set_grad_enabled(previously)
    for module, training in modes.items():
        module.training = training
    guesses = torch.cat(outputs).argmax(axis=1)
    return summed / len(guesses), float((guesses == torch.cat(labels)).float().mean())

def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs,
        scheduler=None, max_norm=None, early_stopping=None):
    train_losses, val_losses, accuracies, rates = [], [], [], []
    for _ in range(epochs):
        rates.append(float(optimizer.lr))
        train_losses.append(train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        results = evaluate(model, val_batches, loss_fn)
        val_losses.append(results[0])
        accuracies.append(results[1])
        if early_stopping is not None:
            if early_stopping.step(results[0]):
                return {"train_loss": train_losses, "val_loss": val_losses, "val_accuracy": accuracies, "lr": rates}
    return {"train_loss": train_losses, "val_loss": val_losses, "val_accuracy": accuracies, "lr": rates}
"""

HALF_INLINE = """
import torch
from torch import no_grad

def clip_grad_norm(params, max_norm):
    params = tuple(params)
    norm = 0.0
    for p in params:
        if p.grad is not None:
            norm += torch.sum(p.grad * p.grad).item()
    norm **= 0.5
    if norm <= max_norm:
        return norm
    for p in params:
        if p.grad is not None:
            with no_grad():
                p.grad[...] = p.grad / norm * max_norm
    return norm

class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.best, self.left, self.patience, self.min_delta = float("inf"), patience, patience, min_delta

    @property
    def bad_epochs(self):
        return self.patience - self.left

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best, self.left = val_loss, self.patience
        else:
            self.left -= 1
        return self.left <= 0

def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    was_training = model.training
    model.train()
    total = torch.zeros(1, dtype=torch.float64)
    seen = 0
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    for x, y in iter(batches):
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None and max_norm > 0:
            clip_grad_norm((p for p in model.parameters()), max_norm=max_norm)
        with no_grad():
            optimizer.step()
            total += loss * len(y)
        for p in model.parameters():
            p.grad.zero_()
        if scheduler is not None:
            scheduler.step()
        seen += len(y)
    model.train(was_training)
    return total.item() / seen

def evaluate(model, batches, loss_fn):
    was_training = model.training
    try:
        model.eval()
        with no_grad():
            pairs = [(model(x), y) for x, y in batches]
        logits, targets = (torch.cat(parts) for parts in zip(*pairs, strict=True))
        return loss_fn(logits, targets).item(), (logits.max(1)[1] == targets).sum().item() / len(targets)
    finally:
        model.train(was_training)

def fit(model, train_batches, val_batches, loss_fn, optimizer, epochs,
        scheduler=None, max_norm=None, early_stopping=None):
    history = dict(train_loss=[], val_loss=[], val_accuracy=[], lr=[])
    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        losses, sizes = [], []
        for x, y in train_batches:
            model.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                clip_grad_norm(model.parameters(), max_norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            losses.append(loss.item())
            sizes.append(len(y))
        history["train_loss"].append(sum(a * n for a, n in zip(losses, sizes)) / sum(sizes))
        val_loss, val_accuracy = evaluate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_accuracy)
        if early_stopping is None or not early_stopping.step(val_loss):
            continue
        break
    return history
"""

TEXTS = {
    "everything inline": EVERYTHING_INLINE,
    "PyTorch's utilities, NumPy's numbers": TORCH_UTILITIES,
    "totals as tensors": TENSOR_TOTALS,
    "small helpers": SMALL_HELPERS,
    "through .data": THROUGH_DATA,
    "half inline": HALF_INLINE,
}


def lab_of(lab: Any, text: str) -> SimpleNamespace:
    """The lab with a training.py of this text."""
    module = ModuleType("training")
    with modules_of(lab):
        exec(compile(text, "training.py", "exec"), vars(module))
    return SimpleNamespace(**{**vars(lab), "training": module})


def right_labs(lab: Any) -> Iterator[tuple[str, SimpleNamespace]]:
    """(name, lab) for every style."""
    for name, text in TEXTS.items():
        yield name, lab_of(lab, text)
