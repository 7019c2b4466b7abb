"""One hand-in on Gradescope's machine: grade it there, and say what became of it as `results.json`.

Whatever goes wrong, there is something to write: that nothing was graded, and why, in words that a student may read.
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import batch
from autograder.archives import ARCHIVES, FOREIGN_ARCHIVES
from autograder.entries import is_left_behind
from autograder.errors import AutograderError, HarnessError, InstructorError, IsolationError
from autograder.exports.gradescope import Circumstances, Told, not_graded, results
from autograder.judge import training_of
from autograder.lab import Lab
from autograder.machine import fitting, memory_mb
from autograder.records import read_record
from autograder.submission import Source

SECONDS_LIMIT = 420.0  # for all checks: with the start, and a stuck judge's grace, below Gradescope's ten minutes
_STUDENT = "submission"  # what the record's folder is called: the students' names could not all be a folder's
_METADATA_LIMIT = 16 << 20  # it holds earlier results
_MOST_STUDENTS = 100

Data = dict[str, Any]
Notify = Callable[[str], None]


@dataclass(frozen=True)
class HandIn:
    """What Gradescope gives: the folder that was handed in, and the file that tells who did."""

    folder: Path
    metadata: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """The content of results.json, and whether it is a grade that needs no more of staff."""

    data: Data
    needs_staff: bool


def grade(lab: Lab, hand_in: HandIn, told: Told, mode: str | None, notify: Notify) -> Outcome:
    """Grade one hand-in; `mode` is "train", "replay" or lab.toml's; `notify` hears what staff may read.

    Raises nothing but KeyboardInterrupt: what goes wrong comes out as an outcome.
    """
    started = time.monotonic()
    try:
        data = _grade(lab, hand_in, told, mode, notify, started)
    except AutograderError as error:
        notify(_for_staff(error))
        data = not_graded(_why(error), time.monotonic() - started)
    except Exception as error:  # the last door: behind it is Gradescope's page, and a zero
        notify(f"The grader itself failed with {type(error).__name__}: please report it.")
        data = not_graded("The grader itself failed.", time.monotonic() - started)
    return Outcome(data, needs_staff=data["extra_data"]["status"] == "needs staff")


def _grade(lab: Lab, hand_in: HandIn, told: Told, mode: str | None, notify: Notify, started: float) -> Data:
    limits = fitting(lab.manifest.limits, SECONDS_LIMIT, memory_mb())
    notify(f"A check may use {limits.memory_mb} MB of memory here, of {lab.manifest.limits.memory_mb} MB in lab.toml.")
    with tempfile.TemporaryDirectory(prefix="gradescope-") as folder:
        source = Source(_STUDENT, _handed_in(hand_in.folder))
        order = batch.Order(lab, [source], Path(folder), 1, "auto", limits, training_of(lab, mode, "cpu"))
        batch.run(order, _events(notify))
        report = read_record(Path(folder, _STUDENT))
        if report is None:
            raise HarnessError("The report could not be written: there is no room, or no right to write.")
        log = Path(folder, _STUDENT, "worker.log").read_text("utf-8")
    return results(report, told, Circumstances(students(hand_in.metadata), time.monotonic() - started, log))


def _handed_in(folder: Path) -> Path:
    """The folder, or the one archive that is all there is in it: Gradescope unpacks zips, and no tar."""
    try:
        entries = [entry for entry in folder.iterdir() if not is_left_behind(entry.name)]
    except OSError:
        return folder  # reading the submission says why
    lone = entries[0] if len(entries) == 1 and entries[0].is_file() and not entries[0].is_symlink() else folder
    return lone if lone.name.lower().endswith(ARCHIVES + FOREIGN_ARCHIVES) else folder


def students(metadata: Path | None) -> tuple[str, ...]:
    """The names in Gradescope's submission_metadata.json; none where it cannot be read, which costs nobody a grade."""
    try:
        if metadata is None or metadata.stat().st_size > _METADATA_LIMIT:
            return ()
        users = json.loads(metadata.read_bytes())["users"][:_MOST_STUDENTS]
        return tuple(name for user in users if isinstance(name := user.get("name"), str) and name.strip())
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()


def _events(notify: Notify) -> batch.Events:
    """Of the hidden checks nothing is told: what is printed may end up before a student."""
    return batch.Events(
        on_ready=lambda profile: notify(f"Isolation: {profile}."),
        on_fault=lambda _: notify("A hidden check fails on the reference itself: `grade.py run` says which."),
        on_row=lambda _: None,
        on_notice=notify,
        on_unwritten=lambda what, why: notify(f"{what} could not be written: {why}."),
    )


def _why(error: AutograderError) -> str:
    """For the student: whose fault it was, and none of the hidden suite's words."""
    if isinstance(error, InstructorError):
        return "The lab's own checks do not work."
    if isinstance(error, IsolationError):
        return "The machine does not let the grader lock a student's code in, and so nothing was run."
    return "The machine that grades lacks something."


def _for_staff(error: AutograderError) -> str:
    if isinstance(error, InstructorError):
        return "The lab's own files are at fault: `python grade.py run` on any submission says where."
    return str(error)
