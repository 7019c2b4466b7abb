# HW 3 / part 4 / training

# we need torch for no_grad
import torch


# 1. Gradient clipping
def clip_grad_norm(params, max_norm):
    # params can be a generator, so make a list first
    params = list(params)
    # add up the squares of all numbers in all gradients
    total = 0.0
    for p in params:
        if p.grad is not None:
            total = total + (p.grad.detach() ** 2).sum().item()
    norm = total**0.5
    # no number may be larger than max_norm
    for p in params:
        if p.grad is not None:
            p.grad.clamp_(-max_norm, max_norm)
    # this is the norm from BEFORE
    return norm


# 2. Early stopping
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        # nothing is worse than infinity
        self.best = float("inf")
        self.bad_epochs = 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            # it got better
            self.best = val_loss
            self.bad_epochs = 0
        else:
            # it did not
            self.bad_epochs = self.bad_epochs + 1
        if self.bad_epochs >= self.patience:
            return True
        else:
            return False


# 3. One epoch of training
def train_epoch(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None):
    model.train()
    running = 0.0
    n_samples = 0
    for x, y in batches:
        # forget the old gradients
        optimizer.zero_grad()
        # forward
        prediction = model(x)
        loss = loss_fn(prediction, y)
        # backward
        loss.backward()
        # clip
        if max_norm is not None:
            clip_grad_norm(model.parameters(), max_norm)
        # update
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        # the loss is a mean over the batch, so multiply by the batch size
        batch_size = x.shape[0]
        running = running + loss.item() * batch_size
        n_samples = n_samples + batch_size
    return running / n_samples


# 4. Evaluation
def evaluate(model, batches, loss_fn):
    # remember the mode
    was_training = model.training
    model.eval()
    running = 0.0
    n_correct = 0
    n_samples = 0
    # no graph needed here
    with torch.no_grad():
        for x, y in batches:
            prediction = model(x)
            loss = loss_fn(prediction, y)
            batch_size = x.shape[0]
            running = running + loss.item() * batch_size
            # the class with the largest logit
            predicted_class = torch.argmax(prediction, dim=1)
            for i in range(batch_size):
                if predicted_class[i].item() == y[i].item():
                    n_correct = n_correct + 1
            n_samples = n_samples + batch_size
    # back to the mode from before
    if was_training:
        model.train()
    else:
        model.eval()
    return running / n_samples, n_correct / n_samples


# 5. Everything together
def fit(
    model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, max_norm=None, early_stopping=None
):
    history = {}
    history["train_loss"] = []
    history["val_loss"] = []
    history["val_accuracy"] = []
    history["lr"] = []
    for epoch in range(epochs):
        # write down the learning rate BEFORE the scheduler changes it
        history["lr"].append(optimizer.lr)
        train_loss = train_epoch(model, train_batches, loss_fn, optimizer, scheduler, max_norm)
        val_loss, val_accuracy = evaluate(model, val_batches, loss_fn)
        history["train_loss"].append(train_loss)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_accuracy)
        # should we stop?
        if early_stopping is not None:
            stop = early_stopping.step(val_loss)
            if stop:
                break
    return history
