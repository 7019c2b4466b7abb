import math
from itertools import cycle, islice

import torch
from torch import Tensor, nn


def lr_range_test(
    model: nn.Module,
    loss_fn,
    batches,
    optimizer,
    lr_min: float = 1e-5,
    lr_max: float = 1.0,
    num_steps: int = 100,
    divergence: float = 4.0,
) -> tuple[list[float], list[float]]:
    """LR range test (https://arxiv.org/abs/1506.01186)."""
    snapshot = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    was_training = model.training
    log_rates = torch.linspace(math.log(lr_min), math.log(lr_max), num_steps, dtype=torch.float64)
    schedule = log_rates.exp().tolist()

    lrs: list[float] = []
    losses: list[float] = []
    best = math.inf
    model.train()
    for lr, (inputs, targets) in zip(schedule, islice(cycle(batches), num_steps)):
        optimizer.lr = lr
        optimizer.zero_grad()
        loss: Tensor = loss_fn(model(inputs), targets)
        lrs.append(lr)
        losses.append(loss.item())
        best = min(best, losses[-1])
        if not torch.isfinite(loss) or losses[-1] > divergence * best:
            break
        loss.backward()
        optimizer.step()

    model.load_state_dict(snapshot)
    model.train(was_training)
    return lrs, losses


def smooth(losses, beta: float = 0.9) -> list[float]:
    """Debiased exponential moving average."""
    avg, out = 0.0, []
    for step, loss in enumerate(losses, 1):
        avg += (1 - beta) * (loss - avg)
        out.append(avg / (1 - beta**step))
    return out


def suggest_lr(lrs, losses) -> float:
    """Steepest descent of the smoothed curve over log10(lr)."""
    kept = [(lr, loss) for lr, loss in zip(lrs, losses) if math.isfinite(loss)]
    log_lrs = torch.tensor([lr for lr, _ in kept], dtype=torch.float64).log10()
    curve = torch.tensor(smooth([loss for _, loss in kept]), dtype=torch.float64)
    slopes = curve.diff() / log_lrs.diff()
    return kept[int(slopes.argmin())][0]


def diagnose(losses) -> str:
    """Thresholds in units of the first loss."""
    raw = torch.tensor([float(loss) for loss in losses], dtype=torch.float64)
    if not raw.isfinite().all():
        return "too high"
    curve = torch.tensor(smooth(losses), dtype=torch.float64) / raw[0]
    spike = (raw[1:] / raw[0] - curve.cummin(0).values[:-1]).clamp(min=0)
    if spike.numel() and spike.max() > 0.3:
        return "too high"
    if curve[-1] > 1.1:
        return "too high"
    return "too low" if curve[-1] > 0.9 else "good"
