"""The hidden checks of the learning-rate finder catch every known mistake in its own question, and in no other."""

from dataclasses import astuple
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

import finder_styles
import hidden
import pytest

from autograder.compare import Tolerance, distance
from autograder.worker.modules import load

LAB, MISCONCEPTIONS, CHECKS = hidden.load()
POINTS = {"lr_range_test": 8, "smooth": 3, "suggest_lr": 5, "diagnose": 4}
OF_THE_FINDER = [check for check in CHECKS if check.question in POINTS]
MISTAKES = [(question, kind) for question in POINTS for kind in MISCONCEPTIONS.known(question)]
CONVENTIONS = [(question, kind) for question, kind in MISTAKES if getattr(kind, "convention", None)]
RIGHT = dict(finder_styles.right_finders(LAB))
HANDOUT = hidden.ROOT / "assignments/optimization/handout"
PUBLIC = vars(load([str(HANDOUT / "checks"), str(HANDOUT)], ["base", "test_lr_finder"]).test_lr_finder)


def failures(lab: Any, tolerance: Tolerance | None = None) -> dict[str, str]:
    """What the finder's checks have against a lab, by check."""
    found = {check.name: check.verdict(LAB, lab, tolerance) for check in OF_THE_FINDER}
    return {name: told(difference) for name, difference in found.items() if difference}


def told(difference: Any) -> str:
    return difference.describe() if hasattr(difference, "describe") else str(difference)


def questions_of(names: Any) -> set[str]:
    return {check.question for check in OF_THE_FINDER if check.name in names}


def test_every_question_has_its_points_and_few_checks():
    for question, points in POINTS.items():
        checks = [check for check in OF_THE_FINDER if check.question == question]
        assert sum(check.points for check in checks) == points and 1 <= len(checks) <= 3
        assert all(check.title.endswith(".") and "\n" not in check.title for check in checks)


def test_the_reference_passes():
    assert not failures(LAB)


