"""The optimization lab's hidden suite, reference and misconceptions, in this process, for our tests."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import getdoc, signature
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from autograder.compare import Difference, Tolerance, first_difference
from autograder.worker.modules import load as load_modules

ROOT = Path(__file__).parents[2]
FOLDERS = ["reference/optimization", "assignments/optimization/handout", "tests/hidden/optimization"]
LAB = ["base", "model", "optimizers", "schedulers", "lr_finder", "training"]
MISTAKES = ["misconceptions", *(f"misconceptions.{name}" for name in ("marking", *LAB[2:]))]
SCENARIOS = ["scenarios", "finder_scenarios", "loop_scenarios"]
SUITES = ["test_optimizers", "test_schedulers", "test_lr_finder", "test_training"]
SUITE = [*SCENARIOS, "problems", "finder_problems", "loop_problems", *SUITES]
COMPONENTS = {
    "sgd": "SGD",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "lookahead": "Lookahead",
    "step_lr": "StepLR",
    "exponential_lr": "ExponentialLR",
    "cosine_annealing_lr": "CosineAnnealingLR",
    "warm_restarts": "CosineAnnealingWarmRestarts",
    "cyclic_lr": "CyclicLR",
    "warmup_cosine_lr": "WarmupCosineLR",
    "lr_range_test": "lr_range_test",
    "smooth": "smooth",
    "suggest_lr": "suggest_lr",
    "diagnose": "diagnose",
    "clip_grad_norm": "clip_grad_norm",
    "early_stopping": "EarlyStopping",
    "train_epoch": "train_epoch",
    "evaluate": "evaluate",
    "fit": "fit",
}


class Disagreement(AssertionError):
    """A check failed: the scenario raised, or its trace differs."""

    def __init__(self, found: Difference | Exception | str) -> None:
        super().__init__(found.describe() if isinstance(found, Difference) else str(found))
        self.found = found


@dataclass(frozen=True)
class Check:
    """One hidden check: its question, points, title and function."""

    name: str
    question: str
    points: float
    title: str
    function: Any

    def call(self, **fixtures: Any) -> None:
        """Run it with those of the fixtures that it asks for."""
        self.function(**{name: fixtures[name] for name in signature(self.function).parameters})

    def verdict(
        self, reference: Any, lab: Any, tolerance: Tolerance | None = None
    ) -> Difference | Exception | str | None:
        """What is wrong with `lab` by this check, or None."""

        def agree(scenario: Any, /, unlike: Any = None, **inputs: Any) -> None:
            expected, got = scenario(reference, **inputs), run(scenario, **inputs)
            difference = unlike(expected, got) if unlike else first_difference(expected, got, tolerance)
            if difference:
                raise Disagreement(difference)

        def run(scenario: Any, **inputs: Any) -> Any:
            try:
                return scenario(lab, **inputs)
            except Exception as error:
                raise Disagreement(error) from error

        known = SimpleNamespace(run=lambda scenario, **inputs: scenario(reference, **inputs))
        try:
            self.call(agree=agree, student=SimpleNamespace(run=run), reference=known)
        except Disagreement as disagreement:
            return disagreement.found
        except AssertionError as error:
            return error
        return None


def load() -> tuple[Any, ModuleType, list[Check]]:
    """(the reference's lab, the misconceptions, the checks)."""
    modules = vars(load_modules([str(ROOT / folder) for folder in FOLDERS], LAB + MISTAKES + SUITE))
    lab = SimpleNamespace(**{name: modules[name] for name in LAB})
    return lab, modules["misconceptions"], [check for suite in SUITES for check in checks_of(modules[suite])]


def checks_of(suite: ModuleType) -> Iterator[Check]:
    for name, function in vars(suite).items():
        if name.startswith("test_"):
            (mark,) = [mark for mark in function.pytestmark if mark.name == "question"]
            title = getdoc(function) or ""
            yield Check(name, mark.args[0], mark.kwargs["points"], title, function)


def with_part(lab: Any, question: str, part: Any) -> SimpleNamespace:
    """The lab with one class or function replaced: the one that the question asks for.

    The module is made afresh around it, so that what else is in there calls the replacement.
    """
    name = COMPONENTS[question]
    place = next(module for module in LAB[2:] if hasattr(getattr(lab, module), name))
    module = ModuleType(place)
    source = ROOT / "reference" / "optimization" / f"{place}.py"
    with modules_of(lab):
        exec(compile(source.read_text("utf-8"), str(source), "exec"), vars(module))
    setattr(module, name, part)
    return SimpleNamespace(**{**vars(lab), place: module})


@contextmanager
def modules_of(lab: Any) -> Iterator[None]:
    """For the time of an import, the lab's modules under their own names."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in vars(lab).items():
            patch.setitem(sys.modules, name, module)
        yield
