# HOMEWORK 3 - TRAINING LOOP

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
    # only scale when it is too long
    if norm > max_norm:
        factor = max_norm / norm
        for p in params:
            if p.grad is not None:
                # in place (the underscore!)
                p.grad.mul_(factor)
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
    loss_sum = 0.0
    number_of_samples = 0
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
        loss_sum = loss_sum + loss.item() * batch_size
        number_of_samples = number_of_samples + batch_size
    return loss_sum / number_of_samples


# 4. Evaluation
def evaluate(model, batches, loss_fn):
    # remember the mode
    was_training = model.training
    model.eval()
    loss_sum = 0.0
    number_of_correct = 0
    number_of_samples = 0
    # no graph needed here
    with torch.no_grad():
        for x, y in batches:
            prediction = model(x)
            loss = loss_fn(prediction, y)
            batch_size = x.shape[0]
            loss_sum = loss_sum + loss.item() * batch_size
            # the class with the largest logit
            predicted_class = torch.argmax(prediction, dim=1)
            for i in range(batch_size):
                if predicted_class[i].item() == y[i].item():
                    number_of_correct = number_of_correct + 1
            number_of_samples = number_of_samples + batch_size
    # back to the mode from before
    if was_training:
        model.train()
    else:
        model.eval()
    return loss_sum / number_of_samples, number_of_correct / number_of_samples


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
