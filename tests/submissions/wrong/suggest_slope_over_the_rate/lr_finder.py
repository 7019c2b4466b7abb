# learning rate finder (torch only)
import torch


def lr_range_test(model, loss_fn, batches, optimizer, lr_min=1e-5, lr_max=1.0, num_steps=100, divergence=4.0):
    live = [*model.parameters(), *model.buffers()]
    saved = [t.detach().clone() for t in live]
    modes = [m.training for m in model.modules()]
    lr_before = optimizer.lr

    i = torch.arange(num_steps, dtype=torch.float64)
    rates = lr_min * torch.pow(torch.tensor(lr_max / lr_min, dtype=torch.float64), i / (num_steps - 1))
    losses = torch.empty(num_steps, dtype=torch.float64)
    loaded = list(batches)
    n = 0
    model.train()
    while n < num_steps:
        x, y = loaded[n % len(loaded)]
        optimizer.lr = rates[n].item()
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        losses[n] = loss.detach().double()
        n += 1
        if not losses[n - 1].isfinite() or losses[n - 1] > divergence * losses[:n].min():
            break
        loss.backward()
        optimizer.step()

    with torch.no_grad():
        for t, c in zip(live, saved):
            t.copy_(c)
    for m, mode in zip(model.modules(), modes):
        m.training = mode
    optimizer.lr = lr_before
    return rates[:n].tolist(), losses[:n].tolist()


def smooth(losses, beta=0.9):
    losses = torch.tensor(list(losses), dtype=torch.float64)
    averages = torch.empty_like(losses)
    a = torch.zeros((), dtype=torch.float64)
    for i, loss in enumerate(losses):
        a = torch.lerp(loss, a, beta)
        averages[i] = a
    t = torch.arange(1, len(losses) + 1, dtype=torch.float64)
    return (averages / (1 - torch.tensor(beta, dtype=torch.float64) ** t)).tolist()


def suggest_lr(lrs, losses):
    lrs = torch.tensor(list(lrs), dtype=torch.float64)
    losses = torch.tensor(list(losses), dtype=torch.float64)
    ok = losses.isfinite()
    lrs, curve = lrs[ok], torch.tensor(smooth(losses[ok].tolist()), dtype=torch.float64)
    (slope,) = torch.gradient(curve, spacing=(lrs,))
    return lrs[slope.argmin()].item()


def diagnose(losses):
    raw = torch.tensor(list(losses), dtype=torch.float64)
    if not raw.isfinite().all():
        return "too high"
    curve = torch.tensor(smooth(losses), dtype=torch.float64)
    low, _ = torch.cummin(curve, dim=0)
    spiky = (raw[1:] - low[:-1] > 0.3 * raw[0]).any()
    if spiky or curve[-1] > 1.1 * raw[0]:
        return "too high"
    return "too low" if curve[-1] > 0.9 * raw[0] else "good"
