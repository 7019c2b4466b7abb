"""The grader under attack: one batch in one profile, a look around after each student's row.

A process of its own, started from the stage's copy of the project.  Reads `Assignment` as JSON from stdin; writes a
line of JSON to the file named there for each submission, `{"refused": why}` if the profile does not hold here, and
`{"done": …}` at the end.  One judge at a time, so that whatever is found after a row is that submission's doing.
"""

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "harness")]

from assignment import Assignment, Cell  # noqa: E402
from canaries import Canaries, HiddenNumbers, numbers_of_the_hidden_suite  # noqa: E402 - the path comes first
from commands import first_loss, kill  # noqa: E402
from processes import adopt_orphans, command_of, running_below, wait_until_empty  # noqa: E402
from traps import Cores, Doors, Files, Settings, SharedFolders, Signals, SystemV  # noqa: E402
from verdicts import question_faults  # noqa: E402

from autograder import batch  # noqa: E402
from autograder.errors import AutograderError, IsolationError  # noqa: E402
from autograder.folder import LIKENESS  # noqa: E402
from autograder.judge import training_of  # noqa: E402
from autograder.lab import Lab  # noqa: E402
from autograder.records import Row  # noqa: E402
from autograder.roster import find_submissions  # noqa: E402
from autograder.text import plain  # noqa: E402
from autograder.worker import kernel  # noqa: E402

GRACE_SECONDS = 2.0  # that a process may outlive the row
RECORD = ("report.json", "report.html", "worker.log")
RECORD_BYTES = 256 << 10
MESSAGE_LENGTH = 160
OWN_USER = ("namespaces", "slots")


class Lookout:
    """Looks around whenever a row has come."""

    def __init__(self, assignment: Assignment):
        self._assignment = assignment
        self._canaries = Canaries(assignment.canaries)
        self._numbers = HiddenNumbers(numbers_of_the_hidden_suite())
        root, results = Path(assignment.root), Path(assignment.results)
        self.results = results
        self._cells = open(assignment.cells, "w", encoding="utf-8", buffering=1)  # noqa: SIM115 - as long as we live
        self._doors = Doors(root / "outside")
        self._signals = Signals(Path(assignment.cells).with_suffix(".signals"))
        self._shared = [SharedFolders(_is_workers(assignment.profile)), SystemV()]
        written_by_us = (str(root / "results"), str(root / "notes"), str(root / "tmp" / "autograder-"))
        self._files = Files(root, lambda path: path.startswith(written_by_us))
        self._traps = [self._doors, self._signals, self._files, Cores()]
        self._own: set[int] = set()
        self._records = Files(results)
        self._model: Any = None  # the first neighbour's record
        self._started = 0.0
        self._mishaps: list[str] = []
        self._order = iter(assignment.order)  # one judge at a time, so rows come in this order

    def on_ready(self, profile: str) -> None:
        self._own = running_below(os.getpid())
        self._traps.append(Settings({os.getpid(), *self._own}))
        self._note(ready=profile)
        self._sprung("")
        self._started = time.monotonic()

    def on_notice(self, text: str) -> None:
        if LIKENESS in text:  # the attacks are alike indeed
            return
        self._mishaps.append(f"a mishap: {text}")

    def on_unwritten(self, what: str, why: str) -> None:
        self._mishaps.append(f"{what} could not be written: {why}")

    def on_row(self, _: Row) -> None:
        name = next(self._order)
        faults = self._left_running()
        seconds = time.monotonic() - self._started
        for trap in self._shared:
            trap.text = self._assignment.texts.get(name, "")
        faults += self._sprung(name)
        verdict, message = "none", ""
        if (path := self.results / name / "report.json").exists():
            report = json.loads(path.read_bytes())
            faults += self._leaks(name, report)
            faults += self._verdict_faults(name, report)
            verdict, message = self._shown(name, report)
        faults += self._mishaps
        self._mishaps.clear()
        self._note(cell=asdict(Cell(name, round(seconds, 2), verdict, plain(message, MESSAGE_LENGTH), faults)))
        self._started = time.monotonic()

    def refuse(self, why: str) -> None:
        self._note(refused=why)

    def finish(self) -> None:
        """What only shows when all is over."""
        table = (self.results / "grades.csv").read_text("utf-8")
        faults = [f"grades.csv holds the word of {place}" for place in self._canaries.found_in(table)]
        left_behind = [path.name for path in (Path(self._assignment.root) / "tmp").glob("autograder-*")]
        faults += [f"the temporary folder keeps {name}" for name in left_behind]
        self._note(done=faults + self._mishaps)

    def close(self) -> None:
        self._doors.close()

    def _left_running(self) -> list[str]:
        left = wait_until_empty(lambda: running_below(os.getpid()) - self._own, GRACE_SECONDS)
        if self._mishaps:  # which may have brought a new zygote
            self._own |= left
            return []
        faults = [f"left running after {GRACE_SECONDS:g} s: {command_of(pid)}" for pid in sorted(left)]
        kill(left)
        return faults

    def _note(self, **what: Any) -> None:
        self._cells.write(json.dumps(what) + "\n")

    def _sprung(self, student: str) -> list[str]:
        faults = [fault for trap in (*self._traps, *self._shared) for fault in trap.sprung()]
        own = str(self.results / student)
        for fault in self._records.sprung():
            path = fault.partition(" ")[2]
            if not (path == own or (path.startswith(f"{own}/") and Path(path).name in RECORD)):
                faults.append(fault)
        return [fault.replace(f"{self._assignment.root}/", "") for fault in faults]

    def _leaks(self, name: str, report: dict[str, Any]) -> list[str]:
        faults = []
        for path in sorted((self.results / name).iterdir()):
            text = path.read_text("utf-8", "replace")
            if len(text) > RECORD_BYTES:
                faults.append(f"{path.name} has {len(text) >> 10} KB")
            if path.name == "worker.log" and (odd := {c for c in text if not (c.isprintable() or c in "\n\t")}):
                faults.append(f"worker.log holds {sorted(odd)[:3]!a}")
            places = self._canaries.found_in(text) if name in self._assignment.expected else []
            faults += [f"{path.name} holds the word of {place}" for place in places]
        messages = {check["message"] for question in report["questions"] for check in question["checks"]}
        numbers = sorted({number for message in messages for number in self._numbers.found_in(message)})
        faults += [f"the feedback holds a hidden number, {number}" for number in numbers[:3]]
        never = self._assignment.expected.get(name, {}).get("never", [])
        return faults + [f"the feedback matches {p!r}" for p in never if any(re.search(p, m) for m in messages)]

    def _verdict_faults(self, name: str, report: dict[str, Any]) -> list[str]:
        expected = self._assignment.expected.get(name)
        if expected is not None:
            # Words are the sample class's to hold: this lab hides the values that they may speak of.
            lost, lacks = {"lost": expected.get("lost", {})}, self._assignment.lacking.get(name, ())
            return [fault for question in report["questions"] for fault in question_faults(question, lost, lacks)]
        record = _comparable(report)
        if self._model is None:
            self._model = record
        full = [fault for question in report["questions"] for fault in question_faults(question, {})]
        return full + ["its record is not the first neighbour's"] * (record != self._model)

    def _shown(self, name: str, report: dict[str, Any]) -> tuple[str, str]:
        """The verdict and the message of the question that was attacked, or of the first that lost points."""
        lost = self._assignment.expected.get(name, {}).get("lost", {})
        questions = sorted(report["questions"], key=lambda question: question["id"] not in lost)
        losses = [loss for question in questions if (loss := first_loss(question))]
        if report["status"] != "graded":
            return report["status"], losses[0]["message"] if losses else ""
        return (losses[0]["verdict"], losses[0]["message"]) if losses else ("passed", "")