@pytest.mark.parametrize(("question", "kind"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_every_misconception_costs_its_own_question_and_no_other(question, kind):
    """Also where the other functions, left right, call the one that is wrong."""
    assert questions_of(failures(hidden.with_part(LAB, question, kind))) == {question}


def test_the_range_test_in_parts_is_the_references():
    """So each variant of it is wrong in what it replaces, and in nothing else."""
    whole = MISCONCEPTIONS.lr_finder.RangeTest
    assert not failures(hidden.with_part(LAB, "lr_range_test", whole))


@pytest.mark.parametrize("question", POINTS)
def test_a_function_that_is_not_written_costs_its_own_question_alone(question):
    def stub(*args, **settings):
        raise NotImplementedError(question)

    assert questions_of(failures(hidden.with_part(LAB, question, stub))) == {question}


@pytest.mark.parametrize(
    "answer", [None, 0.0, (), [], ([], []), ([None], ["1"]), "good", "too high", "too low"], ids=str
)
@pytest.mark.parametrize("question", POINTS)
def test_an_answer_that_does_not_depend_on_anything_fails_every_check_of_its_question(question, answer):
    failed = failures(hidden.with_part(LAB, question, lambda *args, **settings: answer))
    assert set(failed) == {check.name for check in OF_THE_FINDER if check.question == question}
    assert not any("Error" in message for message in failed.values())


def test_misconceptions_carry_a_hint_and_a_name_of_their_own():
    for question in POINTS:
        kinds = MISCONCEPTIONS.known(question)
        assert len({kind.__name__ for kind in kinds}) == len(kinds) >= 10
        assert all(kind.__doc__ and kind.__doc__.strip().endswith((".", "?")) for kind in kinds)


@pytest.mark.parametrize(("question", "kind"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_only_a_convention_is_called_by_its_name(question, kind):
    """Of the known conventions none but the student's own gives the same traces in all comparisons."""
    own = getattr(kind, "convention", None)
    others = [other for theirs, other in CONVENTIONS if theirs == question and other is not kind]
    met = [other.convention for other in others if all(map(alike, traces(question, other), traces(question, kind)))]
    assert set(met) <= {own}


def alike(expected: Any, got: Any) -> bool:
    if isinstance(expected, str) or isinstance(got, str):
        return expected == got
    return distance(expected, got) <= 1


@cache
def traces(question: str, kind: Any) -> list[Any]:
    """What a mistake makes of each comparison of its question's checks, or the name of what it raises."""
    lab, found = hidden.with_part(LAB, question, kind), []

    def agree(scenario: Any, /, unlike: Any = None, **inputs: Any) -> None:
        try:
            found.append(scenario(lab, **inputs))
        except Exception as error:
            found.append(type(error).__name__)

    known = SimpleNamespace(run=lambda scenario, **inputs: scenario(LAB, **inputs))
    for check in OF_THE_FINDER:
        if check.question == question:
            check.call(agree=agree, reference=known)
    return found


@pytest.mark.parametrize("style", RIGHT)
def test_correct_code_passes_however_it_is_written(style):
    assert not failures(RIGHT[style])


@pytest.mark.parametrize("style", RIGHT)
def test_correct_code_stays_far_within_the_tolerance(style):
    """A fifth of it is enough, so another machine's rounding does not fail anybody."""
    assert not failures(RIGHT[style], Tolerance(*(value / 5 for value in astuple(Tolerance()))))


ON_ARRAYS = """
import numpy as np

def smooth(losses, beta=0.9):
    t = np.arange(1, len(losses) + 1)
    average = np.zeros(len(losses))
    for i, loss in enumerate(losses):
        average[i] = beta * average[i - 1] * (i > 0) + (1 - beta) * loss
    return average / (1 - beta ** t)

def suggest_lr(lrs, losses):
    keep = np.isfinite(losses)
    rates, smoothed = np.array(lrs)[keep], smooth(np.array(losses)[keep])
    falls = (smoothed[1:] - smoothed[:-1]) / (np.log10(rates[1:]) - np.log10(rates[:-1]))
    return rates[falls.argmin()]

def diagnose(losses):
    if not np.isfinite(losses).all():
        return "too high"
    smoothed = smooth(np.array(losses))
    if max(losses) > 2 * losses[0] or (smoothed / smoothed[0])[-1] > 1.1:
        return "too high"
    return "good" if (smoothed / smoothed[0])[-1] < 0.9 else "too low"
"""


@pytest.mark.parametrize(("correction", "cost"), [("/ (1 - beta ** t)", set()), ("", {"smooth"})])
def test_whoever_calls_smooth_gets_it_right_and_in_the_form_that_they_expect(correction, cost):
    """A wrong `smooth` of arrays costs its own points alone, though its neighbours do sums with what it returns."""
    module = ModuleType("lr_finder")
    exec(ON_ARRAYS.replace("/ (1 - beta ** t)", correction), vars(module))
    module.lr_range_test = LAB.lr_finder.lr_range_test
    assert questions_of(failures(SimpleNamespace(**{**vars(LAB), "lr_finder": module}))) == cost


def test_the_module_has_its_own_smooth_again_afterwards():
    """Whatever stood in for it while a neighbour was judged, also one that raised."""

    def broken(losses):
        raise RuntimeError

    for question in ("suggest_lr", "diagnose"):
        lab = hidden.with_part(LAB, question, broken)
        own = lab.lr_finder.smooth
        assert failures(lab) and lab.lr_finder.smooth is own
    assert LAB.lr_finder.smooth.__module__ == "lr_finder"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("LinearSweep", "sweep of 11 steps over 4 batches, step 1, rate recorded: expected 0.0018"),
        ("TrainModeNotSet", "step 0, train mode in the forward pass: expected True, got False"),
        ("OneBatchOnly", "step 1, index of the batch: expected 1, got 0"),
        ("EndsWithTheBatches", "sweep of 11 steps over 4 batches, number of losses recorded: expected 11, got 4"),
        ("GradientsAccumulate", "step 1, gradient at the update, first.weight, element ["),
        ("RateNotSet", "step 0, rate at the update: expected 0.001, got 0.3"),
        ("RateRecordedAfterStep", "step 0, rate recorded: expected 0.001, got 0.0018"),
        ("RecordsSmoothed", "step 1, loss recorded: expected "),
        (
            "ComparesWithFirst",
            "on losses [2, 1, 0.5, 1.875, 2.125, 1, 1], number of losses recorded: expected 5, got 7",
        ),
        ("GoesOnAfterNaN", "on losses [2, 1, nan, 1, 0.5], number of losses recorded: expected 3, got 5"),
        ("DivergenceIgnored", "on losses [1, 0.75, 1.25, 1.75, 0.75], divergence=2, number of losses recorded"),
        ("UpdatesAfterDivergence", "number of updates: expected 4, got 5"),
        ("LastRateDropped", "number of rates recorded: expected 5, got 4"),
        ("NothingRestored", "after all steps, from eval mode, parameter afterwards, first.weight, element ["),
        ("BuffersNotRestored", "buffer afterwards, norm.running_mean, element ["),
        ("LeftInTrainMode", "train mode afterwards, model: expected False, got True"),
        ("RateNotRestored", "optimizer.lr afterwards: expected 0.7, got 0.5"),
        ("RestoredOnlyAtTheEnd", "after divergence, "),
        ("no_correction", "noisy losses, default beta, value 0: expected "),
        ("starts_with_zero", "noisy losses, default beta, number of values: expected 40, got 41"),
        ("minimum", "falls steeply early and slowly later: the suggested rate is more than a factor of 2 too high"),
        ("overlooks_nan", 'losses that end in NaN: the contract does not call this "good"'),
        ("other_words", 'the answer is none of "too high", "too low" and "good"'),
    ],
)
def test_the_first_difference_is_the_mistake_itself(kind, message):
    """What a student reads names the step and the thing that went wrong, not what came of it."""
    ((question, mistake),) = [(q, k) for q, k in MISTAKES if k.__name__ == kind]
    failed = failures(hidden.with_part(LAB, question, mistake))
    assert any(message in words for words in failed.values()), failed


def test_the_scenarios_stand_alone_and_know_no_answer():
    """They run beside a student's code: whatever they import or hold, the student can read."""
    text = (hidden.ROOT / "tests/hidden/optimization/finder_scenarios.py").read_text()
    imports = {line for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imports == {
        "from collections.abc import Callable",
        "from math import isfinite, isnan",
        "from typing import Any",
        "import torch",
    }
    assert not any(word in text for word in ("numpy.", "argmin", "gradient(", "log10", "too high", "divergence *"))


def public_failures(lab: Any) -> set[str]:
    """The names of the public checks that fail."""
    failed = set()
    for name, check in PUBLIC.items():
        if name.startswith("test_"):
            try:
                check(lambda part: getattr(lab.lr_finder, part))
            except (pytest.fail.Exception, AssertionError):
                failed.add(name)
    return failed


@pytest.mark.parametrize("style", RIGHT)
def test_public_checks_pass_on_correct_code(style):
    assert not public_failures(RIGHT[style])


@pytest.mark.parametrize(
    "kind",
    [
        "LinearSweep", "EndMissed", "RateNotSet", "RateRecordedAfterStep", "RecordsSmoothed", "ComparesWithFirst",
        "GoesOnAfterNaN", "LastPairDropped", "UpdatesAfterDivergence", "NothingRestored", "SavesReferences",
        "BuffersNotRestored", "RateNotRestored", "LeftInTrainMode", "no_correction", "started_at_the_first_loss",
        "minimum", "minimum_over_ten", "steepest_either_way", "overlooks_nan", "ends_alone", "words_swapped",
    ],
)  # fmt: skip
def test_public_checks_catch_the_commonest_mistakes(kind):
    """In a check of their own question."""
    ((question, mistake),) = [(q, k) for q, k in MISTAKES if k.__name__ == kind]
    failed = public_failures(hidden.with_part(LAB, question, mistake))
    assert any(name.startswith(f"test_{question}_") for name in failed)
