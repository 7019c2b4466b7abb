"""The reference solution is right: held against PyTorch, or against the formula written a second way."""

import math
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from autograder.worker.modules import load

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [str(ROOT / "reference" / "optimization"), str(ROOT / "assignments" / "optimization" / "handout")]
NAMES = ["base", "model", "optimizers", "schedulers", "lr_finder", "training"]


@pytest.fixture(scope="module")
def lab() -> SimpleNamespace:
    return load(FOLDERS, NAMES)


# Optimizers

SHAPES = [(4, 3), (3,), (), (0,), (3,), (2, 0, 2), (2, 1, 3, 3)]
HYPER = [
    ("SGD", torch.optim.SGD, {}),
    ("SGD", torch.optim.SGD, {"weight_decay": 0.3}),
    ("Momentum", partial(torch.optim.SGD, momentum=0.9), {}),
    ("Momentum", torch.optim.SGD, {"momentum": 0.6, "weight_decay": 0.3}),
    ("Nesterov", partial(torch.optim.SGD, momentum=0.9, nesterov=True), {}),
    ("Nesterov", partial(torch.optim.SGD, nesterov=True), {"momentum": 0.6, "weight_decay": 0.3}),
    ("RMSprop", torch.optim.RMSprop, {}),
    ("RMSprop", torch.optim.RMSprop, {"alpha": 0.7, "eps": 1e-3}),
    ("Adam", torch.optim.Adam, {}),
    ("Adam", torch.optim.Adam, {"betas": (0.6, 0.95), "eps": 1e-3, "weight_decay": 0.3}),
    ("AdamW", torch.optim.AdamW, {}),
    ("AdamW", torch.optim.AdamW, {"betas": (0.6, 0.95), "eps": 1e-3, "weight_decay": 0.3}),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("name", "theirs", "hyper"), HYPER)
def test_optimizer_follows_torch_for_hundreds_of_steps(lab, name, theirs, hyper, dtype):
    """Through changing rates, missing and zero gradients, 0-d and empty parameters, to rounding."""
    random = torch.Generator().manual_seed(1)
    start = [torch.randn(shape, generator=random, dtype=dtype) for shape in SHAPES]
    ours_params = [tensor.clone().requires_grad_() for tensor in start]
    their_params = [tensor.clone().requires_grad_() for tensor in start]
    ours = getattr(lab.optimizers, name)((param for param in ours_params), lr=0.01, **hyper)
    torch_optimizer = theirs(their_params, lr=0.01, **hyper)
    tolerance = 1e-4 if dtype == torch.float32 else 1e-12
    for step in range(300):
        ours.lr = torch_optimizer.param_groups[0]["lr"] = 0.01 * (1 + step % 7) / (1 + step // 100)
        ours.zero_grad()
        torch_optimizer.zero_grad()
        for i, (a, b) in enumerate(zip(ours_params, their_params, strict=True)):
            if (step + i) % 5 == 0:
                continue
            grad = torch.randn(a.shape, generator=random, dtype=dtype) * 10.0 ** (step % 4 - 2)
            grad *= (step + i) % 11 != 0
            a.grad, b.grad = grad.clone(), grad.clone()
        grads = [None if param.grad is None else param.grad.clone() for param in ours_params]
        ours.step()
        torch_optimizer.step()
        for a, b, grad in zip(ours_params, their_params, grads, strict=True):
            torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)
            assert a.dtype == dtype
            assert grad is None or torch.equal(a.grad, grad), "the gradient must be left as it was"
            assert a.is_leaf


@pytest.mark.parametrize("name", ["SGD", "Momentum", "Nesterov", "RMSprop", "Adam", "AdamW"])
def test_a_parameter_without_gradient_neither_moves_nor_remembers(lab, name):
    """It keeps its place, and a later first gradient finds a fresh state."""
    idle, fresh = torch.ones(2), torch.ones(2)
    late = getattr(lab.optimizers, name)([idle], lr=0.1)
    for _ in range(3):
        late.step()
    assert torch.equal(idle, fresh)
    new = getattr(lab.optimizers, name)([fresh], lr=0.1)
    idle.grad, fresh.grad = torch.full((2,), 0.5), torch.full((2,), 0.5)
    late.step()
    new.step()
    assert torch.equal(idle, fresh)


