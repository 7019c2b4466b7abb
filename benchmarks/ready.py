"""How long a worker takes until it is locked down and answers: `python ready.py LAB ROOT REPEATS`.

Prints `{profile: milliseconds of each}` as JSON, for the profiles that hold here.
"""

import json
import sys
import time
from pathlib import Path

from autograder.channel import Worker
from autograder.errors import IsolationError
from autograder.lab import Lab
from autograder.sandbox import ISOLATION, Sandbox


def main(lab_name: str, root: str, repeats: int) -> None:
    lab = Lab.find(lab_name, Path(root))
    print(json.dumps({profile: times for profile in ISOLATION["auto"] if (times := measured(lab, profile, repeats))}))


def measured(lab: Lab, profile: str, repeats: int) -> list[float]:
    limits = lab.manifest.limits
    times = []
    try:
        with Sandbox.start(profile, lab, limits) as sandbox:
            for _ in range(repeats):
                started = time.perf_counter()
                worker = Worker(sandbox, limits, lambda output: None)
                times.append(1000 * (time.perf_counter() - started))
                worker.close()
    except IsolationError:
        return []
    return times


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
