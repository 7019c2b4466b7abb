"""How long a worker takes until it is locked down and answers: `python ready.py LAB REPEATS` prints milliseconds."""

import json
import sys
import time

from autograder.channel import Worker
from autograder.lab import Lab
from autograder.sandbox import Sandbox


def main(lab_name: str, repeats: int) -> None:
    lab = Lab.find(lab_name)
    limits = lab.manifest.limits
    times = []
    with Sandbox.start("auto", lab, limits) as sandbox:
        for _ in range(repeats):
            started = time.perf_counter()
            worker = Worker(sandbox, limits, lambda output: None)
            times.append(1000 * (time.perf_counter() - started))
            worker.close()
    print(json.dumps(times))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