@pytest.mark.parametrize(("k", "alpha"), [(5, 0.5), (1, 0.5), (3, 0.2), (2, 1.0)])
def test_lookahead_is_an_interpolation_at_every_kth_step(lab, k, alpha):
    """Written a second way: slow = (1 - alpha)·slow + alpha·fast, over torch's momentum."""
    ours, theirs = torch.tensor([1.0, -2.0]), torch.tensor([1.0, -2.0], requires_grad=True)
    lookahead = lab.optimizers.Lookahead(lab.optimizers.Momentum([ours], lr=0.1), k=k, alpha=alpha)
    inner = torch.optim.SGD([theirs], lr=0.1, momentum=0.9)
    slow = theirs.detach().numpy().astype(np.float64).copy()
    random = torch.Generator().manual_seed(2)
    for step in range(1, 201):
        lookahead.lr = inner.param_groups[0]["lr"] = 0.1 / (1 + step // 50)
        lookahead.zero_grad()
        assert ours.grad is None
        grad = torch.randn(2, generator=random)
        ours.grad, theirs.grad = grad.clone(), grad.clone()
        lookahead.step()
        inner.step()
        if step % k == 0:
            slow = (1 - alpha) * slow + alpha * theirs.detach().numpy().astype(np.float64)
            with torch.no_grad():
                theirs.copy_(torch.tensor(slow))
        torch.testing.assert_close(ours, theirs.detach(), rtol=1e-4, atol=1e-5)


def test_lookahead_shows_the_wrapped_optimizers_params_and_rate(lab):
    """`params` and `lr` are those of the wrapped optimizer, and a scheduler that writes `lr` reaches it."""
    inner = lab.optimizers.SGD([torch.ones(1)], lr=0.4)
    lookahead = lab.optimizers.Lookahead(inner)
    assert lookahead.params is inner.params
    lab.schedulers.StepLR(lookahead, step_size=1, gamma=0.5).step()
    assert inner.lr == lookahead.lr == 0.2


# Schedulers

SCHEDULES = [
    ("StepLR", lr_scheduler.StepLR, {"step_size": 7}, 300),
    ("StepLR", lr_scheduler.StepLR, {"step_size": 30, "gamma": 0.7}, 300),
    ("ExponentialLR", lr_scheduler.ExponentialLR, {"gamma": 0.98}, 300),
    ("CosineAnnealingLR", lr_scheduler.CosineAnnealingLR, {"T_max": 300}, 300),
    ("CosineAnnealingLR", lr_scheduler.CosineAnnealingLR, {"T_max": 300, "eta_min": 0.05}, 300),
    ("CosineAnnealingWarmRestarts", lr_scheduler.CosineAnnealingWarmRestarts, {"T_0": 11}, 400),
    (
        "CosineAnnealingWarmRestarts",
        lr_scheduler.CosineAnnealingWarmRestarts,
        {"T_0": 3, "T_mult": 2, "eta_min": 0.05},
        400,
    ),
    ("CosineAnnealingWarmRestarts", lr_scheduler.CosineAnnealingWarmRestarts, {"T_0": 1, "T_mult": 3}, 400),
]


def torch_rates(make, steps: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.4)
    scheduler = make(optimizer)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def our_rates(lab, make, steps: int) -> list[float]:
    """The rates that are set step by step; asked for in reverse order, they must be the same."""
    optimizer = lab.base.Optimizer([], lr=0.4)
    scheduler = make(optimizer)
    rates = [optimizer.lr]
    for _ in range(steps):
        scheduler.step()
        rates.append(optimizer.lr)
    assert [scheduler.lr_at(t) for t in reversed(range(steps + 1))] == rates[::-1]
    assert all(type(rate) is float for rate in rates)
    return rates


@pytest.mark.parametrize(("name", "theirs", "arguments", "steps"), SCHEDULES)
def test_scheduler_follows_torch(lab, name, theirs, arguments, steps):
    """At every step, through several cycles."""
    ours = our_rates(lab, lambda optimizer: getattr(lab.schedulers, name)(optimizer, **arguments), steps)
    expected = torch_rates(lambda optimizer: theirs(optimizer, **arguments), steps)
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "arguments",
    [
        {"step_size_up": 20},
        {"step_size_up": 4, "step_size_down": 9},
        {"step_size_up": 1, "step_size_down": 1},
    ],
)
def test_cyclic_lr_follows_torch(lab, arguments):
    """PyTorch's takes base_lr as an argument; ours takes it from the optimizer."""
    ours = our_rates(lab, lambda opt: lab.schedulers.CyclicLR(opt, max_lr=1.5, **arguments), steps=300)
    expected = torch_rates(
        lambda opt: lr_scheduler.CyclicLR(opt, base_lr=0.4, max_lr=1.5, cycle_momentum=False, **arguments),
        steps=300,
    )
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("warmup", "total", "eta_min"), [(10, 200, 0.0), (37, 150, 0.05), (0, 50, 0.1), (1, 2, 0.0)])
def test_warmup_cosine_is_linspace_then_torchs_cosine(lab, warmup, total, eta_min):
    """Written a second way: a linspace, PyTorch's cosine annealing, and eta_min for ever."""
    ours = our_rates(lab, lambda opt: lab.schedulers.WarmupCosineLR(opt, warmup, total, eta_min), steps=total + 50)
    climb = list(np.linspace(0, 0.4, warmup + 1)[1:])
    fall = torch_rates(
        lambda opt: lr_scheduler.CosineAnnealingLR(opt, T_max=total - warmup, eta_min=eta_min),
        steps=total - warmup,
    )
    assert ours == pytest.approx(climb + fall + [eta_min] * 50, rel=1e-9, abs=1e-12)


