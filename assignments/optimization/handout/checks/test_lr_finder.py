"""Your learning-rate finder on tiny problems whose answers can be worked out by hand."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from base import Optimizer

Test = Callable[..., tuple[list[float], list[float]]]


def test_lr_range_test_sweeps_geometrically(lr_finder):
    """The rates grow by equal factors from lr_min to lr_max, and each update is made at the rate recorded."""
    model, optimizer = line()
    lrs, losses = run(lr_finder("lr_range_test"), model, optimizer, lr_min=0.01, lr_max=1.0, num_steps=3)
    same(lrs, [0.01, 0.1, 1.0], "rate")
    same(losses, [1.0, 0.9604, 0.614656], "loss")


def test_lr_range_test_stops_at_divergence(lr_finder):
    """It ends with a loss of more than 4 times the lowest so far, which is recorded, or with one that is NaN."""
    for script in ([2.0, 0.5, 1.9, 2.1, 0.5], [2.0, 0.5, 1.9, float("nan"), 0.5]):
        model, optimizer = line()
        lrs, losses = run(lr_finder("lr_range_test"), model, optimizer, script, num_steps=5)
        if not len(lrs) == len(losses) == 4:
            pytest.fail(
                f"losses {script}: expected 4 rates and losses, got {len(lrs)} and {len(losses)}", pytrace=False
            )
        if Downhill.steps != 3:
            pytest.fail(f"losses {script}: expected 3 optimizer steps, got {Downhill.steps}", pytrace=False)


def test_lr_range_test_puts_everything_back(lr_finder):
    """Weights, batch norm's statistics, eval mode and optimizer.lr are afterwards as they were."""
    model, optimizer = line(torch.nn.BatchNorm1d(1))
    model.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    run(lr_finder("lr_range_test"), model, optimizer, num_steps=4)
    changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
    if changed:
        pytest.fail(f"not as before the test: {', '.join(changed)}", pytrace=False)
    assert not model.training, "the model was in eval mode before"
    same([optimizer.lr], [0.5], "optimizer.lr")


def test_smooth_corrects_its_bias(lr_finder):
    """The first value is the first loss; later ones are weighted means of all so far."""
    smooth = lr_finder("smooth")
    same(smooth([4.0, 1.0, 1.0], beta=0.5), [4.0, 2.0, 10 / 7], "value")
    same(smooth([2.0] * 5), [2.0] * 5, "value")


def test_suggest_lr_finds_the_steepest_fall(lr_finder):
    """On a curve that falls at 1e-3, creeps on to its minimum at 0.1 and explodes, it is the fall."""
    decades = torch.linspace(-5, 0, 501, dtype=torch.float64)
    losses = 2.5 - torch.sigmoid(15 * (decades + 3)) - 0.1 * (decades + 5) + 9 * torch.sigmoid(20 * (decades + 0.5))
    suggested = lr_finder("suggest_lr")((10**decades).tolist(), losses.tolist())
    if not 0.5e-3 <= suggested <= 2.5e-3:
        pytest.fail(f"expected a rate near 1e-3, where the loss falls fastest, got {suggested:.3g}", pytrace=False)


def test_diagnose_reads_clear_curves(lr_finder):
    """A spike, a NaN, no fall and a steady fall."""
    diagnose = lr_finder("diagnose")
    falling = [2.3 * 0.97**step for step in range(100)]
    curves = {
        "a steady fall": (falling, "good"),
        "a steady fall that ends in NaN": ([*falling, float("nan")], "too high"),
        "a steady fall with one spike of 30": ([*falling[:50], 30.0, *falling[50:]], "too high"),
        "no fall at all": ([2.3] * 100, "too low"),
    }
    for name, (losses, expected) in curves.items():
        got = diagnose(losses)
        if got != expected:
            pytest.fail(f"{name}: expected {expected!r}, got {got!r}", pytrace=False)


# The tiny problem: y = w·x with w = 0, x = 1 and the target 1, so the gradient of the loss is 2(w - 1).


class Downhill(Optimizer):
    """The simplest optimizer, so that these checks need none of yours."""

    steps = 0  # of the class, because the test may use a deep copy of the optimizer

    def step(self) -> None:
        Downhill.steps += 1
        super().step()

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, Any]) -> None:
        param -= self.lr * grad


def line(*before: torch.nn.Module) -> tuple[torch.nn.Module, Downhill]:
    """The model, after whatever comes before it, and its optimizer at a rate of 0.5."""
    Downhill.steps = 0
    last = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(last.weight)
    model = torch.nn.Sequential(*before, last)
    return model, Downhill(model.parameters(), lr=0.5)


def run(
    test: Test, model: torch.nn.Module, optimizer: Optimizer, script: Sequence[float] = (), **arguments: Any
) -> tuple[list[float], list[float]]:
    """One range test over two batches, on the mean squared error or on losses that a script gives."""
    batches = [(torch.ones(2, 1), torch.ones(2, 1))] * 2
    left = list(script)

    def loss_fn(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if left:
            return 0 * outputs.sum() + left.pop(0)
        return ((outputs - targets) ** 2).mean()

    lrs, losses = test(model, loss_fn, batches, optimizer, **arguments)
    return lrs, losses


def same(got: Sequence[float], expected: Sequence[float], what: str) -> None:
    """Equal up to rounding, one by one."""
    if len(got) != len(expected):
        pytest.fail(f"expected {len(expected)} {what}s, got {len(got)}", pytrace=False)
    for i, right in enumerate(expected):
        ours = torch.as_tensor(got[i]).item()
        if ours != pytest.approx(right, rel=1e-5):
            pytest.fail(f"{what} {i}: expected {right:.6g}, got {ours:.6g}", pytrace=False)
