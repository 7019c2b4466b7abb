"""CPU seconds of the lab's arithmetic alone: `python arithmetic.py LAB ROOT REPEATS` prints one a repeat.

Every scenario of the hidden suite on the reference, in this process: no comparison, no channel, no pytest.
"""

import json
import sys
import time
from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from autograder.judge import Check
from autograder.lab import Lab
from autograder.plugin import collect
from autograder.worker import modules


def main(lab_name: str, root: str, repeats: int) -> None:
    torch.set_num_threads(1)
    lab = Lab.find(lab_name, Path(root))
    names = [name.removesuffix(".py") for name in lab.manifest.given + lab.manifest.required_files]
    reference = modules.load([str(lab.reference), str(lab.handout)], names)
    passes = collect(lab, lambda judge, checks: [_one_pass(checks, reference) for _ in range(repeats + 1)])
    print(json.dumps(passes[1:]))  # the first warms torch up


def _one_pass(checks: Sequence[Check], reference: SimpleNamespace) -> float:
    """As for one student: what a check asks of the reference by itself is computed once a class, so it is not timed."""
    spent = 0.0

    def timed(scenario: Any, **inputs: Any) -> Any:
        nonlocal spent
        started = time.process_time()
        trace = scenario(reference, **inputs)
        spent += time.process_time() - started
        return trace

    def agree(scenario: Any, /, tolerance: Any = None, unlike: Any = None, **inputs: Any) -> None:
        timed(scenario, **inputs)

    known = SimpleNamespace(run=lambda scenario, **inputs: scenario(reference, **inputs))
    fixtures = {"agree": agree, "student": SimpleNamespace(run=timed), "reference": known}
    for check in checks:
        body = check.item.function  # type: ignore[attr-defined]
        body(**{name: fixtures[name] for name in signature(body).parameters})
    return spent


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