def test_warmup_may_fill_the_whole_run(lab):
    """warmup_steps = total_steps leaves no cosine and divides by nothing."""
    schedule = lab.schedulers.WarmupCosineLR(lab.base.Optimizer([], lr=1.0), 4, 4, eta_min=0.1)
    assert [schedule.lr_at(t) for t in range(6)] == [0.25, 0.5, 0.75, 1.0, 0.1, 0.1]


# Learning-rate finder


class Scripted(nn.Module):
    """A model whose loss is the next value of a script, whatever its weight; with buffers that change."""

    def __init__(self, losses):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.register_buffer("calls", torch.zeros(1))
        self.register_buffer("hidden", torch.zeros(1), persistent=False)
        self.frozen = nn.Dropout().eval()
        self.losses = iter(losses)
        self.seen = []

    def forward(self, inputs):
        assert self.training
        self.calls += 1
        self.hidden += 1
        self.seen.append(inputs.item())
        return self.weight * 0 + next(self.losses)


def sweep(lab, model, steps, **arguments):
    """Run the range test over three batches; also return the rates of all steps taken and the rate left."""

    class Climb(lab.base.Optimizer):
        def update(self, param, grad, state):
            rates.append(self.lr)
            param += self.lr

    rates = []
    optimizer = Climb(model.parameters(), lr=0.3)
    batches = [(torch.tensor([float(i)]), torch.zeros(1)) for i in range(3)]
    found = lab.lr_finder.lr_range_test(
        model, lambda outputs, _: outputs.sum(), batches, optimizer, num_steps=steps, **arguments
    )
    return *found, rates, optimizer.lr


