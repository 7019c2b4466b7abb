"""The hidden checks: each broken variant of a question's bank is one, and `catches` runs the student's tests."""

import pytest


@pytest.mark.question("plain_rules")
def test_catches_broken_sgd_and_momentum(catches, broken):
    """Your tests fail on this broken SGD or Momentum, and pass on right ones."""
    catches(broken)


@pytest.mark.question("adaptive_rules")
def test_catches_broken_adam_and_adamw(catches, broken):
    """Your tests fail on this broken Adam or AdamW, and pass on right ones."""
    catches(broken)


@pytest.mark.question("schedule")
def test_catches_broken_warmup_cosine_lr(catches, broken):
    """Your tests fail on this broken WarmupCosineLR, and pass on right ones."""
    catches(broken)
