"""Training, validation, early stopping."""

import torch


def clip_grad_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    total_norm = float(torch.nn.utils.get_total_norm(grads))
    if total_norm > max_norm:
        for g in grads:
            g.mul_(max_norm / total_norm)
    return total_norm


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.bad_epochs = 0
            return False
        else:
            self.bad_epochs += 1
            return self.bad_epochs >= self.patience


def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    loss_sum, n = 0.0, 0
    for inputs, targets in batches:
        outputs = model(inputs)
        loss = loss_fn(outputs, targets)
        loss.backward()
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        loss_sum += loss.item() * inputs.size(0)
        n += inputs.size(0)
    return loss_sum / n


def evaluate(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for inputs, targets in batches:
            outputs = model(inputs)
            loss_sum += loss_fn(outputs, targets).item() * inputs.size(0)
            _, predicted = torch.max(outputs, 1)
            correct += (predicted == targets).sum().item()
            n += inputs.size(0)
    model.train(was_training)
    return loss_sum / n, correct / n


def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    train_losses, val_losses, val_accs, lrs = [], [], [], []
    for epoch in range(epochs):
        lrs.append(optimizer.lr)
        train_losses.append(train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm))
        val_loss, val_acc = evaluate(model, val_batches, loss_fn)
        val_losses.append(val_loss)
        val_accs.append(val_acc)
        if early_stopping is not None and early_stopping.step(val_loss):
            break
    return {"train_loss": train_losses, "val_loss": val_losses, "val_accuracy": val_accs, "lr": lrs}