def test_range_test_sweeps_geometrically_and_restores_everything(lab):
    """Both ends are tested, batches start over, and weights, buffers, modes and rate are put back."""
    model = Scripted([1.0] * 7).eval()
    lrs, losses, stepped_at, lr_after = sweep(lab, model, steps=7, lr_min=1e-4, lr_max=1e-1)
    assert lrs == pytest.approx(np.geomspace(1e-4, 1e-1, 7))
    assert stepped_at == lrs
    assert losses == [1.0] * 7
    assert model.seen == [0, 1, 2, 0, 1, 2, 0]
    assert model.weight.item() == 1 and model.calls.item() == 0 and model.hidden.item() == 0
    assert lr_after == 0.3
    assert not model.training


def test_range_test_puts_each_modules_own_mode_back(lab):
    """A part that was frozen in a training model stays frozen."""
    model = Scripted([1.0] * 4).train()
    model.frozen.eval()
    sweep(lab, model, steps=4)
    assert model.training and not model.frozen.training


@pytest.mark.parametrize(
    ("script", "recorded"),
    [
        ([2.0, 1.0, 3.9, 4.1, 1.0], 4),
        ([2.0, 7.9, 8.1, 1.0], 3),
        ([2.0, math.nan, 1.0], 2),
        ([2.0, math.inf, 1.0], 2),
    ],
)
def test_range_test_stops_at_divergence_without_an_update(lab, script, recorded):
    """Divergence is measured against the lowest loss so far; the pair that stops it stays recorded."""
    model = Scripted(script)
    lrs, losses, stepped_at, _ = sweep(lab, model, steps=len(script))
    assert len(lrs) == len(losses) == recorded
    assert losses[:-1] == pytest.approx(script[: recorded - 1])
    assert stepped_at == lrs[:-1]
    assert model.weight.item() == 1


def test_range_test_restores_after_an_exception(lab):
    """A loss that cannot be computed leaves the model as it was."""
    model = Scripted([1.0, 1.0])
    with pytest.raises((StopIteration, RuntimeError)):
        sweep(lab, model, steps=5)
    assert model.weight.item() == 1 and model.calls.item() == 0


def test_range_test_changes_the_rate_before_the_step_and_does_not_accumulate(lab):
    """On a real model it is plain training at growing rates, as torch.optim.SGD does it."""
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    batches = [(torch.randn(8, 3), torch.randn(8, 1)) for _ in range(4)]
    twin = nn.Linear(3, 1)
    twin.load_state_dict(model.state_dict())
    lrs, losses = lab.lr_finder.lr_range_test(
        model, nn.MSELoss(), batches, lab.optimizers.SGD(model.parameters(), lr=1.0), 1e-3, 0.1, 12
    )
    theirs = torch.optim.SGD(twin.parameters(), lr=1.0)
    for i, (lr, loss) in enumerate(zip(lrs, losses, strict=True)):
        theirs.param_groups[0]["lr"] = lr
        theirs.zero_grad()
        expected = nn.functional.mse_loss(twin(batches[i % 4][0]), batches[i % 4][1])
        assert loss == pytest.approx(expected.item(), rel=1e-5)
        expected.backward()
        theirs.step()


def test_smooth_is_a_weighted_mean(lab):
    """Written a second way: weights betaⁿ over the past, divided by their sum; a constant stays one."""
    losses = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0]
    weights = [[0.8 ** (t - i) for i in range(t + 1)] for t in range(6)]
    expected = [np.average(losses[: t + 1], weights=weights[t]) for t in range(6)]
    assert lab.lr_finder.smooth(losses, beta=0.8) == pytest.approx(expected)
    assert lab.lr_finder.smooth([2.5] * 50) == pytest.approx([2.5] * 50)
    assert lab.lr_finder.smooth([]) == []


def test_suggested_rate_is_where_the_loss_falls_fastest(lab):
    """On a smooth cliff it is the cliff's middle, not the minimum, and not the explosion after it."""
    lrs = np.geomspace(1e-6, 10, 400)
    cliff = 2.3 - 2 / (1 + np.exp(-8 * (np.log10(lrs) + 3))) + 1e3 * np.maximum(0, np.log10(lrs)) ** 2
    suggested = lab.lr_finder.suggest_lr(list(lrs), list(cliff))
    assert 0.5e-3 <= suggested <= 2e-3
    assert suggested in lrs
    assert lab.lr_finder.suggest_lr([*lrs, 11.0], [*cliff, math.nan]) == suggested
    with pytest.raises(ValueError, match="two finite"):
        lab.lr_finder.suggest_lr([0.1, 0.2], [1.0, math.nan])


