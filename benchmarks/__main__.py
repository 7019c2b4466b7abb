"""`make bench`: this grader, a plain pytest process and `otter run`, on the same submissions with the same checks.

Then training: this grader, its replay, and a process for each training run.

Prints the figures and puts them into docs/benchmarks.md, which also says what is counted.
"""

import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import measure
import projects
import training_cost
from contenders import JOBS, Class, OtterRun, PlainPytest, ThisGrader, agree_on_grades
from measure import BenchmarkError, Cost, Memory
from report import Figures, Parts, Round, Scale, markdown, write
from training_cost import Sizes

from autograder.lab import ROOT, Lab

DOCUMENT = ROOT / "docs" / "benchmarks.md"
LAB = "optimization"
WRONG = ROOT / "tests" / "submissions" / "wrong" / "adam_without_bias_correction"
SMALL, PROCESSES = 10, 3
SIZES, REPEATS = (2, 10, 300), (3, 3, 1)
WORKERS, PASSES = 200, 5
TRAINING, QUICK_TRAINING = Sizes((2, 8), (2, 22)), Sizes((2, 6), (2, 10))


def main() -> int:
    options = _options()
    measure.adopt_orphans()
    if importlib.util.find_spec("ipykernel") is None:
        raise BenchmarkError(
            "`otter run` needs a Jupyter kernel, and ipykernel is not installed: pip install ipykernel."
        )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures = _measure(options, Path(folder))
    text = markdown(figures)
    print(text)
    if not options.quick:
        write(DOCUMENT, text, "bench")
        print(f"\nWritten to {DOCUMENT.relative_to(ROOT)}.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__)
    parser.add_argument("--copies", type=int, default=100, help="submissions in the class (default: 100)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the comparison (default: 3)")
    parser.add_argument("--no-scale", dest="scale", action="store_false", help="leave out the class of 300")
    parser.add_argument("--quick", action="store_true", help="20 copies, one round, no scale; only prints")
    options = parser.parse_args()
    if options.quick:
        options.copies, options.rounds, options.scale = 20, 1, False
    if options.copies <= SMALL or options.rounds < 1:
        parser.error(f"--copies must be more than {SMALL}, --rounds at least 1")
    return options


def _measure(options: argparse.Namespace, folder: Path) -> Figures:
    lab = projects.without_training(LAB, folder / "project")
    students = Class(lab, folder)
    ours, plain, otter = ThisGrader(lab, folder), PlainPytest(lab, folder), OtterRun(lab, folder)
    _say("Do all three grade alike?")
    agree_on_grades(students, WRONG, ours, plain, otter)
    small, large = students.of(SMALL), students.of(options.copies)
    rounds = []
    for number in range(options.rounds):
        some = ours.class_cost(small)
        pytest_costs, lean_costs, otter_costs = [], [], []
        for turn in range(PROCESSES):
            one = students.copy(folder / "one", 1000 + number * PROCESSES + turn)
            notebook = otter.prepare(one)
            pytest_costs.append(plain.grade(one)[0])
            lean_costs.append(plain.grade(one, lean=True)[0])
            otter_costs.append(otter.grade(notebook)[0])
        all_ = ours.class_cost(large)
        rounds.append(
            Round(
                all_.a_piece(options.copies),
                all_.marginal(some, options.copies - SMALL),
                measure.median(pytest_costs),
                measure.median(lean_costs),
                measure.median(otter_costs),
            )
        )
        shown = ", ".join(f"{c.cpu:.3f}" for c in vars(rounds[-1]).values())
        _say(f"Round {number + 1} of {options.rounds}, CPU seconds a submission (a), (a′), (b), (b′), (c): {shown}.")
    parts = Parts(_figures("ready.py", lab, WORKERS, folder), _figures("arithmetic.py", lab, PASSES, folder))
    sizes = QUICK_TRAINING if options.quick else TRAINING
    training = training_cost.measured(LAB, folder / "training", options.rounds, sizes, _say)
    scale = _scale(ours, students) if options.scale else None
    return Figures(options.copies, SMALL, PROCESSES, JOBS, rounds, parts, sizes, training, scale)


def _figures(script: str, lab: Lab, repeats: int, folder: Path) -> Any:
    """What the script beside this file prints."""
    log = folder / f"{script}.log"
    measure.run([sys.executable, Path(__file__).with_name(script), lab.name, lab.root, str(repeats)], log)
    return json.loads(log.read_text("utf-8").splitlines()[-1])


def _scale(ours: ThisGrader, students: Class) -> Scale:
    classes = [students.of(size) for size in SIZES]
    costs: list[list[Cost]] = [[] for _ in SIZES]
    memory = [Memory() for _ in SIZES]
    for turn in range(max(REPEATS)):
        for i, repeats in enumerate(REPEATS):
            if turn < repeats:
                _say(f"A class of {SIZES[i]}.")
                costs[i].append(ours.class_cost(classes[i], memory[i]))
    small, middle, large = (measure.median(each) for each in costs)
    return Scale(SIZES, (small, middle, large), (memory[1], memory[2]))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchmarkError as error:
        sys.exit(f"Error: {error}")
