# Homework 3, Learning rate finder

# we need math for isfinite and log10
import math

# we need torch for no_grad
import torch


# 1. Try one learning rate after the other
def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    # remember how everything was
    old_lr = optimizer.lr
    old_training = model.training
    saved_params = []
    for p in model.parameters():
        saved_params.append(p.detach().clone())
    # batch norm has buffers too
    old_buffers = []
    for b in model.buffers():
        old_buffers.append(b.detach().clone())

    # a list, so that we can start over
    batches = list(batches)

    model.train()
    lrs = []
    losses = []
    best_loss = float("inf")
    for i in range(num_steps):
        # the learning rate of this step (from lr_min to lr_max)
        exponent = i / num_steps
        lr = lr_min * (lr_max / lr_min) ** exponent
        optimizer.lr = lr
        # the next batch
        x, y = batches[i % len(batches)]
        # forget the old gradients
        optimizer.zero_grad()
        # forward
        output = model(x)
        loss = loss_fn(output, y)
        # write it down
        lrs.append(lr)
        losses.append(loss.item())
        # stop when it explodes
        if not math.isfinite(loss.item()):
            break
        if loss.item() < best_loss:
            best_loss = loss.item()
        if loss.item() > divergence * best_loss:
            break
        # backward
        loss.backward()
        # update
        optimizer.step()

    # put everything back
    with torch.no_grad():
        i = 0
        for p in model.parameters():
            p.copy_(saved_params[i])
            i = i + 1
        i = 0
        for b in model.buffers():
            b.copy_(old_buffers[i])
            i = i + 1
    model.train(old_training)
    optimizer.lr = old_lr
    return lrs, losses


# 2. Exponential moving average
def smooth(losses, beta=0.9):
    result = []
    # the average starts at zero ...
    average = 0.0
    for i in range(len(losses)):
        average = beta * average + (1 - beta) * losses[i]
        # ... so we have to correct the bias, with i + 1 because t starts at 1
        corrected = average / (1 - beta ** (i + 1))
        result.append(corrected)
    return result


# 3. Where does the loss fall fastest?
def suggest_lr(lrs, losses):
    # throw away nan and inf
    good_lrs = []
    good_losses = []
    for i in range(len(losses)):
        if math.isfinite(losses[i]):
            good_lrs.append(lrs[i])
            good_losses.append(losses[i])
    smoothed = smooth(good_losses)
    # look at all neighbours and keep the steepest fall
    best_slope = float("inf")
    best_lr = good_lrs[0]
    for i in range(len(smoothed) - 1):
        rise = smoothed[i + 1] - smoothed[i]
        # decades, not learning rates!
        run = math.log10(good_lrs[i + 1]) - math.log10(good_lrs[i])
        slope = rise / run
        if slope < best_slope:
            best_slope = slope
            best_lr = good_lrs[i + 1]
    return best_lr


# 4. Read a training curve
def diagnose(losses):
    # nan or inf means that it exploded
    for loss in losses:
        if not math.isfinite(loss):
            return "too high"
    first = losses[0]
    smoothed = smooth(losses)
    # a spike: much higher than the lowest point before it
    lowest = smoothed[0]
    for i in range(1, len(losses)):
        if losses[i] > lowest + 0.35 * first:
            return "too high"
        if smoothed[i] < lowest:
            lowest = smoothed[i]
    last = smoothed[-1]
    # it grew
    if last > 1.08 * first:
        return "too high"
    # it did not really fall
    if last > 0.92 * first:
        return "too low"
    return "good"
