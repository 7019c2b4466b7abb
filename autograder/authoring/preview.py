"""Some checks on one submission, at once: what an author looks at while writing them."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from autograder.errors import UsageError
from autograder.grading import rehearse
from autograder.inprocess import InProcess
from autograder.judge import Check, CheckResult, Judge
from autograder.lab import Lab
from autograder.plugin import collect
from autograder.roster import student_name
from autograder.sandbox import Sandbox, libraries_in
from autograder.student import Student
from autograder.submission import Source, Submission, read_submission

if TYPE_CHECKING:
    from autograder.diagnose import Diagnosis

_SUGGESTED = 8


@dataclass(frozen=True)
class Preview:
    """What the checks said, and by question which known mistake that is; `faulty` ones fail on the reference itself."""

    results: Sequence[CheckResult]
    faulty: Mapping[str, CheckResult]
    diagnoses: "Mapping[str, Diagnosis]"


def preview(lab: Lab, wanted: str, path: Path, isolation: str) -> Preview:
    """Run the checks whose name or title contains `wanted` on the folder, archive or file at `path`.

    A file may have any name: it stands for the one that the check's question asks for.

    Args:
        isolation: as of `Sandbox.start`, or "none" for this very process, where breakpoints work.

    Raises:
        UsageError: there is no such check, or nothing at `path`.
        InstructorError: the suite cannot be collected.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist. Give a folder, an archive or a .py file.")
    # Two processes import torch, which takes longer than all the rest: both at a time.
    Thread(target=import_module, args=("torch",)).start()
    preload = libraries_in([_submission(lab, lab.manifest.required_files[0], path)])
    with (
        nullcontext() if isolation == "none" else Sandbox.start(isolation, lab, lab.manifest.limits, preload) as sandbox
    ):
        return collect(lab, lambda judge, checks: _preview(judge, _matching(checks, wanted), path, sandbox))


def _preview(judge: Judge, checks: Sequence[Check], path: Path, sandbox: Sandbox | None) -> Preview:
    faulty = rehearse(judge, checks)
    sound = [check for check in checks if check.name not in faulty]
    submission = _submission(judge.lab, checks[0].question.file, path)
    limits = judge.lab.manifest.limits
    runner = Student(sandbox, submission, judge.lab, limits) if sandbox else InProcess(submission, judge.lab)
    results = list(judge.judge(sound, runner))
    found = {
        q.id: judge.diagnose(q, [result.verdict for result in results if result.question == q.id])
        for q in judge.lab.manifest.questions
    }
    return Preview(results, faulty, {question: diagnosis for question, diagnosis in found.items() if diagnosis})


def _matching(checks: Sequence[Check], wanted: str) -> Sequence[Check]:
    found = [check for check in checks if wanted in check.name or wanted.lower() in check.title.lower()]
    if not found:
        names = sorted({check.name.partition("::")[2] for check in checks})
        near = get_close_matches(wanted, names, _SUGGESTED, cutoff=0.4) or names[:_SUGGESTED]
        raise UsageError(f"No hidden check is called {wanted!r}. There is: {', '.join(near)}.")
    return found


def _submission(lab: Lab, file: str, path: Path) -> Submission:
    """What is at `path`; a single file stands for `file`."""
    if path.suffix == ".py" and path.is_file():
        return Submission(student_name(path), {file: path.read_bytes()})
    return read_submission(Source(student_name(path), path), lab)