def _is_workers(profile: str) -> Callable[[int], bool]:
    """Whether a user id is one that workers have: root's are users of their own where the profile gives them one."""
    ours = os.geteuid()
    if ours == 0 and profile in OWN_USER:
        return lambda uid: uid != 0
    return lambda uid: uid == ours


def _comparable(report: dict[str, Any]) -> Any:
    """A record without what two equal submissions may differ in: name, key and times."""
    questions = [
        {**question, "checks": [{**check, "seconds": 0} for check in question["checks"]]}
        for question in report["questions"]
    ]
    return {**report, "student": "", "key": "", "questions": questions}


def main() -> None:
    kernel.die_with_parent(signal.SIGKILL)
    kernel.set_dumpable(False)
    adopt_orphans()
    assignment = Assignment(**json.load(sys.stdin))
    lookout = Lookout(assignment)
    lab = Lab.find("optimization")
    by_name = {source.student: source for source in find_submissions([Path(assignment.classroom)], lab).sources}
    sources = [by_name[name] for name in assignment.order]
    order = batch.Order(
        lab, sources, lookout.results, 1, assignment.profile, lab.manifest.limits, training_of(lab, None, "auto")
    )
    events = batch.Events(
        on_ready=lookout.on_ready,
        on_fault=lambda fault: sys.exit(fault),
        on_row=lookout.on_row,
        on_notice=lookout.on_notice,
        on_unwritten=lookout.on_unwritten,
    )
    try:
        batch.run(order, events)
        lookout.finish()
    except IsolationError as error:
        lookout.refuse(str(error))
    except AutograderError as error:
        sys.exit(str(error))
    finally:
        lookout.close()


if __name__ == "__main__":
    main()
