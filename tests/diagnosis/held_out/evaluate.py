"""Held-out variants of evaluate(model, batches, loss_fn) -> (loss, accuracy)."""

import math
from contextlib import contextmanager

import numpy as np
import torch


# ---------------------------------------------------------------- known mistakes


def stays_in_train_mode(model, batches, loss_fn):
    total_loss, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total_loss += loss_fn(logits, y).item() * len(y)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(y)
    return total_loss / n, correct / n


@torch.no_grad()
def evaluates_in_train_mode(model, batches, loss_fn):
    was_training = model.training
    model.train()
    loss_sum = 0.0
    hits = 0
    samples = 0
    for inputs, targets in batches:
        out = model(inputs)
        loss_sum += loss_fn(out, targets).item() * inputs.size(0)
        hits += int((out.argmax(1) == targets).sum())
        samples += inputs.size(0)
    model.train(was_training)
    return loss_sum / samples, hits / samples


def stays_in_eval_mode(model, batches, loss_fn):
    model.eval()
    test_loss = 0
    correct = 0
    size = 0
    with torch.no_grad():
        for X, y in batches:
            pred = model(X)
            test_loss += loss_fn(pred, y).item() * X.shape[0]
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
            size += X.shape[0]
    return test_loss / size, correct / size


def always_goes_to_train_mode(model, batches, loss_fn):
    model.eval()
    losses, right, sizes = [], [], []
    with torch.inference_mode():
        for x, y in batches:
            z = model(x)
            losses.append(loss_fn(z, y).item() * len(y))
            right.append((z.max(dim=1).indices == y).sum().item())
            sizes.append(len(y))
    model.train()
    return sum(losses) / sum(sizes), sum(right) / sum(sizes)


def sets_the_outer_eval_only(model, batches, loss_fn):
    mode = model.training
    model.training = False
    loss, acc, n = 0.0, 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            loss += float(loss_fn(logits, y)) * len(x)
            acc += float(logits.argmax(-1).eq(y).sum())
            n += len(x)
    model.training = mode
    return loss / n, acc / n


def evaluates_in_eval_mode_too_late(model, batches, loss_fn):
    was_training = model.training
    total = 0.0
    correct = 0
    count = 0
    with torch.no_grad():
        for x, y in batches:
            output = model(x)
            total += loss_fn(output, y).item() * len(y)
            correct += (torch.argmax(output, dim=1) == y).sum().item()
            count += len(y)
            model.eval()
    model.train(was_training)
    return total / count, correct / count


