"""The hidden checks of the training loop catch every known mistake in its own question, and refuse no correct file."""

from collections import Counter
from dataclasses import astuple
from typing import Any

import hidden
import loop_styles
import pytest

from autograder.compare import Tolerance

LAB, MISCONCEPTIONS, CHECKS = hidden.load()
POINTS = {"clip_grad_norm": 5, "early_stopping": 5, "train_epoch": 6, "evaluate": 5, "fit": 5}
CHECKS = [check for check in CHECKS if check.question in POINTS]
MISTAKES = [(question, kind) for question in POINTS for kind in MISCONCEPTIONS.known(question)]
RIGHT = dict(loop_styles.right_labs(LAB))
FUNCTIONS_CALL_EACH_OTHER = (hidden.ROOT / "reference/optimization/training.py").read_text("utf-8")
FORMS = {"functions call each other": FUNCTIONS_CALL_EACH_OTHER, "everything inline": loop_styles.EVERYTHING_INLINE}


def lab_with(form: str, question: str, part: Any) -> Any:
    """A lab whose training.py is of this form, with one class or function replaced."""
    lab = loop_styles.lab_of(LAB, FORMS[form])
    setattr(lab.training, hidden.COMPONENTS[question], part)
    return lab


def failed(lab: Any, tolerance: Tolerance | None = None) -> dict[str, str]:
    """The checks that a lab fails, as question and words."""
    found = ((check, check.verdict(LAB, lab, tolerance)) for check in CHECKS)
    return {f"{check.question}: {check.name}": str(verdict) for check, verdict in found if verdict is not None}


def questions_failed(lab: Any) -> set[str]:
    return {name.partition(":")[0] for name in failed(lab)}


def test_every_question_has_its_points_and_few_checks():
    points, checks = Counter(), Counter(check.question for check in CHECKS)
    for check in CHECKS:
        points[check.question] += check.points
        assert check.title.endswith(".") and "\n" not in check.title
    assert points == POINTS
    assert all(count <= 3 for count in checks.values())


def test_the_reference_passes_its_own_suite():
    assert not failed(LAB)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("question", "kind"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_every_misconception_costs_its_own_question_and_no_other(question, kind, form):
    assert questions_failed(lab_with(form, question, kind)) == {question}


@pytest.mark.parametrize("kind", MISCONCEPTIONS.known("fit"), ids=lambda kind: kind.__name__)
def test_a_mistake_of_fit_shows_as_well_where_it_calls_the_file_s_own_functions(kind, monkeypatch):
    """Those of its module have stand-ins meanwhile; the misconceptions call the reference's otherwise."""
    lab = lab_with("functions call each other", "fit", kind)
    monkeypatch.setitem(kind.__globals__, "training", lab.training)
    assert questions_failed(lab) == {"fit"}


IN_FIT = {
    "no zero_grad": ("optimizer.zero_grad()", "pass"),
    "no step": ("optimizer.step()", "pass"),
    "trains on in eval mode": ("model.train()", "pass"),
    "validates in train mode": ("model.eval()", "pass"),
    "validates with a graph": ("torch.no_grad()", "torch.enable_grad()"),
    "clips never": ("if norm > max_norm:", "if False:"),
    "clips as if there were no root": ("norm = math.sqrt(", "norm = 2 * ("),
    "never schedules": ("scheduler.step()", "pass"),
    "notes the sum": ('history["train_loss"].append(total / samples)', 'history["train_loss"].append(total)'),
    "counts the right ones": ('["val_accuracy"].append(right / samples)', '["val_accuracy"].append(right)'),
    "asks about the accuracy": ('early_stopping.step(history["val_loss"][-1])', "early_stopping.step(right / samples)"),
}


@pytest.mark.parametrize("mistake", IN_FIT)
def test_a_mistake_in_what_fit_has_inline_costs_fit_its_points(mistake):
    before, found, fit = loop_styles.EVERYTHING_INLINE.partition("def fit(")
    old, new = IN_FIT[mistake]
    assert old in fit
    assert questions_failed(loop_styles.lab_of(LAB, before + found + fit.replace(old, new))) == {"fit"}


@pytest.mark.parametrize("name", ["clips_before_backward", "clips_after_the_step"])
def test_clipping_at_the_wrong_moment_is_told_where_it_can_be_overheard(name, monkeypatch):
    """The gradients alone say only that they were not clipped."""
    kind = next(kind for kind in MISCONCEPTIONS.known("train_epoch") if kind.__name__ == name)
    lab = lab_with("functions call each other", "train_epoch", kind)
    monkeypatch.setitem(kind.__globals__, "training", lab.training)
    (words,) = failed(lab).values()
    assert "gradients are clipped before backward or after the optimizer's step" in words


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("question", POINTS)
def test_a_part_that_is_broken_costs_no_other_question_anything(question, form):
    def broken(*args, **options):
        raise NotImplementedError("broken")

    assert questions_failed(lab_with(form, question, broken)) == {question}


@pytest.mark.parametrize("question", ["clip_grad_norm", "early_stopping"])
def test_a_part_that_is_missing_costs_no_other_question_anything(question):
    """A file may lack what its other functions call: they have stand-ins."""
    lab = loop_styles.lab_of(LAB, FUNCTIONS_CALL_EACH_OTHER)
    delattr(lab.training, hidden.COMPONENTS[question])
    assert questions_failed(lab) == {question}
    assert not hasattr(lab.training, hidden.COMPONENTS[question])


def test_the_file_s_own_functions_are_back_after_a_check():
    lab = loop_styles.lab_of(LAB, FUNCTIONS_CALL_EACH_OTHER)
    before = dict(vars(lab.training))
    assert not failed(lab)
    assert vars(lab.training) == before


def test_misconceptions_carry_a_hint_and_a_name_of_their_own():
    for question in POINTS:
        kinds = MISCONCEPTIONS.known(question)
        assert len({kind.__name__ for kind in kinds}) == len(kinds) >= 10
        assert all(kind.__doc__ and kind.__doc__.strip().endswith((".", "?")) for kind in kinds)


def test_misconceptions_behave_alike_however_often_they_run():
    """A mistake whose state outlived a run could not be recognised by its trace."""
    for question, kind in MISTAKES:
        lab = lab_with("functions call each other", question, kind)
        own = [check for check in CHECKS if check.question == question]
        once, again = ([str(check.verdict(LAB, lab)) for check in own] for _ in range(2))
        assert once == again


@pytest.mark.parametrize("style", RIGHT)
def test_correct_code_passes_however_it_is_written(style):
    assert not failed(RIGHT[style])


@pytest.mark.parametrize("style", RIGHT)
def test_correct_code_stays_far_within_the_tolerance(style):
    """A fifth of it is enough, so another machine's rounding does not fail anybody."""
    assert not failed(RIGHT[style], Tolerance(*(value / 5 for value in astuple(Tolerance()))))


def test_the_scenarios_stand_alone_and_know_no_rule():
    """They run beside a student's code: whatever they import or hold, the student can read."""
    text = (hidden.ROOT / "tests/hidden/optimization/loop_scenarios.py").read_text()
    imports = [line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert set(imports) == {"weakref", "collections", "typing", "torch"}
    assert not any(word in text for word in ("patience=", "min_delta <", "hypot", "argmax", "/ norm"))
