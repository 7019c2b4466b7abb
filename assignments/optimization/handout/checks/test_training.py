"""Your training loop on problems that are small enough to follow with a pencil."""

from collections.abc import Sequence

import pytest
import torch
from base import LRScheduler, Optimizer
from torch import nn

Pairs = list[tuple[torch.Tensor, torch.Tensor]]


def test_clip_grad_norm_scales_all_by_one_factor(training):
    """Gradients whose common norm is 13 are scaled by 6.5/13, and 13 is returned."""
    params = with_gradients([3.0, 0.0], [-4.0], [12.0])
    norm = training("clip_grad_norm")((param for param in params), max_norm=6.5)
    same(norm, 13.0, "the norm")
    same(gradients_of(params), [1.5, 0.0, -2.0, 6.0], "the gradients")


def test_clip_grad_norm_leaves_small_gradients_alone(training):
    """Gradients below max_norm stay as they are, and a missing one counts for nothing."""
    params = [*with_gradients([3.0], [-4.0]), nn.Parameter(torch.ones(2))]
    norm = training("clip_grad_norm")((param for param in params), max_norm=6.5)
    same(norm, 5.0, "the norm")
    same(gradients_of(params[:2]), [3.0, -4.0], "the gradients")


def test_early_stopping_counts_calls_without_progress(training):
    """Two calls in a row without progress end it; a small setback before is forgotten."""
    stopping = training("EarlyStopping")(patience=2)
    answers = [bool(stopping.step(loss)) for loss in (1.0, 1.25, 0.5, 0.75, 0.5)]
    expected = [False, False, False, False, True]
    assert answers == expected, f"step after each loss: expected {expected}, got {answers}"
    same(stopping.best, 0.5, "best")
    same(stopping.bad_epochs, 2, "bad_epochs")


def test_early_stopping_asks_for_more_than_min_delta(training):
    """A fall by just min_delta is no progress."""
    stopping = training("EarlyStopping")(patience=2, min_delta=0.25)
    answers = [bool(stopping.step(loss)) for loss in (1.0, 0.75, 0.5, 0.25)]
    assert not any(answers), f"step after each loss: expected four times False, got {answers}"
    same(stopping.best, 0.5, "best")


def test_train_epoch_takes_one_step_a_batch(training):
    """Each batch's own gradient, a step, then the scheduler; the mean loss counts samples, not batches."""
    model, sgd = line()
    loss = training("train_epoch")(model, batches([1.0, 1.0, 1.0], [2.0]), mean_error, sgd, scheduler=Halving(sgd))
    modes = ["train" if training else "eval" for training in model.modes]
    assert modes == ["train", "train"], f"two forward passes in train mode are expected, got {modes}"
    # Loss 1 with gradient -1 moves the weight by 0.5; loss 1.5 with gradient -1 moves it by 0.25.
    same(model[0].weight.item(), 0.75, "the weight")
    same(loss, (3 * 1.0 + 1 * 1.5) / 4, "the mean loss")


def test_train_epoch_clips_before_the_step(training):
    """With max_norm = 0.5 the gradient of -1 moves the weight half as far."""
    model, sgd = line()
    training("train_epoch")(model, batches([1.0], [2.0]), mean_error, sgd, max_norm=0.5)
    same(model[0].weight.item(), 0.5, "the weight")


def test_evaluate_counts_samples(training):
    """Three of four samples are right, all of the first batch and none of the second."""
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    pairs = [(logits, torch.tensor([0, 1, 2])), (logits[:1], torch.tensor([1]))]
    _, accuracy = training("evaluate")(nn.Identity(), pairs, nn.CrossEntropyLoss())
    same(accuracy, 0.75, "the accuracy")


def test_evaluate_leaves_the_model_as_it_was(training):
    """Eval mode and no graph while it looks; afterwards the mode from before, and the same batch statistics."""
    model = Watched(nn.BatchNorm1d(1), nn.Linear(1, 2)).train()
    training("evaluate")(model, [(torch.ones(3, 1), torch.tensor([0, 1, 1]))], nn.CrossEntropyLoss())
    assert model.modes == [False], "the model should be in eval mode"
    assert model.graphs == [False], "no graph should be built"
    assert model.training, "the model should be put back into train mode"
    same(model[0].running_mean.item(), 0.0, "the running mean of the batch norm")


def test_fit_notes_every_epoch(training):
    """One entry an epoch in each list; the rate is that at its start."""
    model, sgd = line()
    train, val = batches([1.0], [1.0]), batches([4.0])
    history = training("fit")(model, train, val, mean_error, sgd, epochs=2, scheduler=Halving(sgd))
    # The weight goes to 0.5 and 0.75 in the first epoch, to 0.875 and 0.9375 in the second.
    same(history["train_loss"], [0.75, 0.1875], "train_loss")
    same(history["val_loss"], [3.25, 3.0625], "val_loss")
    same(history["val_accuracy"], [0.0, 0.0], "val_accuracy")
    same(history["lr"], [0.5, 0.125], "lr")


def test_fit_stops_when_it_is_told_to(training):
    """The epoch after which early stopping says stop is the last one."""

    class Third:
        calls = 0

        def step(self, val_loss: float) -> bool:
            self.calls += 1
            return self.calls == 3

    model, sgd = line()
    train, val = batches([1.0]), batches([4.0])
    history = training("fit")(model, train, val, mean_error, sgd, epochs=5, early_stopping=Third())
    epochs = len(history["val_loss"])
    assert epochs == 3, f"expected 3 epochs, got {epochs}"


# What they are run on.


class Watched(nn.Sequential):
    """Layers that note at each forward pass whether they are in train mode and whether autograd records."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.modes: list[bool] = []
        self.graphs: list[bool] = []

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs = super().forward(inputs)
        self.modes.append(self.training)
        self.graphs.append(outputs.requires_grad)
        return outputs


class Downhill(Optimizer):
    """The simplest optimizer, so that these checks need none of yours."""

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: dict[str, object]) -> None:
        param -= self.lr * grad


class Halving(LRScheduler):
    """A rate that halves at every step."""

    def lr_at(self, t: int) -> float:
        return self.base_lr * 0.5**t


def line() -> tuple[Watched, Downhill]:
    """A model with a single weight of zero, in eval mode, and its optimizer at rate 0.5."""
    model = Watched(nn.Linear(1, 1, bias=False)).eval()
    nn.init.zeros_(model[0].weight)
    return model, Downhill(model.parameters(), lr=0.5)


def batches(*targets: Sequence[float]) -> Pairs:
    """A batch for each list of targets; all inputs are 1, so the model's output is its weight."""
    return [(torch.ones(len(values), 1), torch.tensor(values)) for values in targets]


def mean_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean absolute error: its gradient is -1 while the output is below all targets."""
    return (outputs.squeeze(1) - targets).abs().mean()


def with_gradients(*gradients: Sequence[float]) -> list[nn.Parameter]:
    params = [nn.Parameter(torch.ones(len(values))) for values in gradients]
    for param, values in zip(params, gradients, strict=True):
        param.grad = torch.tensor(values)
    return params


def gradients_of(params: Sequence[torch.Tensor]) -> list[float]:
    return [value for param in params for value in param.grad.tolist()]


def same(got: object, expected: float | list[float], what: str) -> None:
    values = [float(value) for value in got] if isinstance(expected, list) else float(got)
    if values != pytest.approx(expected, rel=1e-5, abs=1e-6):
        pytest.fail(f"{what}: expected {expected}, got {values}", pytrace=False)
