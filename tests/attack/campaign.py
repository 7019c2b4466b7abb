"""One profile from outside: start the runner, see that it lives, read the terminal, gather the cells."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from assignment import Assignment, Cell
from commands import kill
from processes import command_of, is_stopped, running_below, wait_until_empty
from stage import Stage, is_neighbour
from verdicts import lacking

from autograder.lab import Lab

PROFILES = ("namespaces", "slots", "landlock")
_SILENCE_SECONDS = 180.0  # without a row, before the run is taken for hung
_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 3.0
_LINE_LENGTH = 1000
LAST, UNTRIED = "the run ended while this was graded", "not graded: the run had ended"

Progress = Callable[[int], None]  # told how many rows have come


@dataclass(frozen=True)
class Outcome:
    """One profile: its cells, or why there are none.

    Attributes:
        refused: why the profile does not hold on this machine; empty if it does.
        faults: what went wrong with the run as a whole.
    """

    profile: str
    seconds: float
    refused: str = ""
    cells: list[Cell] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def attack(stage: Stage, profile: str, on_progress: Progress) -> Outcome:
    """Grade the stage's class in `profile`."""
    started = time.monotonic()
    (stage.root / "notes").mkdir(exist_ok=True)
    stage.results(profile).mkdir()
    notes = stage.root / "notes" / f"{profile}.jsonl"
    faults = _run(stage, profile, notes, on_progress)
    lines = [json.loads(line) for line in notes.read_text("utf-8").splitlines()] if notes.exists() else []
    refused = next((line["refused"] for line in lines if "refused" in line), "")
    cells = [Cell(**line["cell"]) for line in lines if "cell" in line]
    if not refused:
        faults += next((line["done"] for line in lines if "done" in line), ["the run did not come to its end"])
        missing = stage.order[len(cells) :]
        cells += [Cell(name, 0.0, "none", "", [UNTRIED if i else LAST]) for i, name in enumerate(missing)]
        if not missing:
            faults += _terminal_faults(stage, profile)
    return Outcome(profile, round(time.monotonic() - started, 1), refused, cells, faults)


def _run(stage: Stage, profile: str, notes: Path, on_progress: Progress) -> list[str]:
    """Run the runner to its end; what was wrong with it."""
    command = [sys.executable, str(stage.project / "tests" / "attack" / "runner.py")]
    said = notes.with_suffix(".out")
    with said.open("wb") as output:
        runner = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=stage.environment(),
            cwd=stage.project,
            start_new_session=True,  # ^C is ours to handle
        )
    try:
        assert runner.stdin
        with contextlib.suppress(BrokenPipeError), runner.stdin:  # it died at once, which its status will say
            runner.stdin.write(json.dumps(asdict(_assignment(stage, profile, notes))).encode())
        faults = _watch(runner, notes, on_progress)
    finally:
        runner.kill()
        runner.wait()
    if runner.returncode:
        last_words = said.read_text("utf-8", "replace").strip().splitlines()[-3:]
        faults.append(f"the grader ended with {_status(runner.returncode)}: {' / '.join(last_words)}")
    left = wait_until_empty(lambda: running_below(os.getpid()), _GRACE_SECONDS)
    faults += [f"left running after the run: {command_of(pid)}" for pid in left]
    kill(left)
    return faults


def _assignment(stage: Stage, profile: str, notes: Path) -> Assignment:
    questions = Lab.find("optimization").manifest.questions
    return Assignment(
        profile=profile,
        root=str(stage.root),
        classroom=str(stage.classroom),
        results=str(stage.results(profile)),
        cells=str(notes),
        order=list(stage.order),
        expected={sample.name: sample.expected for sample in stage.samples},
        lacking={s.name: sorted(lacking(s.path, questions)) for s in stage.samples if s.path},
        texts={sample.name: b"\n".join(sample.contents()).decode("utf-8", "replace") for sample in stage.samples},
        canaries=dict(stage.canaries.words),
    )


def _watch(runner: "subprocess.Popen[bytes]", notes: Path, on_progress: Progress) -> list[str]:
    """Wait for the runner to end; wake it up if somebody stops it, and end it if nothing moves any more."""
    faults: list[str] = []
    seen, moved = 0, time.monotonic()
    while runner.poll() is None:
        time.sleep(_LOOK_SECONDS)
        if is_stopped(runner.pid):
            os.kill(runner.pid, signal.SIGCONT)
            faults = [*dict.fromkeys([*faults, f"the grader was stopped after row {seen}"])]
        count = sum('"cell"' in line for line in notes.read_text("utf-8").splitlines()) if notes.exists() else 0
        if count != seen:
            seen, moved = count, time.monotonic()
            on_progress(seen)
        if time.monotonic() - moved > _SILENCE_SECONDS:
            return [*faults, f"nothing came for {_SILENCE_SECONDS:g} s after row {seen}"]
    return faults


def _status(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _terminal_faults(stage: Stage, profile: str) -> list[str]:
    """What `grade.py run` says about the same class, from the records that are there, must be fit for a terminal."""
    results = stage.results(profile)
    done = subprocess.run(
        [sys.executable, "grade.py", "run", str(stage.classroom), "--out", str(results), "--isolation", profile,
         "--jobs", "1"],
        env=stage.environment(), cwd=stage.project, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    faults = [] if done.returncode == 0 else [f"grade.py ended with {_status(done.returncode)}: {text[-300:]}"]
    for line in text.splitlines():
        names = [sample.name for sample in stage.samples if sample.name in line]
        places = stage.canaries.found_in(line)
        faults += [f"grade.py prints the word of {place} for {' or '.join(names)}" for place in places]
        if not line.isprintable():
            faults.append(f"grade.py prints what commands a terminal for {' or '.join(names)}")
        if len(line) > _LINE_LENGTH:
            faults.append(f"grade.py prints a line of {len(line)} characters for {' or '.join(names)}")
    kept = sum(line.endswith("(kept)") for line in text.splitlines())
    if done.returncode == 0 and kept != len(stage.order):
        faults.append(f"grade.py graded {len(stage.order) - kept} again, which nothing had changed for")
    return faults


def by_attack(outcome: Outcome) -> dict[str, Cell]:
    return {cell.attack: cell for cell in outcome.cells}


def neighbours(outcome: Outcome) -> list[Cell]:
    return [cell for cell in outcome.cells if is_neighbour(cell.attack)]
