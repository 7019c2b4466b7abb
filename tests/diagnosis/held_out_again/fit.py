import copy
import math
import types

import numpy as np
import torch

# mistakes.md has no line on fit that the list names: these are names of the list.


def NotesTheRateAfterwards(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None,
                           max_norm=None, early_stopping=None):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for _ in range(epochs):
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(y)
            n += len(y)
        history["train_loss"].append(total / n)
        model.eval()
        total, right, n = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                out = model(x)
                total += loss_fn(out, y).item() * len(y)
                right += (out.argmax(1) == y).sum().item()
                n += len(y)
        model.train()
        history["val_loss"].append(total / n)
        history["val_accuracy"].append(right / n)
        history["lr"].append(optimizer.lr)
        if early_stopping is not None and early_stopping.step(total / n):
            break
    return history


def ValidatesFirst(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
                   early_stopping=None):
    def validate():
        was = model.training
        model.eval()
        with torch.no_grad():
            rows = [(model(x), y) for x, y in val_batches]
            n = sum(len(y) for _, y in rows)
            loss = sum(loss_fn(out, y).item() * len(y) for out, y in rows) / n
            hits = sum((out.argmax(1) == y).sum().item() for out, y in rows)
        model.train(was)
        return loss, hits / n

    train_loss, val_loss, val_acc, rates = [], [], [], []
    for epoch in range(epochs):
        rates.append(optimizer.lr)
        v, a = validate()
        val_loss.append(v)
        val_acc.append(a)
        model.train()
        losses, sizes = [], []
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = torch.stack([g.double().norm() for g in grads]).norm().item()
                if norm > max_norm:
                    torch._foreach_mul_(grads, max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            losses.append(loss.item())
            sizes.append(len(y))
        train_loss.append(float(np.average(losses, weights=sizes)))
        if early_stopping is not None:
            if early_stopping.step(v):
                break
    return dict(train_loss=train_loss, val_loss=val_loss, val_accuracy=val_acc, lr=rates)


def IgnoresEarlyStopping(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
                         early_stopping=None):
    history = {name: [] for name in ("train_loss", "val_loss", "val_accuracy", "lr")}

    def run(batches, training):
        model.train(training)
        total = hits = count = 0
        with torch.set_grad_enabled(training):
            for x, y in batches:
                if training:
                    optimizer.zero_grad()
                out = model(x)
                loss = loss_fn(out, y)
                if training:
                    loss.backward()
                    if max_norm is not None:
                        grads = [p.grad for p in model.parameters() if p.grad is not None]
                        norm = math.hypot(*(g.double().norm().item() for g in grads))
                        if norm > max_norm:
                            for g in grads:
                                g.mul_(max_norm / norm)
                    optimizer.step()
                    if scheduler is not None:
                        scheduler.step()
                else:
                    hits += (out.argmax(1) == y).sum().item()
                total += loss.item() * len(y)
                count += len(y)
        return total / count, hits / count

    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(run(train_batches, True)[0])
        val_loss, val_accuracy = run(val_batches, False)
        model.train()
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_accuracy)
    return history


def LeavesOutTheLastEpoch(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
                          early_stopping=None):
    rows = []
    for _ in range(epochs):
        lr = optimizer.lr
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().pow(2).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g *= max_norm / norm
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(y)
            n += len(y)
        model.eval()
        vtotal, right, m = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                out = model(x)
                vtotal += loss_fn(out, y).item() * len(y)
                right += (out.argmax(1) == y).sum().item()
                m += len(y)
        model.train()
        if early_stopping is not None and early_stopping.step(vtotal / m):
            break
        rows.append((total / n, vtotal / m, right / m, lr))
    names = ["train_loss", "val_loss", "val_accuracy", "lr"]
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def AsksAboutTheTrainingLoss(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None,
                             max_norm=None, early_stopping=None):
    h = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    stop, epoch = False, 0
    while epoch < epochs and not stop:
        h["lr"].append(optimizer.lr)
        model.train()
        seen, mean = 0, 0.0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().pow(2).sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            seen += len(y)
            mean += (loss.item() - mean) * len(y) / seen
        h["train_loss"].append(mean)
        model.eval()
        with torch.no_grad():
            outs = [(model(x), y) for x, y in val_batches]
            sizes = [len(y) for _, y in outs]
            h["val_loss"].append(sum(loss_fn(o, y).item() * s for (o, y), s in zip(outs, sizes)) / sum(sizes))
            h["val_accuracy"].append(sum(int((o.argmax(1) == y).sum()) for o, y in outs) / sum(sizes))
        model.train()
        if early_stopping is not None:
            stop = early_stopping.step(mean)
        epoch += 1
    return h


