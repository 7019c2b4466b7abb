"""The training loop, and what keeps it healthy: clipped gradients and an early end."""

from collections.abc import Callable, Iterable

import torch
from base import LRScheduler, Optimizer
from torch import nn

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]
"""Pairs (inputs [N, …], targets [N]); the last batch may be shorter than the others."""
LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""loss_fn(model(inputs), targets): a 0-d tensor, the mean over the batch."""


def clip_grad_norm(params: Iterable[torch.Tensor], max_norm: float) -> float:
    """Scale all gradients together so that their norm is at most max_norm (Pascanu et al., 2013).

        norm = √(sum of the squares of all elements of all gradients)
        if norm > max_norm:  g ← g·max_norm / norm      in place, for every g

    Returns the norm before clipping. A parameter whose grad is None counts for nothing.

    >>> a, b = torch.zeros(1), torch.zeros(2)
    >>> a.grad, b.grad = torch.tensor([3.0]), torch.tensor([0.0, 4.0])
    >>> clip_grad_norm([a, b], max_norm=1.0)
    5.0
    >>> a.grad, b.grad
    (tensor([0.6000]), tensor([0.0000, 0.8000]))
    """
    raise NotImplementedError("clip_grad_norm")


class EarlyStopping:
    """Ends a training that no longer gets better (Prechelt, "Early stopping, but when?", 1998).

    patience    how many calls in a row may fail to improve, in calls of `step` (epochs); at least 1
    min_delta   a loss improves if it is below best by more than this, in units of the loss
    best        the lowest loss that counted as an improvement; infinity before the first call
    bad_epochs  calls since the last improvement

    >>> stopping = EarlyStopping(patience=2, min_delta=0.1)
    >>> [stopping.step(loss) for loss in (1.0, 0.5, 0.45, 0.55)]
    [False, False, False, True]
    >>> stopping.best, stopping.bad_epochs
    (0.5, 2)
    """

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        raise NotImplementedError("EarlyStopping.__init__")

    def step(self, val_loss: float) -> bool:
        """Take note of one validation loss; True once `patience` calls in a row brought no improvement."""
        raise NotImplementedError("EarlyStopping.step")


def train_epoch(
    model: nn.Module,
    batches: Batches,
    loss_fn: LossFunction,
    optimizer: Optimizer,
    scheduler: LRScheduler | None = None,
    max_norm: float | None = None,
) -> float:
    """Train on every batch once and return the mean loss per sample.

    In train mode, for each batch: zero the gradients; forward; backward; clip to max_norm if it is given;
    optimizer step; scheduler step if there is one. A batch of N samples counts N times in the mean.

    >>> from optimizers import SGD
    >>> model = nn.Linear(1, 1, bias=False)
    >>> _ = nn.init.zeros_(model.weight)
    >>> batches = [(torch.ones(3, 1), torch.ones(3, 1)), (torch.ones(1, 1), torch.ones(1, 1))]
    >>> sgd = SGD(model.parameters(), lr=0.25)
    >>> train_epoch(model, batches, nn.MSELoss(), sgd)          # (3·1 + 1·0.25) / 4
    0.8125
    """
    raise NotImplementedError("train_epoch")


def evaluate(model: nn.Module, batches: Batches, loss_fn: LossFunction) -> tuple[float, float]:
    """The mean loss and the accuracy, in [0, 1], per sample; logits are [N, classes], targets int64 [N].

    In eval mode and without a graph; afterwards the model is in the mode in which it was.

    >>> model = nn.Identity()
    >>> logits = torch.tensor([[9.0, 0.0], [9.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    >>> _, accuracy = evaluate(model, [(logits, torch.tensor([0, 0, 1, 1]))], nn.CrossEntropyLoss())
    >>> accuracy
    0.75
    """
    raise NotImplementedError("evaluate")


def fit(
    model: nn.Module,
    train_batches: Batches,
    val_batches: Batches,
    loss_fn: LossFunction,
    optimizer: Optimizer,
    epochs: int,
    scheduler: LRScheduler | None = None,
    max_norm: float | None = None,
    early_stopping: EarlyStopping | None = None,
) -> dict[str, list[float]]:
    """Train and evaluate for some epochs and return the history, one entry for each epoch that was run.

    The lists are "train_loss", "val_loss", "val_accuracy" and "lr", the rate at the start of the epoch.
    The scheduler steps once a batch. The run ends early after the epoch at which `early_stopping.step`
    says so.

    >>> from optimizers import SGD
    >>> model = nn.Linear(2, 2)
    >>> batches = [(torch.eye(2), torch.tensor([0, 1]))]
    >>> sgd = SGD(model.parameters(), lr=0.5)
    >>> history = fit(model, batches, batches, nn.CrossEntropyLoss(), sgd, epochs=20)
    >>> len(history["train_loss"]), history["val_accuracy"][-1], history["lr"][0]
    (20, 1.0, 0.5)
    """
    raise NotImplementedError("fit")
