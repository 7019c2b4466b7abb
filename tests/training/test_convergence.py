"""Training runs: each way of not doing them has a verdict of its own, and right code passes however it is written."""

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import commands
import pytest
import torch
from labs import narrowed, sandbox_of

from autograder import batch
from autograder.errors import IsolationError, Verdict
from autograder.judge import Judge, Training
from autograder.lab import Lab
from autograder.roster import find_submissions
from autograder.student import Student
from autograder.submission import Submission
from autograder.training import audit
from autograder.training.calibration import training_scenarios
from autograder.training.convergence import JudgedError, Judgement

LAB = Lab.find("optimization")
SCENARIOS = training_scenarios(LAB)
COUNTED = """
from optimizers_as_they_should_be import *
import torch

class SGD(SGD):
    count = 0

    def step(self):
        self.count += 1
        super().step()
        if len(self.params) == 8 and self.count == 150:
            self.later()
"""
SOURCES = {
    "right": "from optimizers_as_they_should_be import *",
    "a step twice, late": COUNTED + "    def later(self):\n        super().step()\n",
    "weights from elsewhere": COUNTED
    + "    @torch.no_grad()\n    def later(self):\n        for p in self.params: p.copy_(torch.full_like(p, 0.01))\n",
    "uphill": """
        from optimizers_as_they_should_be import *
        class SGD(SGD):
            def update(self, param, grad, state):
                super().update(param, -grad, state)
    """,
    "root of a negative": """
        from optimizers_as_they_should_be import *
        class SGD(SGD):
            def update(self, param, grad, state):
                param.sub_(self.lr * grad.sqrt())
    """,
    "slow": """
        import time
        from optimizers_as_they_should_be import *
        class SGD(SGD):
            def step(self):
                time.sleep(0.1)
                super().step()
    """,
    "tells of other weights": """
        import sys
        from optimizers_as_they_should_be import *
        scenarios = sys.modules["convergence_scenarios"]
        honest, calls = scenarios.state_of, []
        def state_of(params):
            calls.append(1)
            return honest(params) if len(calls) < 100 else honest(params) * 1.1
        scenarios.state_of = state_of
    """,
    "tells of other losses": """
        import sys, torch
        from optimizers_as_they_should_be import *
        scenarios = sys.modules["convergence_scenarios"]
        honest = torch.stack
        def stack(tensors, *rest):
            made = honest(tensors, *rest)
            return made * torch.linspace(1, 0.1, len(made)) if made.ndim == 1 else made
        torch.stack = stack
    """,
    "no gradient worth the name": """
        from optimizers_as_they_should_be import *
        class SGD(SGD):
            def update(self, param, grad, state): pass
    """,
}


@pytest.fixture(scope="module", params=["train", "replay"])
def judge(request):
    judge = Judge(LAB, Training(request.param, "cpu"))
    judge.convergence.rehearse(LAB.question("sgd"), SCENARIOS)
    return judge


@pytest.fixture(scope="module")
def sandbox():
    with sandbox_of("auto", LAB) as sandbox:
        yield sandbox


def judged(judge, sandbox, source: str, **limits: float) -> tuple[Verdict, str, Judgement]:
    """What comes of an optimizers.py for the question sgd."""
    files = {
        "optimizers_as_they_should_be.py": (commands.REFERENCE / "optimizers.py").read_bytes(),
        "optimizers.py": dedent(source).encode(),
    }
    student = Student(sandbox, Submission("student", files), LAB, narrowed(LAB, **limits))
    student.begin(LAB.question("sgd"), "training", training=True)
    try:
        judgement = judge.convergence.judge(LAB.question("sgd"), SCENARIOS, student)
        return Verdict.PASSED, "", judgement
    except JudgedError as error:
        return error.error.verdict, str(error.error), error.judgement
    finally:
        student.end()


@pytest.mark.parametrize(
    ("source", "verdict", "words"),
    [
        ("right", Verdict.PASSED, ""),
        ("a step twice, late", Verdict.FAILED, "step 150 is not what the rule makes"),
        ("weights from elsewhere", Verdict.INVENTED, "after step 150"),
        ("uphill", Verdict.DIVERGED, "the loss grows from"),
        ("root of a negative", Verdict.NOT_FINITE, "not a finite number"),
        ("tells of other weights", Verdict.INVENTED, "not that of the weights"),
        ("tells of other losses", Verdict.INVENTED, "not that of the weights"),
        ("no gradient worth the name", Verdict.FAILED, "the loss after 1 step"),
    ],
)
def test_each_way_of_not_training_has_its_verdict(judge, sandbox, source, verdict, words):
    """By training and by replay alike; and what is wrong is said."""
    got, message, _ = judged(judge, sandbox, SOURCES[source])
    if judge.training.mode == "replay" and source == "tells of other losses":
        assert got == Verdict.PASSED  # its rule is right, and in a replay there is no loss to tell
    else:
        assert (got, words in message) == (verdict, True), message


