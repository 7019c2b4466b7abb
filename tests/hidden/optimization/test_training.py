"""The hidden checks of the training loop."""

import loop_problems
import loop_scenarios
import pytest
import torch


@pytest.mark.question("clip_grad_norm", points=4)
def test_clip_grad_norm(agree):
    """clip_grad_norm scales all gradients by one factor, in place, if their common norm is too large."""
    agree(loop_scenarios.clipping, **loop_problems.clipped(1.0, share=2.0))
    agree(loop_scenarios.clipping, **loop_problems.clipped(1.0, share=100.0))
    agree(loop_scenarios.clipping, **loop_problems.clipped(0.0, share=0.0) | {"max_norm": 1.0})
    agree(loop_scenarios.clipping, grads=[torch.tensor([-3.0]), torch.tensor([0.0, 4.0])], max_norm=0.5)


@pytest.mark.question("clip_grad_norm", points=1)
def test_clip_grad_norm_is_exact(agree):
    """clip_grad_norm scales by max_norm/norm exactly, however small the gradients are."""
    agree(loop_scenarios.clipping, **loop_problems.clipped(1e-6, share=2.0, dtype=torch.float64, unit=1e-6))


@pytest.mark.question("early_stopping", points=2)
def test_early_stopping_counts(agree):
    """EarlyStopping says stop after `patience` calls in a row that did not beat the best loss."""
    usual = loop_problems.LOSSES["usual"]
    agree(loop_scenarios.stopping, losses=usual, arguments={})
    agree(loop_scenarios.stopping, losses=usual[:5], arguments={"patience": 2}, company=usual[::-1])
    agree(loop_scenarios.stopping, losses=[1.0, 0.5, 0.5], arguments={"patience": 1})
    agree(loop_scenarios.stopping, losses=usual, arguments={"patience": 5})


@pytest.mark.question("early_stopping", points=2)
def test_early_stopping_min_delta(agree):
    """EarlyStopping counts a loss as better only if it is below the best one by more than min_delta."""
    for name, settings in (
        ("in small steps", {"patience": 3, "min_delta": 0.25}),
        ("negative", {"patience": 2, "min_delta": 0.125}),
        ("ever better", {"patience": 2, "min_delta": 0.5}),
    ):
        agree(loop_scenarios.stopping, losses=loop_problems.LOSSES[name], arguments=settings)


@pytest.mark.question("early_stopping", points=1)
def test_early_stopping_takes_a_loss_that_is_not_finite(agree):
    """EarlyStopping counts a loss of NaN or infinity as no improvement."""
    agree(loop_scenarios.stopping, losses=loop_problems.LOSSES["not finite"], arguments={"patience": 2})


@pytest.mark.question("train_epoch", points=3)
def test_train_epoch_steps(agree):
    """train_epoch zeroes, goes forward and back, and steps once for every batch, in train mode."""
    agree(loop_scenarios.training_steps, batches=loop_problems.batches([6, 6, 6, 3], seed=121, dtype=torch.float64))


@pytest.mark.question("train_epoch", points=2)
def test_train_epoch_clips_and_schedules(agree):
    """train_epoch clips between backward and step, and steps the scheduler after every optimizer step."""
    batches = loop_problems.batches([6, 6, 4], seed=131, dtype=torch.float64)
    rates = [0.3, 0.1, 0.2, 0.05]
    agree(loop_scenarios.training_steps, batches=batches, max_norm=1.2e4, scale=1e4)
    agree(loop_scenarios.training_steps, batches=batches, rates=rates)
    agree(loop_scenarios.training_steps, batches=batches, max_norm=5.0, scale=1e4, rates=rates, streamed=True)


@pytest.mark.question("train_epoch", points=1)
def test_train_epoch_loss(agree):
    """train_epoch returns the mean loss per sample, a short last batch included, and keeps no graphs."""
    agree(loop_scenarios.training_loss, batches=loop_problems.batches([6, 6, 2], seed=141))
    agree(loop_scenarios.training_loss, batches=loop_problems.batches([3, 7, 4, 2], seed=151), streamed=True)


@pytest.mark.question("evaluate", points=2)
def test_evaluate_mode(agree):
    """evaluate looks at the model in eval mode, changes nothing of it, and puts its mode back."""
    batches = loop_problems.batches([5, 5, 2], seed=161)
    agree(loop_scenarios.evaluation_mode, batches=batches, train=True)
    agree(loop_scenarios.evaluation_mode, batches=batches, train=False)


@pytest.mark.question("evaluate", points=2)
def test_evaluate_figures(agree):
    """evaluate returns the mean loss and the accuracy per sample, a short last batch included."""
    agree(loop_scenarios.evaluation_figures, batches=loop_problems.logits([(2, 6), (5, 6), (2, 2)], seed=171))
    agree(
        loop_scenarios.evaluation_figures,
        batches=loop_problems.logits([(3, 4), (4, 7), (0, 1)], seed=181),
        streamed=True,
    )
    agree(loop_scenarios.evaluation_figures, batches=loop_problems.logits([(5, 5)], seed=191))


@pytest.mark.question("evaluate", points=1)
def test_evaluate_builds_no_graph(agree):
    """evaluate has autograd record nothing, and leaves it switched on."""
    agree(loop_scenarios.evaluation_graph, batches=loop_problems.batches([5, 5, 2], seed=201))


@pytest.mark.question("fit", points=3)
def test_fit_history(agree):
    """fit trains, then validates, in every epoch, and notes the losses, the accuracy and the rate at its start."""
    rates = [0.5 / (1 + t) for t in range(16)]
    agree(loop_scenarios.fitting, epochs=3, script=loop_problems.script(3))
    agree(loop_scenarios.fitting, epochs=4, script=loop_problems.script(4), rates=rates, max_norm=0.5)
    agree(loop_scenarios.fitting, epochs=1, script=loop_problems.script(1), max_norm=2.0)


@pytest.mark.question("fit", points=2)
def test_fit_stops_early(agree):
    """fit tells early stopping each validation loss, and ends after the epoch at which it says so."""
    agree(loop_scenarios.fitting, epochs=6, script=loop_problems.script(6), stop_at=3)
    agree(loop_scenarios.fitting, epochs=3, script=loop_problems.script(3), stop_at=5)
