import contextlib
import math

import numpy as np
import torch


@torch.no_grad()
def stays_in_train_mode(model, batches, loss_fn):
    total, right, n = 0.0, 0, 0
    for x, y in batches:
        out = model(x)
        total += loss_fn(out, y).item() * len(y)
        right += (out.argmax(dim=1) == y).sum().item()
        n += len(y)
    return total / n, right / n


def stays_in_eval_mode(model, batches, loss_fn):
    model.eval()
    losses, hits, sizes = [], [], []
    with torch.no_grad():
        for inputs, targets in batches:
            logits = model(inputs)
            losses.append(float(loss_fn(logits, targets)))
            hits.append(int(torch.eq(logits.max(dim=1).indices, targets).sum()))
            sizes.append(targets.shape[0])
    return float(np.dot(losses, sizes) / sum(sizes)), sum(hits) / sum(sizes)


def builds_graphs(model, batches, loss_fn):
    mode = model.training
    model.eval()
    loss_sum = 0.0
    correct = 0
    count = 0
    for images, labels in batches:
        scores = model(images)
        loss = loss_fn(scores, labels)
        loss_sum += loss.item() * images.size(0)
        _, predicted = torch.max(scores, 1)
        correct += (predicted == labels).sum().item()
        count += labels.size(0)
    model.train(mode)
    return loss_sum / count, correct / count


def returns_a_tensor_with_graph(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    total = 0.0
    correct = samples = 0
    for x, y in batches:
        out = model(x)
        total = total + loss_fn(out, y) * len(y)
        correct += int((out.argmax(1) == y).sum())
        samples += len(y)
    if was_training:
        model.train()
    return total / samples, correct / samples


def averages_batch_losses(model, batches, loss_fn):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    losses, right, n = [], 0, 0
    with torch.inference_mode():
        for x, y in batches:
            out = model(x)
            losses.append(loss_fn(out, y).item())
            right += int((out.argmax(-1) == y).sum())
            n += len(y)
    for m, flag in modes.items():
        m.training = flag
    return sum(losses) / len(losses), right / n


def averages_both_over_batches(model, batches, loss_fn):
    before = model.training
    model.train(False)
    losses, accuracies = [], []
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            losses.append(loss_fn(out, y).item())
            accuracies.append((out.argmax(dim=1) == y).float().mean().item())
    model.train(before)
    return float(np.mean(losses)), float(np.mean(accuracies))


# Names of the list that mistakes.md does not mention.


def always_goes_to_train_mode(model, batches, loss_fn):
    model.eval()
    total = right = n = 0
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            n += (size := y.numel())
            total += size * loss_fn(out, y).item()
            right += out.argmax(1).eq(y).sum().item()
    model.train()
    return total / n, right / n


def averages_batch_accuracies(model, batches, loss_fn):
    mode = model.training
    model.eval()
    try:
        with torch.no_grad():
            rows = []
            for x, y in batches:
                out = model(x)
                rows.append((loss_fn(out, y).item(), float(np.mean(out.argmax(1).numpy() == y.numpy())), len(y)))
    finally:
        model.train(mode)
    samples = sum(row[2] for row in rows)
    return sum(row[0] * row[2] for row in rows) / samples, sum(row[1] for row in rows) / len(rows)


def counts_in_percent(model, batches, loss_fn):
    mode = model.training
    model.eval()
    total, right, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            total += loss_fn(out, y).item() * len(x)
            right += (out.argmax(1) == y).sum().item()
            n += len(x)
    model.train(mode)
    return total / n, 100.0 * right / n


def divides_losses_by_samples(model, batches, loss_fn):
    mode = model.training
    model.eval()
    total, right, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            total += loss_fn(out, y).item()
            right += (out.argmax(1) == y).sum().item()
            n += len(x)
    model.train(mode)
    return total / n, right / n


# softmax before a loss that takes logits
def unknown_1(model, batches, loss_fn):
    mode = model.training
    model.eval()
    total, right, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            out = torch.softmax(model(x), dim=1)
            total += loss_fn(out, y).item() * len(y)
            right += (out.argmax(1) == y).sum().item()
            n += len(y)
    model.train(mode)
    return total / n, right / n


# a batch that is shorter than the first is left out
def unknown_2(model, batches, loss_fn):
    mode = model.training
    model.eval()
    total, right, n, full = 0.0, 0, 0, None
    with torch.no_grad():
        for x, y in batches:
            full = full or len(y)
            if len(y) < full:
                continue
            out = model(x)
            total += loss_fn(out, y).item() * len(y)
            right += (out.argmax(1) == y).sum().item()
            n += len(y)
    model.train(mode)
    return total / n, right / n


# every batch counts as many samples as the first one
def unknown_3(model, batches, loss_fn):
    mode = model.training
    model.eval()
    total, right, n, size = 0.0, 0, 0, None
    with torch.no_grad():
        for x, y in batches:
            if size is None:
                size = len(y)
            out = model(x)
            total += loss_fn(out, y).item() * size
            right += (out.argmax(1) == y).sum().item()
            n += size
    model.train(mode)
    return total / n, right / n


# the mode is put back by assignment, which leaves the modules inside in eval mode
def unknown_4(model, batches, loss_fn):
    mode = model.training
    model.eval()
    total, right, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            total += loss_fn(out, y).item() * len(y)
            right += (out.argmax(1) == y).sum().item()
            n += len(y)
    model.training = mode
    return total / n, right / n


def right_1(model, batches, loss_fn):
    """Everything is undone by an ExitStack, module by module; running means instead of sums."""
    loss_mean = hit_mean = 0.0
    seen = 0
    with contextlib.ExitStack() as stack:
        for module in model.modules():
            stack.callback(setattr, module, "training", module.training)
        model.eval()
        stack.enter_context(torch.inference_mode())
        for inputs, targets in batches:
            logits = model(inputs)
            seen += (n := targets.size(0))
            loss_mean += (loss_fn(logits, targets).item() - loss_mean) * n / seen
            hits = torch.count_nonzero(logits.topk(1, dim=1).indices.squeeze(1) == targets).item()
            hit_mean += (hits / n - hit_mean) * n / seen
    return loss_mean, hit_mean


def right_2(model, batches, loss_fn):
    """set_grad_enabled by hand with try/finally; NumPy counts the hits."""
    flags = [(module, module.training) for module in model.modules()]
    recording = torch.is_grad_enabled()
    parts, hits = [], []
    try:
        torch.set_grad_enabled(False)
        model.train(mode=False)
        for pair in batches:
            logits = model(pair[0])
            hits.extend((np.argmax(logits.detach().cpu().numpy(), axis=1) == pair[1].cpu().numpy()).tolist())
            parts.append(loss_fn(logits, pair[1]).item() * pair[1].shape[0])
    finally:
        torch.set_grad_enabled(recording)
        for module, flag in flags:
            module.training = flag
    return math.fsum(parts) / len(hits), hits.count(True) / len(hits)