def test_training_that_takes_too_long_is_a_timeout(judge, sandbox):
    assert judged(judge, sandbox, SOURCES["slow"], training_seconds=3.0)[0] == Verdict.TIMEOUT


def test_a_seed_makes_the_same_run_bit_for_bit(sandbox):
    """In two workers of two zygotes, and in this process, where the reference runs."""
    judge = Judge(LAB, Training("train", "cpu"))
    runs = [judged(judge, sandbox, SOURCES["right"])[2].runs for _ in range(2)]
    assert runs[0] == runs[1]
    assert all(run.losses == run.expected_losses for run in runs[0])


def test_right_code_that_drifts_away_is_gone_through_and_passes(judge, sandbox, monkeypatch):
    """Rounding grows until a run is far from the reference's; then every step of it is looked at."""
    monkeypatch.setattr("autograder.training.convergence._NEAR", 0.0)
    departures = []
    honest = audit.first_departure
    monkeypatch.setattr(audit, "first_departure", lambda *a: departures.append(honest(*a)) or departures[-1])
    source = SOURCES["right"] + "\nclass SGD(SGD):\n    def update(self, p, g, s):\n        super().update(p, g, s)\n"
    rounded = source + "        p.mul_(1 + 1e-7)\n"
    assert judged(judge, sandbox, rounded)[0] == Verdict.PASSED
    assert judge.training.mode == "replay" or departures == [None, None]


def test_the_report_holds_the_runs_and_says_what_stood_for_them(tmp_path):
    """Losses, accuracy, threshold, seed and device; in a replay, that the reference's curve stands there."""
    class_folder = commands.copies_of_reference(tmp_path / "class", 1)
    for mode, source in (("train", "trained"), ("replay", "replayed")):
        out = tmp_path / mode
        done = commands.grade("run", class_folder, "--out", out, "--convergence", mode, "--device", "cpu")
        assert done.returncode == 0, done.stderr
        checks = [c for q in commands.report(out, "student000")["questions"] for c in q["checks"] if c["runs"]]
        assert len(checks) == 7 and all(check["verdict"] == "passed" for check in checks)
        for run in (run for check in checks for run in check["runs"]):
            assert run["source"] == source and run["device"] == "cpu" and run["data_set"] == "digits"
            assert len(run["losses"]) == 200 and run["accuracy"] >= run["threshold"] > 0.5
            assert run["losses"][-1] < 0.5 * run["losses"][0]
        stands = [check["message"] for check in checks if "reference's curve stands" in check["message"]]
        assert len(stands) == (7 if mode == "replay" else 0)


def test_what_runs_on_the_cpu_only_is_told_so_and_loses_nothing(judge, sandbox):
    """A NumPy solution, and state that is made on the CPU; with the line. Right code hears nothing."""
    numpy = """
        from optimizers_as_they_should_be import *
        class SGD(SGD):
            def update(self, param, grad, state):
                grad = grad.numpy() + self.weight_decay * param.numpy()
                param.numpy()[...] -= self.lr * grad
    """
    state = """
        import torch
        from optimizers_as_they_should_be import *
        class SGD(SGD):
            def update(self, param, grad, state):
                zero = torch.zeros(param.shape)
                super().update(param, zero.add_(grad), state)
    """
    for source, words in ((numpy, "computes in NumPy"), (state, "tensors of two devices"), (SOURCES["right"], "")):
        verdict, _, judgement = judged(judge, sandbox, source)
        remarks = " ".join(judgement.remarks)
        assert verdict == Verdict.PASSED and words in remarks, remarks
        assert bool(words) == ("CPU only" in remarks)
        assert not words or "optimizers.py, line" in remarks


def test_a_gpu_that_no_sandbox_can_use_is_left_alone_or_refused(tmp_path):
    """Unless it was asked for by name, networks train on the CPU then, and the batch says so."""
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    sources = find_submissions([commands.SAMPLES / "right" / "update_hook"], LAB).sources
    notices = []
    events = batch.Events(*[lambda *_: None] * 3, notices.append, lambda *_: None)
    order = batch.Order(LAB, sources, tmp_path, 1, "auto", LAB.manifest.limits, Training("replay", "cuda", True))
    batch.run(order, events)
    runs = [r for q in commands.report(tmp_path, "update_hook")["questions"] for c in q["checks"] for r in c["runs"]]
    assert {run["device"] for run in runs} == {"cpu"} and "CUDA cannot be started" in " ".join(notices)
    with pytest.raises(IsolationError, match="--device cpu does without"):
        batch.run(replace(order, training=Training("replay", "cuda")), events)


def test_a_device_that_is_not_there_is_refused_in_a_sentence(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    done = commands.grade("run", commands.SAMPLES / "right" / "update_hook", "--out", tmp_path, "--device", "cuda")
    assert done.returncode == 2 and "sees no CUDA device" in done.stderr and not list(Path(tmp_path).iterdir())
