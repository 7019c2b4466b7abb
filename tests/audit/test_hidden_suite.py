"""The hidden suite catches every known mistake in its own question, and refuses no correct way of writing."""

from collections import Counter
from dataclasses import astuple
from pathlib import Path
from typing import Any

import hidden
import pytest
import styles
import torch

from autograder.compare import Tolerance

LAB, MISCONCEPTIONS, EVERY_CHECK = hidden.load()
POINTS = {
    "sgd": 2, "momentum": 3, "nesterov": 3, "rmsprop": 3, "adam": 5, "adamw": 4, "lookahead": 2, "step_lr": 2,
    "exponential_lr": 2, "cosine_annealing_lr": 2, "warm_restarts": 4, "cyclic_lr": 4, "warmup_cosine_lr": 4,
}  # fmt: skip
CHECKS = [check for check in EVERY_CHECK if check.question in POINTS]
MISTAKES = [(question, kind) for question in POINTS for kind in MISCONCEPTIONS.known(question)]
RIGHT = dict(styles.right_labs(LAB))


def verdicts(question: str, lab: Any) -> dict[str, Any]:
    """What each check of a question has against a lab; None is a pass."""
    return {check.name: check.verdict(LAB, lab) for check in CHECKS if check.question == question}


def test_every_question_has_its_points_and_few_checks():
    points, checks = Counter(), Counter(check.question for check in CHECKS)
    for check in CHECKS:
        points[check.question] += check.points
        assert check.title.endswith(".") and "\n" not in check.title
    assert points == POINTS
    assert all(checks[question] <= (3 if place < 7 else 2) for place, question in enumerate(POINTS))


def test_the_reference_passes_its_own_suite():
    assert not [check.name for check in CHECKS if check.verdict(LAB, LAB)]


@pytest.mark.parametrize(("question", "kind"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_every_misconception_is_caught_by_its_own_question(question, kind):
    assert any(verdicts(question, hidden.with_part(LAB, question, kind)).values())


def test_misconceptions_carry_a_hint_and_a_name_of_their_own():
    for question in POINTS:
        kinds = MISCONCEPTIONS.known(question)
        assert len({kind.__name__ for kind in kinds}) == len(kinds) >= 10
        assert all(kind.__doc__ and kind.__doc__.strip().endswith((".", "?")) for kind in kinds)


@pytest.mark.parametrize("question", POINTS)
def test_a_class_that_is_broken_costs_no_other_question_anything(question):
    class Broken:
        def __init__(self, *args, **settings):
            raise RuntimeError("broken")

    lab = hidden.with_part(LAB, question, Broken)
    assert {check.question for check in CHECKS if check.verdict(LAB, lab)} == {question}


@pytest.mark.parametrize("style", RIGHT)
def test_correct_code_passes_however_it_is_written(style):
    failed = {check.name: str(found) for check in CHECKS if (found := check.verdict(LAB, RIGHT[style]))}
    assert not failed


@pytest.mark.parametrize("question", list(POINTS)[:6])
@pytest.mark.parametrize("factor", [0.0, 1.001], ids=["left out", "a thousandth too long"])
@pytest.mark.parametrize("step", [1, 2, 6, 7, 12, 13, 50, 99, 100])
def test_a_single_update_that_is_off_is_caught(question, factor, step):
    """At whatever step of the longest problem, for the reference's own rule otherwise."""
    rule = getattr(LAB.optimizers, hidden.COMPONENTS[question])

    class OnceOff(rule):
        count = 0

        def step(self):
            self.count += 1
            before = [param.detach().clone() for param in self.params]
            super().step()
            if self.count == step:
                with torch.no_grad():
                    for old, param in zip(before, self.params, strict=True):
                        param.copy_(old + factor * (param - old))

    assert any(verdicts(question, hidden.with_part(LAB, question, OnceOff)).values())


def test_correct_code_stays_far_within_the_tolerance():
    """A fifth of it is enough, so another machine's rounding does not fail anybody."""
    usual = Tolerance()
    fifth = Tolerance(*(value / 5 for value in astuple(usual)))
    failed = {(style, check.name) for style, lab in RIGHT.items() for check in CHECKS if check.verdict(LAB, lab, fifth)}
    assert not failed


def test_misconceptions_behave_alike_however_often_they_run():
    """A mistake whose state outlived a run could not be recognised by its trace."""
    for question, kind in MISTAKES:
        lab = hidden.with_part(LAB, question, kind)
        once, again = ({name: str(found) for name, found in verdicts(question, lab).items()} for _ in range(2))
        assert once == again


def test_the_scenarios_stand_alone_and_know_no_rule():
    """They run beside a student's code: whatever they import or hold, the student can read."""
    text = (hidden.ROOT / "tests/hidden/optimization/scenarios.py").read_text()
    imports = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert imports == ["from typing import Any", "import torch"]
    assert not any(word in text for word in ("weight_decay", "momentum", "betas", "eta_min", "cos("))
    assert Path(hidden.ROOT / "tests/hidden/optimization/problems.py").read_text().count("optimizers.") == 0
