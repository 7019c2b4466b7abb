"""The hidden checks of the training loop."""

import loop_problems
import loop_scenarios
import pytest
import torch


@pytest.mark.question("clip_grad_norm", points=5)
def test_clip_grad_norm(agree):
    """clip_grad_norm scales all gradients by one factor, in place, if their common norm is too large."""
    agree(loop_scenarios.clipping, **loop_problems.clipped(1.0, share=2.0))
    agree(loop_scenarios.clipping, **loop_problems.clipped(1.0, share=100.0))
    agree(loop_scenarios.clipping, **loop_problems.clipped(0.0, share=0.0) | {"max_norm": 1.0})
    for max_norm in (0.5, 4.98):
        agree(loop_scenarios.clipping, grads=[torch.tensor([-3.0]), torch.tensor([0.0, 4.0])], max_norm=max_norm)
    agree(loop_scenarios.clipping, grads=[torch.tensor([-0.3]), torch.tensor([0.0, 0.4])], max_norm=0.75)


@pytest.mark.question("early_stopping", points=5)
def test_early_stopping(agree):
    """EarlyStopping says stop after `patience` calls in a row that did not beat the best loss by over min_delta."""
    usual = loop_problems.LOSSES["usual"]
    agree(loop_scenarios.stopping, losses=usual, arguments={})
    agree(loop_scenarios.stopping, losses=usual[:5], arguments={"patience": 2}, company=usual[::-1])
    agree(loop_scenarios.stopping, losses=[1.0, 0.5, 0.5], arguments={"patience": 1})
    agree(loop_scenarios.stopping, losses=usual, arguments={"patience": 5})
    for name, settings in (
        ("in small steps", {"patience": 3, "min_delta": 0.25}),
        ("a little worse", {"patience": 3, "min_delta": 0.25}),
        ("negative", {"patience": 2, "min_delta": 0.125}),
        ("ever better", {"patience": 2, "min_delta": 0.5}),
        ("not finite", {"patience": 2}),
    ):
        agree(loop_scenarios.stopping, losses=loop_problems.LOSSES[name], arguments=settings)


@pytest.mark.question("train_epoch", points=4)
def test_train_epoch_steps(agree):
    """train_epoch zeroes, goes forward and back, and steps once a batch, in train mode; it returns the mean loss."""
    agree(loop_scenarios.training_steps, batches=loop_problems.batches([6, 6, 6, 3], seed=121, dtype=torch.float64))
    agree(loop_scenarios.training_loss, batches=loop_problems.batches([6, 6, 2], seed=141))
    agree(loop_scenarios.training_loss, batches=loop_problems.batches([3, 7, 4, 2], seed=151))


@pytest.mark.question("train_epoch", points=2)
def test_train_epoch_clips_and_schedules(agree):
    """train_epoch clips between backward and step, and steps the scheduler after every optimizer step."""
    batches = loop_problems.batches([6, 6, 4], seed=131, dtype=torch.float64)
    rates = [0.3, 0.1, 0.2, 0.05]
    agree(loop_scenarios.training_steps, batches=batches, max_norm=1.2e4, scale=1e4)
    agree(loop_scenarios.training_steps, batches=batches, rates=rates)
    agree(loop_scenarios.training_steps, batches=batches, max_norm=5.0, scale=1e4, rates=rates)


@pytest.mark.question("evaluate", points=5)
def test_evaluate(agree):
    """evaluate returns mean loss and accuracy per sample, in eval mode and without a graph, and puts the mode back."""
    batches = loop_problems.batches([5, 5, 2], seed=161)
    agree(loop_scenarios.evaluation_mode, batches=batches, train=True)
    agree(loop_scenarios.evaluation_mode, batches=batches, train=False)
    agree(loop_scenarios.evaluation_graph, batches=loop_problems.batches([5, 5, 2], seed=201))
    agree(loop_scenarios.evaluation_figures, batches=loop_problems.logits([(2, 6), (5, 6), (2, 2)], seed=171))
    agree(loop_scenarios.evaluation_figures, batches=loop_problems.logits([(3, 4), (4, 7), (0, 1)], seed=181))
    agree(loop_scenarios.evaluation_figures, batches=loop_problems.logits([(5, 5)], seed=191))


@pytest.mark.question("fit", points=5)
def test_fit(agree):
    """fit trains, then validates, in every epoch, notes losses, accuracy and first rate, and heeds early stopping."""
    rates = [0.5 / (1 + t) for t in range(16)]
    agree(loop_scenarios.fitting, epochs=3, script=loop_problems.script(3))
    agree(loop_scenarios.fitting, epochs=4, script=loop_problems.script(4), rates=rates, max_norm=0.5)
    agree(loop_scenarios.fitting, epochs=1, script=loop_problems.script(1), max_norm=2.0)
    agree(loop_scenarios.fitting, epochs=6, script=loop_problems.script(6), stop_at=3)
    agree(loop_scenarios.fitting, epochs=3, script=loop_problems.script(3), stop_at=5)
