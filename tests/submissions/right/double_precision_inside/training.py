# Norms, means and counts in double precision.
import torch


def clip_grad_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    squares = [g.double().pow(2).sum() for g in grads]
    norm = torch.stack(squares).sum().sqrt().item() if squares else 0.0
    if norm > max_norm:
        for g in grads:
            g.copy_(g.double() * max_norm / norm)
    return norm


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss >= self.best - self.min_delta or val_loss != val_loss:  # NaN is no improvement
            self.bad_epochs += 1
        else:
            self.bad_epochs = 0
            self.best = val_loss
        return self.bad_epochs >= self.patience


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    losses, counts = [], []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.detach().double())
        counts.append(len(x))
    weights = torch.tensor(counts, dtype=torch.float64)
    return ((torch.stack(losses) * weights).sum() / weights.sum()).item()


@torch.inference_mode()
def evaluate(model, batches, loss_fn):
    modes = [m.training for m in model.modules()]
    model.eval()
    loss_sum = torch.zeros((), dtype=torch.float64)
    hits = torch.zeros((), dtype=torch.int64)
    count = 0
    for x, y in batches:
        logits = model(x)
        loss_sum += loss_fn(logits, y).double() * len(x)
        hits += (logits.argmax(dim=1) == y).sum()
        count += len(x)
    for m, mode in zip(model.modules(), modes):
        m.training = mode
    return (loss_sum / count).item(), (hits.double() / count).item()


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {"lr": [], "train_loss": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(epochs):
        history["lr"].append(optimizer.lr)
        history["train_loss"].append(
            train_epoch(model, train_batches, loss_fn, optimizer, scheduler=scheduler, max_norm=max_norm)
        )
        val_loss, val_accuracy = evaluate(model, val_batches, loss_fn)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_accuracy)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return history
