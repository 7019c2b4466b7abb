"""The first ten losses beside the reference's: right code agrees however it is written, wrong code does not."""

import hidden
import pytest
import styles
import torch

from autograder.lab import Lab
from autograder.reference import Reference
from autograder.training import datasets
from autograder.training.calibration import training_scenarios
from autograder.training.convergence import TOLERANCE
from autograder.training.job import Job, make_job
from autograder.training.replies import COMPARED

LAB = Lab.find("optimization")
SETTINGS = LAB.manifest.convergence
REFERENCE = Reference(LAB)
SCENARIOS = training_scenarios(LAB)
PARTS, MISCONCEPTIONS, _ = hidden.load()
RIGHT = dict(styles.right_labs(PARTS))
# Mistakes that change no number here: no shape or value comes twice in this network, every parameter has a gradient,
# all is float32, and a run has one optimizer, no restart and nobody who asks a schedule for another t.
UNSEEN = {
    "CastsToFloat32", "ClearsGrad", "GrowsTheGraph", "KeysByShape", "KeysByValue", "NoneAsZero", "SkipsZeroGradients",
    "StateOnTheClass", "StopsAtNone", "UsesUpTheGenerator", "WritesIntoGrad", "AliasesTheGradient", "OneClockForAll",
    "AdamWOneClockForAll", "DropsToZeroAfterwards", "RemembersAsking", "RisesAgain", "WarmupAddedToTotal",
    "WarmupIgnoresEtaMin", "TripsOverTheUsedUpGenerator", "KeepsTheGenerator", "KeysByCurrentValue",
    "KeysMomentsByShape", "DropsToZeroAtTheEnd", "IgnoresItsArgument",
}  # fmt: skip
MISTAKES = [
    (question, kind)
    for question in SETTINGS.runs
    for kind in MISCONCEPTIONS.known(question)
    if kind.__name__ not in UNSEEN
]


def job_of(question: str, seed: int = 1) -> Job:
    data = datasets.load(SETTINGS.data_set)
    return make_job(LAB.question(question), seed, SETTINGS, data, REFERENCE)


def first_losses(lab, job: Job) -> torch.Tensor:
    inputs = job.inputs("cpu")
    inputs.update(order=inputs["order"][:COMPARED], rates=job.rates[:COMPARED])
    return SCENARIOS.train(lab, **inputs)["losses"]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("question", SETTINGS.runs)
def test_right_code_stays_within_a_tenth_of_the_tolerance(question):
    job = job_of(question)
    expected = first_losses(REFERENCE.modules, job)
    worst = max(float((first_losses(lab, job) - expected).abs().max()) for lab in RIGHT.values())
    assert worst <= TOLERANCE / 10


@pytest.mark.parametrize(("question", "kind"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_a_mistake_that_changes_a_number_is_seen_in_the_first_ten_losses(question, kind):
    """Adam without bias correction among them, which an accuracy threshold praises."""
    job = job_of(question)
    try:
        got = first_losses(hidden.with_part(PARTS, question, kind), job)
    except RuntimeError:
        return  # it breaks down, which is seen as well
    off = (got - first_losses(REFERENCE.modules, job)).abs()
    assert not bool((off <= TOLERANCE).all())
