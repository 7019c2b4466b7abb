"""What otter's test files call: one hidden check, on what the student's notebook defines.

Runs in otter's kernel, from a copy in otter's archive, where `reference/` and `hidden/` lie beside it.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autograder.compare import Tolerance, first_difference
from autograder.worker.modules import load

_HERE = Path(__file__).parent


def _modules_in(folder: str) -> SimpleNamespace:
    return load([str(_HERE / folder)], sorted(path.stem for path in (_HERE / folder).glob("*.py")))


_REFERENCE = _modules_in("reference")
_SUITE = _modules_in("hidden")


def check(module: str, function: str, env: dict[str, Any]) -> None:
    """Run the hidden check `function` of `module` on the notebook's globals; raises where they disagree."""
    student = _student(env)

    def agree(
        scenario: Any,
        /,
        tolerance: Tolerance | None = None,
        unlike: Callable[[Any, Any], str | None] | None = None,
        **inputs: Any,
    ) -> None:
        expected, got = scenario(_REFERENCE, **inputs), scenario(student, **inputs)
        found = unlike(expected, got) if unlike else first_difference(expected, got, tolerance or Tolerance())
        assert found is None, found if isinstance(found, str) else found.describe()

    body = getattr(getattr(_SUITE, module), function)
    offered = {"agree": agree, "student": _Side(student), "reference": _Side(_REFERENCE)}
    body(**{name: offered[name] for name in signature(body).parameters})


@dataclass(frozen=True)
class _Side:
    """What a check's fixtures `student` and `reference` are."""

    lab: SimpleNamespace

    def run(self, scenario: Any, **inputs: Any) -> Any:
        return scenario(self.lab, **inputs)


class _Notebook:
    """The notebook as a module: what is set on it, its own functions see."""

    def __init__(self, env: dict[str, Any]):
        self.__dict__ = env


def _student(env: dict[str, Any]) -> SimpleNamespace:
    """The lab's modules as scenarios ask for them: the given files, and the notebook in place of all others."""
    notebook = _Notebook(env)
    given = {name for name in vars(_REFERENCE) if (_HERE / f"{name}.py").exists()}
    return SimpleNamespace(
        **{name: importlib.import_module(name) if name in given else notebook for name in vars(_REFERENCE)}
    )