def SchedulesOnceAnEpoch(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
                         early_stopping=None):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for epoch in range(1, epochs + 1):
        history["lr"].append(optimizer.lr)

        model.train()
        train_total = train_count = 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                squares = [p.grad.double().pow(2).sum() for p in model.parameters() if p.grad is not None]
                norm = torch.stack(squares).sum().sqrt().item()
                if norm > max_norm:
                    for p in model.parameters():
                        if p.grad is not None:
                            p.grad.mul_(max_norm / norm)
            optimizer.step()
            train_total += loss.item() * x.size(0)
            train_count += x.size(0)
        if scheduler is not None:
            scheduler.step()
        history["train_loss"].append(train_total / train_count)

        model.eval()
        val_total = val_right = val_count = 0
        with torch.no_grad():
            for x, y in val_batches:
                out = model(x)
                val_total += loss_fn(out, y).item() * x.size(0)
                val_right += (out.argmax(1) == y).sum().item()
                val_count += x.size(0)
        model.train()
        history["val_loss"].append(val_total / val_count)
        history["val_accuracy"].append(val_right / val_count)

        if early_stopping is not None and early_stopping.step(history["val_loss"][-1]):
            break
    return history


def SwapsLossAndAccuracy(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
                         early_stopping=None):
    def train():
        model.train()
        parts, count = [], 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().pow(2).sum().item() for g in grads))
                if norm > max_norm:
                    torch._foreach_mul_(grads, max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            parts.append(loss.item() * len(y))
            count += len(y)
        return math.fsum(parts) / count

    @torch.no_grad()
    def test():
        model.eval()
        loss, right, count = 0.0, 0, 0
        for x, y in val_batches:
            out = model(x)
            loss += loss_fn(out, y).item() * len(y)
            right += int((out.argmax(1) == y).sum())
            count += len(y)
        model.train()
        return loss / count, right / count

    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(train())
        result = test()
        for name, value in zip(("val_accuracy", "val_loss"), result):
            history[name].append(value)
        if early_stopping is not None and early_stopping.step(result[0]):
            break
    return history


def KeepsMaxNorm(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
                 early_stopping=None):
    def one_epoch(clip=None):
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if clip is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().pow(2).sum().item() for g in grads))
                if norm > clip:
                    for g in grads:
                        g.mul_(clip / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(y)
            n += len(y)
        return total / n

    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for _ in range(epochs):
        history["lr"] += [optimizer.lr]
        history["train_loss"] += [one_epoch()]
        model.eval()
        total, right, n = 0.0, 0, 0
        for x, y in val_batches:
            with torch.no_grad():
                out = model(x)
                total += loss_fn(out, y).item() * len(y)
            right += (out.argmax(1) == y).sum().item()
            n += len(y)
        model.train()
        history["val_loss"] += [total / n]
        history["val_accuracy"] += [right / n]
        if early_stopping is not None and early_stopping.step(total / n):
            return history
    return history


# train mode is set once, before all epochs, and evaluation leaves eval mode: from the second epoch on it trains in it
def unknown_1(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
              early_stopping=None):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    model.train()
    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(y)
            n += len(y)
        history["train_loss"].append(total / n)
        model.eval()
        total, right, n = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                out = model(x)
                total += loss_fn(out, y).item() * len(y)
                right += (out.argmax(1) == y).sum().item()
                n += len(y)
        history["val_loss"].append(total / n)
        history["val_accuracy"].append(right / n)
        if early_stopping is not None and early_stopping.step(total / n):
            break
    return history


# the weights of the epoch with the lowest validation loss are put back at the end
def unknown_2(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
              early_stopping=None):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    best, weights = math.inf, None
    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(y)
            n += len(y)
        history["train_loss"].append(total / n)
        model.eval()
        total, right, n = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                out = model(x)
                total += loss_fn(out, y).item() * len(y)
                right += (out.argmax(1) == y).sum().item()
                n += len(y)
        model.train()
        history["val_loss"].append(total / n)
        history["val_accuracy"].append(right / n)
        if total / n < best:
            best, weights = total / n, copy.deepcopy(model.state_dict())
        if early_stopping is not None and early_stopping.step(total / n):
            break
    if weights is not None:
        model.load_state_dict(weights)
    return history


# the sums of the training loss are not set back between epochs, so it is the mean since the very beginning
def unknown_3(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
              early_stopping=None):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    train_total, train_n = 0.0, 0
    for _ in range(epochs):
        history["lr"].append(optimizer.lr)
        model.train()
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            train_total += loss.item() * len(y)
            train_n += len(y)
        history["train_loss"].append(train_total / train_n)
        model.eval()
        total, right, n = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                out = model(x)
                total += loss_fn(out, y).item() * len(y)
                right += (out.argmax(1) == y).sum().item()
                n += len(y)
        model.train()
        history["val_loss"].append(total / n)
        history["val_accuracy"].append(right / n)
        if early_stopping is not None and early_stopping.step(total / n):
            break
    return history


# the schedule starts over in every epoch
def unknown_4(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
              early_stopping=None):
    history = {"train_loss": [], "val_loss": [], "val_accuracy": [], "lr": []}
    for _ in range(epochs):
        if scheduler is not None:
            scheduler.t = 0
            optimizer.lr = scheduler.lr_at(0)
        history["lr"].append(optimizer.lr)
        model.train()
        total, n = 0.0, 0
        for x, y in train_batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                grads = [p.grad for p in model.parameters() if p.grad is not None]
                norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
                if norm > max_norm:
                    for g in grads:
                        g.mul_(max_norm / norm)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(y)
            n += len(y)
        history["train_loss"].append(total / n)
        model.eval()
        total, right, n = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_batches:
                out = model(x)
                total += loss_fn(out, y).item() * len(y)
                right += (out.argmax(1) == y).sum().item()
                n += len(y)
        model.train()
        history["val_loss"].append(total / n)
        history["val_accuracy"].append(right / n)
        if early_stopping is not None and early_stopping.step(total / n):
            break
    return history


def right_1(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
            early_stopping=None):
    """A generator of epochs, whose rows are turned into columns at the end."""

    def learn(x, y):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        if max_norm is not None and grads:
            norm = math.hypot(*(torch.linalg.vector_norm(g, dtype=torch.float64).item() for g in grads))
            if norm > max_norm:
                torch._foreach_mul_(grads, max_norm / norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        return loss.item(), len(y)

    def look(x, y):
        with torch.inference_mode():
            out = model(x)
            return loss_fn(out, y).item(), len(y), (out.argmax(1) == y).sum().item()

    def epochs_run():
        for _ in range(epochs):
            row = [optimizer.lr]
            model.train()
            table = np.array([learn(x, y) for x, y in train_batches])
            row.append(np.average(table[:, 0], weights=table[:, 1]))
            model.eval()
            table = np.array([look(x, y) for x, y in val_batches])
            model.train()
            row.append(np.average(table[:, 0], weights=table[:, 1]))
            row.append(table[:, 2].sum() / table[:, 1].sum())
            yield [float(value) for value in row]
            if early_stopping is not None and early_stopping.step(row[2]):
                return

    rows = list(epochs_run())
    return {name: [row[i] for row in rows] for i, name in ((1, "train_loss"), (2, "val_loss"), (3, "val_accuracy"), (0, "lr"))}


def right_2(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None,
            early_stopping=None):
    """One loop for both kinds of pass, with a table of what each does; recursion instead of the epoch loop."""
    history = {key: [] for key in ("train_loss", "val_loss", "val_accuracy", "lr")}

    def sweep(batches, learning):
        model.train(learning)
        sums = types.SimpleNamespace(loss=0.0, right=0, n=0)
        for inputs, targets in batches:
            if learning:
                optimizer.zero_grad()
            with torch.set_grad_enabled(learning):
                logits = model(inputs)
                loss = loss_fn(logits, targets)
            if learning:
                loss.backward()
                if max_norm is not None:
                    grads = [p.grad for p in model.parameters() if p.grad is not None]
                    norm = sum(g.double().square().sum().item() for g in grads) ** 0.5
                    for g in grads if norm > max_norm else ():
                        g.mul_(max_norm / norm)
                optimizer.step()
                scheduler is None or scheduler.step()
            else:
                sums.right += int((logits.argmax(dim=1) == targets).sum())
            sums.loss += loss.item() * targets.size(0)
            sums.n += targets.size(0)
        model.train()
        return sums.loss / sums.n, sums.right / sums.n

    def epoch(left):
        if left <= 0:
            return history
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(sweep(train_batches, True)[0])
        val_loss, accuracy = sweep(val_batches, False)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(accuracy)
        if early_stopping is not None and early_stopping.step(val_loss):
            return history
        return epoch(left - 1)

    return epoch(epochs)
