"""The student's door: the handout's public checks on a student's files, with plain pytest and no sandbox.

Works wherever Python does; needs nothing hidden.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from autograder.errors import HarnessError, SubmissionError, UsageError, Verdict
from autograder.lab import Lab
from autograder.notebooks.reading import Notebook
from autograder.roster import student_name
from autograder.submission import Source, Submission, lay_out, read_submission

_NOT_ATTEMPTED, _MESSAGE_LIMIT = "not attempted", 400
_FRAME = re.compile(r"^([\w./-]+\.py):(\d+): ", re.MULTILINE)


@dataclass(frozen=True)
class PublicResult:
    """How one public check ended; `question` is the id that the check's name begins with."""

    question: str
    name: str
    verdict: Verdict
    message: str


def check(path: Path, lab: Lab) -> list[PublicResult]:
    """Run the public checks on the folder, archive or notebook at `path`, in a copy, beside the handout's given files.

    Raises:
        UsageError: there is nothing at `path`.
        SubmissionError: it holds none of the lab's files.
        HarnessError: pytest itself did not run.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist. Give the folder that holds your {lab.manifest.required_files[0]}.")
    path = path.resolve()
    submission = read_submission(Source(student_name(path), path), lab)
    if submission.problem:
        raise SubmissionError(submission.problem)
    return check_submission(submission, lab)


def check_submission(submission: Submission, lab: Lab) -> list[PublicResult]:
    """Run the public checks on a student's files.

    Raises:
        HarnessError: pytest itself did not run.
    """
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        lay_out(folder, {**submission.files, **lab.given_files(), **_public_checks(lab)})
        return [
            replace(result, message=_placed(result.message, folder, submission.notebook))
            for result in _run_pytest(Path(folder), lab)
        ]


def _placed(message: str, folder: str, notebook: Notebook | None) -> str:
    """The message without the copy's folder; where a module was cut out of a notebook, with the cell instead."""

    def place(match: re.Match[str]) -> str:
        if notebook and match["file"] in notebook.places:
            return notebook.where(match["file"], int(match["line"]))
        return f"{match['file']}, line {match['line']}"

    message = message.replace(f"{folder}/", "")
    return re.sub(r'(?:File )?"?(?P<file>[\w./-]+\.py)"?(?:, line |:)(?P<line>\d+)', place, message).replace(" ()", "")


def _public_checks(lab: Lab) -> dict[str, bytes]:
    folder = lab.handout / "checks"
    paths = [*folder.glob("*.py"), *folder.glob("*.ini")]
    return {path.relative_to(lab.handout).as_posix(): path.read_bytes() for path in paths}


def _run_pytest(folder: Path, lab: Lab) -> Iterable[PublicResult]:
    results = folder / "results.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "checks",
        "-q",
        f"--junitxml={results}",
        "--override-ini=junit_family=xunit1",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    if not results.exists():
        raise HarnessError(f"pytest did not run the public checks:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    for case in ElementTree.parse(results).getroot().iter("testcase"):
        yield _result(case, lab)


def _result(case: ElementTree.Element, lab: Lab) -> PublicResult:
    name = case.get("name", "").removeprefix("test_")
    ids = [question.id for question in lab.manifest.questions if name.startswith(question.id)]
    question = max(ids, key=len, default="")
    for tag in ("failure", "error", "skipped"):
        fault = case.find(tag)
        if fault is not None:
            words = " ".join(fault.get("message", "").split())[:_MESSAGE_LIMIT]
            message = words.removeprefix("AssertionError: ").removeprefix("Failed: ")
            not_attempted = tag == "skipped" and message.startswith(_NOT_ATTEMPTED)
            verdict = {"failure": Verdict.FAILED, "error": Verdict.ERROR, "skipped": Verdict.SKIPPED}[tag]
            if tag != "skipped" and (place := _innermost(fault.text or "")):
                message = f"{message.rstrip('.')} ({place})"
            return PublicResult(question, name, Verdict.NOT_ATTEMPTED if not_attempted else verdict, message)
    return PublicResult(question, name, Verdict.PASSED, "")


def _innermost(traceback: str) -> str:
    """The innermost line of the student's own files that a short traceback passes, as "optimizers.py:12"."""
    own = [f"{file}:{line}" for file, line in _FRAME.findall(traceback) if not file.startswith("checks/")]
    return own[-1] if own else ""