def builds_graphs(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    total, correct, n = 0.0, 0, 0
    for x, y in batches:
        logits = model(x)
        loss = loss_fn(logits, y)
        total += loss.item() * len(x)
        correct += (logits.argmax(dim=1) == y).sum().item()
        n += len(x)
    model.train(was_training)
    return total / n, correct / n


def detaches_too_late(model, batches, loss_fn):
    training = model.training
    model.eval()
    total, correct, n = 0.0, 0, 0
    for x, y in batches:
        logits = model(x).detach()
        total += loss_fn(logits, y).item() * len(x)
        predictions = logits.cpu().numpy().argmax(axis=1)
        correct += int(np.sum(predictions == y.cpu().numpy()))
        n += len(x)
    model.train(training)
    return total / n, correct / n


def switches_autograd_off(model, batches, loss_fn):
    was = model.training
    model.eval()
    torch.set_grad_enabled(False)
    s, c, n = 0.0, 0, 0
    for x, y in batches:
        out = model(x)
        s += loss_fn(out, y).item() * y.numel()
        c += (out.argmax(1) == y).sum().item()
        n += y.numel()
    model.train(was)
    return s / n, c / n


def freezes_the_parameters(model, batches, loss_fn):
    was = model.training
    model.eval()
    for p in model.parameters():
        p.requires_grad = False
    total, correct, n = 0.0, 0, 0
    for x, y in batches:
        logits = model(x)
        total += loss_fn(logits, y).item() * len(x)
        correct += (logits.argmax(dim=1) == y).sum().item()
        n += len(x)
    if was:
        model.train()
    return total / n, correct / n


def returns_a_tensor_with_graph(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    total = 0
    correct = 0
    n = 0
    for x, y in batches:
        logits = model(x)
        total += loss_fn(logits, y) * len(x)
        correct += (logits.argmax(dim=1) == y).sum().item()
        n += len(x)
    model.train(was_training)
    return total / n, correct / n


def clears_the_gradients(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    model.zero_grad()
    total, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total += loss_fn(logits, y).item() * len(x)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return total / n, correct / n


def averages_batch_losses(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    test_loss, correct, size, num_batches = 0, 0, 0, 0
    with torch.no_grad():
        for X, y in batches:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
            size += len(X)
            num_batches += 1
    test_loss /= num_batches
    correct /= size
    model.train(was_training)
    return test_loss, correct


@torch.no_grad()
def averages_batch_accuracies(model, batches, loss_fn):
    mode = model.training
    model.eval()
    weighted, n, accuracies = 0.0, 0, []
    for x, y in batches:
        scores = model(x)
        weighted += loss_fn(scores, y).item() * len(x)
        n += len(x)
        accuracies.append((scores.argmax(1) == y).double().mean().item())
    model.train(mode)
    return weighted / n, sum(accuracies) / len(accuracies)


def averages_both_over_batches(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    losses = []
    accs = []
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            losses.append(loss_fn(out, y).item())
            accs.append((out.argmax(dim=1) == y).float().mean().item())
    model.train(was_training)
    return float(np.mean(losses)), float(np.mean(accs))


def sums_the_losses(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    total = 0.0
    correct = 0
    n = 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total += loss_fn(logits, y).item()
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += y.size(0)
    model.train(was_training)
    return total, correct / n


def divides_losses_by_samples(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    running_loss = 0.0
    correct = 0
    total = 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            running_loss += loss_fn(outputs, labels).item()
            _, predicted = torch.max(outputs, 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    model.train(was_training)
    return running_loss / total, correct / total


def counts_in_percent(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss_sum, correct, total = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            loss_sum += loss_fn(outputs, labels).item() * labels.size(0)
            _, predicted = torch.max(outputs.data, 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    model.train(was_training)
    return loss_sum / total, 100 * correct / total


def counts_the_right_ones(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            p = model(x)
            loss_sum += loss_fn(p, y).item() * len(x)
            correct += (p.argmax(1) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return loss_sum / n, correct


def counts_the_wrong_ones(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss_sum, wrong, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            p = model(x)
            loss_sum += loss_fn(p, y).item() * len(x)
            wrong += torch.count_nonzero(p.argmax(1) - y).item()
            n += len(x)
    model.train(was_training)
    return loss_sum / n, wrong / n


def rounds_the_share(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            p = model(x)
            loss_sum += loss_fn(p, y).item() * len(x)
            correct += (p.argmax(1) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return loss_sum / n, correct // n


def looks_for_the_best_sample(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            p = model(x)
            loss_sum += loss_fn(p, y).item() * len(x)
            correct += (p.argmax(dim=0) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return loss_sum / n, correct / n


@torch.inference_mode()
def takes_the_worst_class(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    for x, y in batches:
        p = model(x)
        loss_sum += loss_fn(p, y).item() * len(x)
        answers = torch.sort(p, dim=1).indices[:, 0]
        correct += answers.eq(y).sum().item()
        n += len(x)
    model.train(was_training)
    return loss_sum / n, correct / n


def divides_by_all_logits(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss_sum, n = 0.0, 0
    correct, logits_seen = 0, 0
    with torch.no_grad():
        for x, y in batches:
            p = model(x)
            loss_sum += loss_fn(p, y).item() * len(x)
            n += len(x)
            correct += (p.argmax(1) == y).sum().item()
            logits_seen += p.numel()
    model.train(was_training)
    return loss_sum / n, correct / logits_seen


def evaluates_the_last_batch(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    loss = accuracy = 0.0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            loss = loss_fn(logits, y).item()
            accuracy = (logits.argmax(dim=1) == y).float().mean().item()
    model.train(was_training)
    return loss, accuracy


def evaluates_the_first_batch(model, batches, loss_fn):
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


def returns_accuracy_first(model, batches, loss_fn):
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
    accuracy = correct / n
    loss = total / n
    return accuracy, loss


def returns_the_loss_alone(model, batches, loss_fn):
    was_training = model.training
    model.eval()
    total, n = 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            total += loss_fn(model(x), y).item() * len(x)
            n += len(x)
    model.train(was_training)
    return total / n


def returns_no_figures(model, batches, loss_fn):
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
    loss, accuracy = total / n, correct / n


# ---------------------------------------------------------------- unknown mistakes


def unknown_1(model, batches, loss_fn):
    # a softmax before the loss, which has one inside already
    was_training = model.training
    model.eval()
    total, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            probs = torch.softmax(model(x), dim=1)
            total += loss_fn(probs, y).item() * len(x)
            correct += (probs.argmax(dim=1) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return total / n, correct / n


def unknown_2(model, batches, loss_fn):
    # every batch's loss is weighted with the size of the first
    was_training = model.training
    model.eval()
    total, correct, n, batch_size = 0.0, 0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            batch_size = batch_size or len(x)
            logits = model(x)
            total += loss_fn(logits, y).item() * batch_size
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return total / n, correct / n


def unknown_3(model, batches, loss_fn):
    # a last batch that is shorter is left out
    was_training = model.training
    model.eval()
    total, correct, n, full = 0.0, 0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            if len(x) < full:
                break
            full = len(x)
            logits = model(x)
            total += loss_fn(logits, y).item() * len(x)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return total / n, correct / n


def unknown_4(model, batches, loss_fn):
    # the right answer among the two largest logits counts (top-2 accuracy)
    was_training = model.training
    model.eval()
    total, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total += loss_fn(logits, y).item() * len(x)
            top = logits.topk(min(2, logits.shape[1]), dim=1).indices
            correct += (top == y[:, None]).any(dim=1).sum().item()
            n += len(x)
    model.train(was_training)
    return total / n, correct / n


def unknown_5(model, batches, loss_fn):
    # only the outer mode is put back: the layers inside stay in eval mode
    was_training = model.training
    model.eval()
    total, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total += loss_fn(logits, y).item() * len(x)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(x)
    model.training = was_training
    return total / n, correct / n


def unknown_6(model, batches, loss_fn):
    # the number of right answers is divided by the number of batches
    was_training = model.training
    model.eval()
    total, correct, n, k = 0.0, 0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total += loss_fn(logits, y).item() * len(x)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(x)
            k += 1
    model.train(was_training)
    return total / n, correct / k


def unknown_7(model, batches, loss_fn):
    # returns the perplexity exp(loss)
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
    return math.exp(total / n), correct / n


def unknown_8(model, batches, loss_fn):
    # the counts start at 1 "to avoid a division by zero"
    was_training = model.training
    model.eval()
    total, correct, n = 0.0, 0, 1
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            total += loss_fn(logits, y).item() * len(x)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(x)
    model.train(was_training)
    return total / n, correct / n


# ---------------------------------------------------------------- right ones


@contextmanager
def _evaluating(model):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for m, mode in modes.items():
            m.training = mode


def right_1(model, batches, loss_fn):
    """A context manager that puts every module's own mode back."""
    with _evaluating(model):
        rows = []
        for x, y in batches:
            logits = model(x)
            rows.append((len(y), len(y) * loss_fn(logits, y).item(), (logits.argmax(1) == y).sum().item()))
    n, loss, right = map(sum, zip(*rows))
    return loss / n, right / n


def right_2(model, batches, loss_fn):
    """Running means in float64, NumPy for the accuracy."""
    was_training = model.training
    model.train(False)
    loss = acc = 0.0
    seen = 0
    previous = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        for x, y in batches:
            out = model(x)
            k = y.shape[0]
            seen += k
            loss += (float(loss_fn(out, y)) - loss) * k / seen
            acc += (float(np.mean(np.argmax(out.cpu().numpy(), axis=1) == y.cpu().numpy())) - acc) * k / seen
    finally:
        torch.set_grad_enabled(previous)
        model.train(was_training)
    return loss, acc


def right_3(model, batches, loss_fn):
    # only changes the mode where it must
    restore = model.training
    if restore:
        model.eval()
    stats = torch.zeros(3, dtype=torch.float64)
    with torch.no_grad():
        for inputs, targets in batches:
            logits = model(inputs)
            size = targets.size(0)
            mean = loss_fn(logits, targets).double().cpu()
            hits = logits.max(dim=1)[1].eq(targets).sum().cpu()
            stats += torch.stack([mean * size, hits.double(), torch.tensor(float(size), dtype=torch.float64)])
    if restore:
        model.train()
    return (stats[0] / stats[2]).item(), (stats[1] / stats[2]).item()


@torch.no_grad()
def right_4(model, batches, loss_fn):
    # the modes of all modules by hand; accuracy as one minus the errors
    before = [m.training for m in model.modules()]
    for m in model.modules():
        m.train(False)
    n = errors = 0
    parts = []
    for x, y in batches:
        scores = model(x)
        parts.append(loss_fn(scores, y).item() * len(x))
        errors += sum(int(a != b) for a, b in zip(scores.argmax(dim=-1).tolist(), y.tolist()))
        n += len(x)
    for m, mode in zip(model.modules(), before):
        m.training = mode
    return math.fsum(parts) / n, (n - errors) / n
