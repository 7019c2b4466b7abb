"""Replay on the known mistakes: none follows the reference's recorded run that training would refuse."""

import hidden
import pytest
import torch
from test_pairing import LAB, MISTAKES, PARTS, REFERENCE, RIGHT, SCENARIOS, SETTINGS, job_of

from autograder.training import replay


@pytest.fixture(scope="module")
def recordings():
    """One a question."""
    torch.set_num_threads(1)
    made = {}
    for question in SETTINGS.runs:
        job = job_of(question)
        SCENARIOS.train(REFERENCE.modules, **job.inputs("cpu"))
        states, gradients = torch.stack(SCENARIOS.STATES), torch.stack(SCENARIOS.GRADIENTS)
        made[question] = replay.record(job, states, gradients, REFERENCE, SCENARIOS)
    return made


def is_tracked(recording: replay.Recording, lab) -> bool:
    return recording.is_tracked(lambda scenario, inputs, _: scenario(lab, **inputs), SCENARIOS)


@pytest.mark.parametrize("question", SETTINGS.runs)
def test_right_code_follows_however_it_is_written(recordings, question, monkeypatch):
    """At a tenth of the tolerance as well."""
    monkeypatch.setattr(replay, "_DRIFT", replay._DRIFT / 10)
    assert LAB.question(question)
    refused = [name for name, lab in RIGHT.items() if not is_tracked(recordings[question], lab)]
    assert not refused


@pytest.mark.parametrize(("question", "kind"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_a_mistake_that_changes_a_number_does_not_follow(recordings, question, kind):
    try:
        assert not is_tracked(recordings[question], hidden.with_part(PARTS, question, kind))
    except RuntimeError:
        return  # it breaks down, and is then made to train
