"""What a student's code is made to do for the pictures of a report, and what is written down meanwhile.

These problems are made to be looked at, and no secret: no check asks for them. As in the other scenarios nothing here
knows an answer.
"""

from collections.abc import Callable
from typing import Any

import torch
from base import LRScheduler, Optimizer

Data = dict[str, Any]


class Plain(Optimizer):
    """Moves against the gradient: what stands in for an optimizer where none is asked for."""

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: Data) -> None:
        param.sub_(self.lr * grad)


def path_down(
    lab: Any, rule: str, start: list[float], curvatures: list[float], lr: float, settings: Data, steps: int
) -> Data:
    """The optimizer class `rule` on f(p) = ½ Σ cᵢ pᵢ², c = `curvatures`, from `start`: the path, [steps + 1, 2].

    Half-way the rate is halved.
    """
    position = torch.nn.Parameter(torch.tensor(start))
    optimizer = optimizer_of(lab, rule, [position], lr, settings)
    path = [position.detach().clone()]
    for t in range(steps):
        if t == steps // 2:
            optimizer.lr = lr / 2
        position.grad = torch.tensor(curvatures) * position.detach()
        optimizer.step()
        path.append(position.detach().clone())
    return {"path": torch.stack(path)}


def optimizer_of(lab: Any, rule: str, params: list[torch.nn.Parameter], lr: float, settings: Data) -> Any:
    """An optimizer of the student's; Lookahead gets one that follows the gradient to wrap."""
    kind = getattr(lab.optimizers, rule)
    return kind(Plain(params, lr), **settings) if rule == "Lookahead" else kind(params, lr, **settings)


def written_rates(lab: Any, rule: str, base_lr: float, settings: Data, steps: int) -> Data:
    """The rate that the scheduler class `rule` has written after 0, 1, … `steps` steps."""
    optimizer = Plain([torch.nn.Parameter(torch.zeros(2))], base_lr)
    scheduler: LRScheduler = getattr(lab.schedulers, rule)(optimizer, **settings)
    written = [float(optimizer.lr)]
    for _ in range(steps):
        scheduler.step()
        written.append(float(optimizer.lr))
    return {"rates": written}


def range_test_curve(lab: Any, inputs: torch.Tensor, targets: torch.Tensor, batch_size: int, settings: Data) -> Data:
    """A range test on a small network, and the rate that `suggest_lr` takes from it."""
    network = little_network(inputs.shape[1], int(targets.max()) + 1)
    batches = list(zip(inputs.split(batch_size), targets.split(batch_size), strict=True))
    optimizer = Plain(network.parameters(), 0.1)
    loss = torch.nn.functional.cross_entropy
    tried, losses = lab.lr_finder.lr_range_test(network, loss, batches, optimizer, **settings)
    tried, losses = [float(rate) for rate in tried], [float(loss) for loss in losses]
    return {
        "lrs": tried,
        "losses": losses,
        "suggestion": number_or_none(lambda: lab.lr_finder.suggest_lr(tried, losses)),
    }


def suggested_rate(lab: Any, lrs: list[float], losses: list[float]) -> Data:
    """The rate that `suggest_lr` takes from a given curve."""
    return {"suggestion": float(lab.lr_finder.suggest_lr(list(lrs), list(losses)))}


def smoothed_curve(lab: Any, losses: list[float], beta: float) -> Data:
    """What `smooth` makes of a noisy curve."""
    return {"smoothed": [float(loss) for loss in lab.lr_finder.smooth(list(losses), beta)]}


def epoch_losses(lab: Any, inputs: torch.Tensor, targets: torch.Tensor, batch_size: int, lr: float, count: int) -> Data:
    """What `train_epoch` returns in `count` epochs with a small network."""
    network = little_network(inputs.shape[1], int(targets.max()) + 1)
    batches = list(zip(inputs.split(batch_size), targets.split(batch_size), strict=True))
    optimizer = Plain(network.parameters(), lr)
    loss = torch.nn.functional.cross_entropy
    return {"losses": [float(lab.training.train_epoch(network, batches, loss, optimizer)) for _ in range(count)]}


def fit_history(
    lab: Any,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    val_inputs: torch.Tensor,
    val_targets: torch.Tensor,
    batch_size: int,
    lr: float,
    count: int,
) -> Data:
    """`fit` on a small network: its own history of `count` epochs."""
    network = little_network(inputs.shape[1], int(targets.max()) + 1)
    train = list(zip(inputs.split(batch_size), targets.split(batch_size), strict=True))
    val = [(val_inputs, val_targets)]
    optimizer = Plain(network.parameters(), lr)
    history = lab.training.fit(network, train, val, torch.nn.functional.cross_entropy, optimizer, count)
    return {name: [float(value) for value in history[name]] for name in ("train_loss", "val_loss", "val_accuracy")}


def little_network(features: int, classes: int) -> torch.nn.Module:
    """The same weights each time."""
    generator = torch.Generator().manual_seed(5)
    network = torch.nn.Sequential(torch.nn.Linear(features, 24), torch.nn.Tanh(), torch.nn.Linear(24, classes))
    with torch.no_grad():
        for param in network.parameters():
            param.copy_(torch.randn(param.shape, generator=generator) / (param.shape[-1] ** 0.5))
    return network


def number_or_none(action: Callable[[], Any]) -> float | None:
    """What is beside the point of a picture may fail."""
    try:
        return float(action())
    except Exception:
        return None
