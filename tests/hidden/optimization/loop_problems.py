"""The problems that the loop's functions are set: seeded inputs, scripts, and no answers."""

from math import inf, nan
from typing import Any

import torch
from problems import Problem, bounded, normal

Pairs = list[tuple[torch.Tensor, torch.Tensor]]


def gradients(size: float, dtype: torch.dtype = torch.float32) -> list[torch.Tensor | None]:
    """Gradients of different shapes and sizes, one of them None; 1 to 10 times `size` in norm each."""
    shapes = [(4, 3), (5,), None, (), (2, 3, 2)]
    return [
        None if shape is None else size * (3 - i / 2) * bounded(shape, 111 + i, dtype) for i, shape in enumerate(shapes)
    ]


def batches(sizes: list[int], seed: int, dtype: torch.dtype = torch.float32) -> Pairs:
    """Batches of these sizes: inputs [N, 5], each batch of another scale, targets [N] of three classes."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            (1 + i) * normal((size, 5), seed + 1 + i, dtype),
            torch.randint(0, 3, (size,), generator=generator),
        )
        for i, size in enumerate(sizes)
    ]


def logits(shares: list[tuple[int, int]], seed: int, classes: int = 5) -> Pairs:
    """Batches of logits [N, classes]: for each (right, N) so many of N samples are classified right.

    Their sizes differ from batch to batch, and so do the losses.
    """
    pairs = []
    for i, (right, size) in enumerate(shares):
        values = normal((size, classes), seed + i) * (1 + 2 * i)
        best = values.argmax(dim=1)
        targets = torch.where(torch.arange(size) < right, best, (best + 1) % classes)
        pairs.append((values, targets))
    return pairs


LOSSES = {
    # Falls, stalls for less than the patience, falls again, stalls for good; 3 calls in a row and one more.
    "usual": [3e8, 2.0, 1.5, 1.75, 1.625, 1.25, 1.5, 1.25, 1.375, 1.5],
    # With min_delta 0.25 every fall to 0.25 below best is not enough, one by 0.375 is; small falls add up.
    "in small steps": [4.0, 3.75, 3.375, 3.25, 3.125, 3.0, 2.9375],
    # Rises within min_delta 0.25 of the best, which count as little as any other.
    "a little worse": [2.0, 2.125, 2.1875, 2.0625],
    # Below zero, where a share of the loss has the other sign.
    "negative": [-1.0, -1.5, -1.5625, -2.5, -2.5625, -2.59375],
    "not finite": [2.0, nan, 1.0, inf, nan],
    "ever better": [5.0, 4.0, 3.0, 2.0],
}


def script(epochs: int) -> dict[str, Any]:
    """Losses and shares of right answers for `loop_scenarios.Play`; all differ, none moves one way only."""
    turns = range(epochs + 2)
    return {
        "train_losses": [8 - (e * 5 % 7) / 2 for e in turns],
        "val_losses": [7.875 - (e * 3 % 7) / 4 for e in turns],
        "right": [1 + 2 * e % 3 for e in turns],
    }


def clipped(size: float, share: float, dtype: torch.dtype = torch.float32) -> Problem:
    """Gradients of that size, to be clipped at a share of it."""
    return {"grads": gradients(size, dtype), "max_norm": share * size}
