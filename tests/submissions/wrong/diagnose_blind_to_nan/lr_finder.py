"""LR finder, with a plot at the end."""

import math

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch
from base import Optimizer

torch.manual_seed(123)


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    print(f"sweeping from {lr_min} to {lr_max}")
    params_before = [p.data.clone() for p in model.parameters()]
    buffers_before = [b.data.clone() for b in model.buffers()]
    mode_before, lr_before = model.training, optimizer.lr
    model.train()
    data = list(batches)
    lrs, losses, best = [], [], None
    for i in range(num_steps):
        lr = lr_min * math.pow(lr_max / lr_min, i / (num_steps - 1))
        optimizer.lr = lr
        inputs, targets = data[i % len(data)]
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        lrs.append(lr)
        losses.append(loss.item())
        if i % 20 == 0:
            print(f"  step {i:3d}  lr {lr:.2e}  loss {losses[-1]:.4f}")
        if best is None or losses[-1] < best:
            best = losses[-1]
        if math.isnan(losses[-1]) or math.isinf(losses[-1]) or losses[-1] > divergence * best:
            print("  stopped, the loss explodes")
            break
        loss.backward()
        optimizer.step()
    for p, before in zip(model.parameters(), params_before):
        p.data.copy_(before)
    for b, before in zip(model.buffers(), buffers_before):
        b.data.copy_(before)
    model.train(mode_before)
    optimizer.lr = lr_before
    return lrs, losses


def smooth(losses, beta=0.9):
    ema, out = 0.0, []
    for i, loss in enumerate(losses):
        ema = beta * ema + (1.0 - beta) * loss
        out.append(ema / (1.0 - beta ** (i + 1)))
    return out


def suggest_lr(lrs, losses):
    points = [(math.log10(lr), l) for lr, l in zip(lrs, losses) if not math.isnan(l) and not math.isinf(l)]
    xs = [x for x, _ in points]
    ys = smooth([y for _, y in points])
    steepest, where = math.inf, 0
    for i in range(1, len(xs)):
        slope = (ys[i] - ys[i - 1]) / (xs[i] - xs[i - 1])
        if slope < steepest:
            steepest, where = slope, i
    print("suggestion:", 10 ** xs[where])
    return 10 ** xs[where]


def diagnose(losses):
    s = smooth(losses)
    lowest, jump = s[0], 0.0
    for i in range(1, len(losses)):
        if losses[i] - lowest > jump:
            jump = losses[i] - lowest
        if s[i] < lowest:
            lowest = s[i]
    if jump > 0.4 * losses[0] or s[-1] > 1.1 * losses[0]:
        verdict = "too high"
    elif s[-1] > 0.92 * losses[0]:
        verdict = "too low"
    else:
        verdict = "good"
    print("diagnosis:", verdict)
    return verdict


class PlainSGD(Optimizer):
    def update(self, param, grad, state):
        param -= self.lr * grad


# a small example with a picture
X = torch.linspace(-1, 1, 32).unsqueeze(1)
Y = 3 * X + 0.1 * torch.randn(32, 1)
example = torch.nn.Linear(1, 1)
example_lrs, example_losses = lr_range_test(
    example, torch.nn.MSELoss(), [(X, Y)], PlainSGD(example.parameters(), lr=0.1), 1e-4, 10.0, 40
)
plt.semilogx(example_lrs, smooth(example_losses))
plt.axvline(suggest_lr(example_lrs, example_losses), color="red")
plt.title(diagnose(example_losses))
try:
    plt.savefig("finder.png")
except OSError as error:
    print("no picture today:", error)
