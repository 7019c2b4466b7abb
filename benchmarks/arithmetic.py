"""CPU seconds of the lab's arithmetic alone: `python arithmetic.py LAB REPEATS` prints one figure a repeat.

Every scenario of the hidden suite on the reference, in this process: no comparison, no channel, no pytest.
"""

import json
import sys
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch

from autograder.judge import Check
from autograder.lab import Lab
from autograder.plugin import collect
from autograder.worker import modules


def main(lab_name: str, repeats: int) -> None:
    torch.set_num_threads(1)
    lab = Lab.find(lab_name)
    names = sorted({question.module for question in lab.manifest.questions} | {"base"})
    reference = modules.load([str(lab.reference), str(lab.handout)], names)
    passes = collect(lab, lambda judge, checks: [_one_pass(checks, reference) for _ in range(repeats + 1)])
    print(json.dumps(passes[1:]))  # the first warms torch up


def _one_pass(checks: Sequence[Check], reference: SimpleNamespace) -> float:
    spent = 0.0

    def agree(scenario: Any, /, tolerance: Any = None, **inputs: Any) -> None:
        nonlocal spent
        started = time.process_time()
        scenario(reference, **inputs)
        spent += time.process_time() - started

    for check in checks:
        check.item.function(agree)  # type: ignore[attr-defined]
    return spent


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
