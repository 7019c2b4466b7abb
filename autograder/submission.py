"""What a student handed in, as named bytes, or a sentence that says why it cannot be read.

Only code and small data files are taken, and so many at most.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder.archives import FILE_BYTES_LIMIT, Entry, reader_for
from autograder.errors import SubmissionError
from autograder.lab import Lab, digest_contents

ENTRIES_LIMIT = 5_000
FILES_LIMIT = 200
DATA_BYTES_LIMIT = 64 << 10


@dataclass(frozen=True)
class Source:
    """Where one student's submission lies."""

    student: str
    path: Path


@dataclass(frozen=True)
class Submission:
    """A student's files by their path below the folder that holds the lab's files.

    `problem` is set when nothing could be read, and says why.
    """

    student: str
    files: dict[str, bytes] = field(default_factory=dict)
    problem: str | None = None

    @property
    def digest(self) -> str:
        return digest_contents({**self.files, "": (self.problem or "").encode("utf-8", "surrogateescape")})


def read_submission(source: Source, lab: Lab) -> Submission:
    """Read the student's files; what is wrong with them becomes the submission's `problem`."""
    reader = reader_for(source.path)
    try:
        files = _limited(reader(source.path))
        return Submission(source.student, _below_lab_files(files, lab))
    except SubmissionError as error:
        return Submission(source.student, problem=str(error))
    except OSError as error:
        return Submission(source.student, problem=f"{source.path.name} cannot be read: {error.strerror or error}.")


def _limited(entries: Iterator[Entry]) -> dict[str, bytes]:
    """The files to take among `entries`, as long as there are not too many and none is too large."""
    code: dict[str, bytes] = {}
    data: dict[str, bytes] = {}
    for count, (name, content) in enumerate(entries):
        if count >= ENTRIES_LIMIT:
            raise SubmissionError(f"The submission holds more than {ENTRIES_LIMIT} files. Hand in your .py files only.")
        if content is None:
            continue
        if not name.lower().endswith(".py"):
            if len(content) <= DATA_BYTES_LIMIT and len(data) < FILES_LIMIT:
                data[name] = content
            continue
        if len(content) > FILE_BYTES_LIMIT:
            raise SubmissionError(f"{name} is larger than {FILE_BYTES_LIMIT >> 20} MB. Hand in source code only.")
        code[name] = content
        if len(code) > FILES_LIMIT:
            raise SubmissionError(f"The submission holds more than {FILES_LIMIT} Python files. Hand in your own only.")
    return {**code, **data}


def _below_lab_files(files: dict[str, bytes], lab: Lab) -> dict[str, bytes]:
    """The files of the outermost folder that holds any of the lab's, by their path below it."""
    wanted = lab.manifest.required_files
    folders = {path.parent for path in map(PurePosixPath, files) if path.name in wanted}
    if not folders:
        code = sorted(name for name in files if name.lower().endswith(".py"))
        found = ", ".join(code[:5]) or "no Python file at all"
        raise SubmissionError(f"None of {', '.join(wanted)} was found in the submission; it holds {found}.")
    outermost = min(len(folder.parts) for folder in folders)
    candidates = sorted(folder for folder in folders if len(folder.parts) == outermost)
    if len(candidates) > 1:
        names = ", ".join(map(str, candidates))
        raise SubmissionError(f"The lab's files were found in several folders ({names}). Hand in one of them.")
    return {
        str(path.relative_to(candidates[0])): content
        for path, content in ((PurePosixPath(name), content) for name, content in files.items())
        if path.is_relative_to(candidates[0])
    }
