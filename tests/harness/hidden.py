"""The optimization lab's hidden suite, reference and misconceptions, in this process, for our tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import getdoc
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from autograder.compare import Difference, Tolerance, first_difference
from autograder.worker.modules import load as load_modules

ROOT = Path(__file__).parents[2]
FOLDERS = ["reference/optimization", "assignments/optimization/handout", "tests/hidden/optimization"]
LAB = ["base", "optimizers", "schedulers"]
MISTAKES = ["misconceptions", "misconceptions.optimizers", "misconceptions.schedulers"]
SUITE = ["scenarios", "problems", "test_optimizers", "test_schedulers"]
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
}


class Disagreement(AssertionError):
    """A check failed: the scenario raised, or its trace differs."""

    def __init__(self, found: Difference | Exception) -> None:
        super().__init__(found.describe() if isinstance(found, Difference) else repr(found))
        self.found = found


@dataclass(frozen=True)
class Check:
    """One hidden check: its question, points, title and function."""

    name: str
    question: str
    points: float
    title: str
    function: Any

    def verdict(self, reference: Any, lab: Any, tolerance: Tolerance | None = None) -> Difference | Exception | None:
        """What is wrong with `lab` by this check, or None."""

        def agree(scenario: Any, **inputs: Any) -> None:
            expected = scenario(reference, **inputs)
            try:
                got = scenario(lab, **inputs)
            except Exception as error:
                raise Disagreement(error) from error
            difference = first_difference(expected, got, tolerance)
            if difference:
                raise Disagreement(difference)

        try:
            self.function(agree)
        except Disagreement as disagreement:
            return disagreement.found
        return None


def load() -> tuple[Any, ModuleType, list[Check]]:
    """(the reference's lab, the misconceptions, the checks)."""
    modules = vars(load_modules([str(ROOT / folder) for folder in FOLDERS], LAB + MISTAKES + SUITE))
    lab = SimpleNamespace(**{name: modules[name] for name in LAB})
    suites = modules["test_optimizers"], modules["test_schedulers"]
    return lab, modules["misconceptions"], [check for suite in suites for check in checks_of(suite)]


def checks_of(suite: ModuleType) -> Iterator[Check]:
    for name, function in vars(suite).items():
        if name.startswith("test_"):
            (mark,) = [mark for mark in function.pytestmark if mark.name == "question"]
            title = getdoc(function) or ""
            yield Check(name, mark.args[0], mark.kwargs["points"], title, function)


def with_class(lab: Any, question: str, kind: type) -> SimpleNamespace:
    """The lab with one class replaced: the one that the question asks for."""
    modules = {name: dict(vars(getattr(lab, name))) for name in ("optimizers", "schedulers")}
    place = "optimizers" if COMPONENTS[question] in modules["optimizers"] else "schedulers"
    modules[place][COMPONENTS[question]] = kind
    return SimpleNamespace(base=lab.base, **{k: SimpleNamespace(**v) for k, v in modules.items()})