def test_diagnosis_reads_clear_curves(lab):
    """Noisy curves of each kind, over many seeds."""
    t = np.arange(200)
    for seed in range(50):
        noise = np.random.default_rng(seed).normal(0, 0.05, 200)
        good = 0.2 + 2.1 * np.exp(-t / 40) + noise
        spike = good.copy()
        spike[120] += 1.5
        curves = {
            "good": [good],
            "too low": [2.3 - 0.0002 * t + noise, 2.3 + noise],
            "too high": [spike, 2.3 + 0.005 * t + noise, [*good, math.nan], [*good[:50], math.inf]],
        }
        for verdict, examples in curves.items():
            for curve in examples:
                assert lab.lr_finder.diagnose(list(curve)) == verdict
    assert lab.lr_finder.diagnose([2.3, 1.0, 2.2, 0.9, 2.3]) == "too high"
    assert lab.lr_finder.diagnose([2.3]) == "too low"


# Training


@pytest.mark.parametrize("max_norm", [0.5, 3.0, 1e6])
def test_clip_follows_torch(lab, max_norm):
    """One norm over all gradients; those below max_norm keep their bits."""
    torch.manual_seed(3)
    ours = [torch.zeros(shape) for shape in SHAPES] + [torch.zeros(2)]
    theirs = [torch.zeros(shape) for shape in SHAPES] + [torch.zeros(2)]
    for a, b in zip(ours[:-1], theirs[:-1], strict=True):
        a.grad = torch.randn(a.shape)
        b.grad = a.grad.clone()
    before = [param.grad.clone() for param in ours[:-1]]
    buffers = [param.grad.data_ptr() for param in ours[:-1]]
    norm = lab.training.clip_grad_norm((param for param in ours), max_norm)
    expected = nn.utils.clip_grad_norm_(theirs, max_norm)
    assert type(norm) is float and norm == pytest.approx(expected.item(), rel=1e-6)
    assert buffers == [param.grad.data_ptr() for param in ours[:-1]]
    for a, b, old in zip(ours[:-1], theirs[:-1], before, strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-5, atol=1e-6)
        assert max_norm < norm or torch.equal(a.grad, old)
    assert lab.training.clip_grad_norm([torch.zeros(2)], 1.0) == 0.0


@pytest.mark.parametrize(
    ("losses", "patience", "min_delta", "stops_at"),
    [
        ([3, 2, 2, 2, 2], 3, 0.0, 4),
        ([3, 2, 2.5, 1, 1.5, 1.2, 1.1], 3, 0.0, 6),
        ([3, 2.95, 2.91, 2.88], 2, 0.1, 2),
        ([3, 2.5, 2.0, 1.5], 1, 0.1, None),
        ([1, math.nan, math.nan], 2, 0.0, 2),
    ],
)
def test_early_stopping_counts_calls_since_the_best(lab, losses, patience, min_delta, stops_at):
    """Patience starts again at each improvement of more than min_delta over the best."""
    stopping = lab.training.EarlyStopping(patience, min_delta)
    answers = [stopping.step(loss) for loss in losses]
    assert answers.index(True) == stops_at if stops_at is not None else not any(answers)


def uneven_batches():
    random = torch.Generator().manual_seed(4)
    images = torch.randn(70, 1, 8, 8, generator=random)
    labels = torch.randint(10, (70,), generator=random)
    return list(zip(images.split(32), labels.split(32), strict=True)), images, labels


