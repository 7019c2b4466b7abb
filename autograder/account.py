"""What was read of a hand-in, file by file: what a student may be told of it at any time.

Nothing here depends on what a hidden check does: a file is looked at as text, and of running it only that counts what
came of importing it, before a worker has been sent any input.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.excerpts import definition
from autograder.lab import Lab, Question
from autograder.submission import Submission
from autograder.text import source_of

_STUB = "raise NotImplementedError"
_STAR = re.compile(r"\bimport[ \t]*\*")


@dataclass(frozen=True)
class FileAccount:
    """A file that was read, or that the lab asks for.

    `problem` says why it cannot be used, and is "" if it can.  Of the questions (their ids) `missing` are those whose
    name it does not so much as mention, `unfinished` those whose part still holds a line of the handout's that raises
    NotImplementedError.  `hash` is the content's SHA-256 in hex, "" where nothing was handed in, or a notebook stands
    for the file.
    """

    name: str
    problem: str = ""
    missing: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    hash: str = ""


def account(submission: Submission, lab: Lab, problems: Mapping[str, str]) -> tuple[FileAccount, ...]:
    """The files that the lab asks for, in its order, and then the others that were read.

    Args:
        problems: by file, why it cannot be used (`Student.problems`).
    """
    if submission.problem:
        return ()
    asked = lab.manifest.required_files
    others = sorted(set(submission.files) - set(asked) - set(lab.manifest.given))
    return tuple(_account_of(name, submission, lab, problems.get(name, "")) for name in (*asked, *others))


def _account_of(name: str, submission: Submission, lab: Lab, problem: str) -> FileAccount:
    questions = [question for question in lab.manifest.questions if question.file == name and not question.breaks]
    handout = lab.handout / name
    if name not in submission.files or not questions:
        return FileAccount(name, problem, hash=_hash(submission, name))
    source = source_of(submission.files[name])
    stubs = handout.read_text("utf-8") if handout.is_file() else ""
    from_notebook = submission.notebook.imports.get(name, "") if submission.notebook else ""
    left = [question for question in questions if not re.search(rf"\b{question.name}\b", from_notebook)]
    return FileAccount(
        name,
        problem,
        tuple(question.id for question in questions if not _mentions(source, question)),
        tuple(question.id for question in left if _stub_lines(source, question) & _stub_lines(stubs, question)),
        _hash(submission, name),
    )


def _hash(submission: Submission, name: str) -> str:
    cut_out = submission.notebook is not None and name in submission.notebook.files
    return hashlib.sha256(submission.files[name]).hexdigest() if name in submission.files and not cut_out else ""


def _mentions(source: str, question: Question) -> bool:
    return bool(re.search(rf"\b{question.name}\b", source) or _STAR.search(source))


def _stub_lines(source: str, question: Question) -> set[str]:
    stripped = (line.strip() for line in definition(source, question.name)[1])
    return {line for line in stripped if line.startswith(_STUB)}  # by no pattern, which blanks could hold up