def test_training_epoch_is_torchs_loop(lab):
    """Zero, forward, backward, clip, step, schedule: the same weights, and the mean over samples."""
    batches, *_ = uneven_batches()
    torch.manual_seed(0)
    ours, theirs = lab.model.SmallCNN(), lab.model.SmallCNN()
    theirs.load_state_dict(ours.state_dict())
    optimizer = lab.optimizers.Momentum(ours.eval().parameters(), lr=0.1)
    schedule = lab.schedulers.ExponentialLR(optimizer, gamma=0.5)
    loss_fn = nn.CrossEntropyLoss()
    mean = lab.training.train_epoch(ours, batches, loss_fn, optimizer, schedule, max_norm=0.1)

    torch_optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    torch_schedule = lr_scheduler.ExponentialLR(torch_optimizer, gamma=0.5)
    total = 0.0
    for images, labels in batches:
        torch_optimizer.zero_grad()
        loss = loss_fn(theirs(images), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(theirs.parameters(), 0.1)
        torch_optimizer.step()
        torch_schedule.step()
        total += loss.item() * len(labels)
    assert mean == pytest.approx(total / 70, rel=1e-5)
    assert ours.training and optimizer.lr == pytest.approx(0.1 * 0.5**3)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_is_per_sample_and_leaves_no_trace(lab, training):
    """Eval mode, no graph, statistics untouched, modes put back; batches do not change the means."""
    batches, images, labels = uneven_batches()
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Dropout(), nn.Linear(64, 10)).train(training)
    model[0].eval()
    seen = []

    def loss_fn(outputs, targets):
        seen.append((model.training, outputs.requires_grad))
        return nn.functional.cross_entropy(outputs, targets)

    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    loss, accuracy = lab.training.evaluate(model, batches, loss_fn)
    assert set(seen) == {(False, False)}
    assert model.training == training and model[2].training == training and not model[0].training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    with torch.no_grad():
        outputs = model.eval()(images)
    assert loss == pytest.approx(nn.functional.cross_entropy(outputs, labels).item(), rel=1e-5)
    assert accuracy == pytest.approx((outputs.argmax(1) == labels).float().mean().item())


def test_fit_records_each_epoch_and_stops_early(lab):
    """One entry an epoch that was run, the rate at its start, and the end where early stopping says so."""
    batches, *_ = uneven_batches()
    torch.manual_seed(0)
    model = lab.model.SmallCNN()
    optimizer = lab.optimizers.SGD(model.parameters(), lr=0.8)
    schedule = lab.schedulers.StepLR(optimizer, step_size=3, gamma=0.5)
    loss_fn = nn.CrossEntropyLoss()
    history = lab.training.fit(model, batches, batches, loss_fn, optimizer, 3, schedule, max_norm=0.1)
    assert history["lr"] == [0.8, 0.4, 0.2]
    assert set(history) == {"train_loss", "val_loss", "val_accuracy", "lr"}
    assert {len(entries) for entries in history.values()} == {3}
    val_loss, val_accuracy = lab.training.evaluate(model, batches, loss_fn)
    assert (history["val_loss"][-1], history["val_accuracy"][-1]) == (val_loss, val_accuracy)

    stopping = lab.training.EarlyStopping(patience=2, min_delta=100.0)
    history = lab.training.fit(model, batches, batches, loss_fn, optimizer, 9, early_stopping=stopping)
    assert {len(entries) for entries in history.values()} == {3}


def test_reference_trains_the_network(lab):
    """A toy data set is learnt: the pieces work together."""
    random = torch.Generator().manual_seed(5)
    labels = torch.randint(4, (256,), generator=random)
    images = torch.randn(256, 1, 8, 8, generator=random) + labels[:, None, None, None].float()
    batches = list(zip(images.split(32), labels.split(32), strict=True))
    torch.manual_seed(0)
    model = lab.model.SmallCNN(classes=4)
    optimizer = lab.optimizers.AdamW(model.parameters(), lr=3e-3)
    schedule = lab.schedulers.WarmupCosineLR(optimizer, warmup_steps=8, total_steps=80)
    history = lab.training.fit(model, batches, batches, nn.CrossEntropyLoss(), optimizer, 10, schedule, 1.0)
    assert history["val_accuracy"][-1] > 0.95
