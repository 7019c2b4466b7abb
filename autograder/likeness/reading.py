"""A submission's fingerprints: the trusted end."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from autograder.lab import Lab
from autograder.submission import Submission
from autograder.text import source_of

FILE_LIMIT = 200_000  # bytes; more is no file that somebody wrote for a lab
ALL_LIMIT = 400_000
_ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # the same hashes in every process
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",  # copydetect loads matplotlib, and has no use for it here
}


@dataclass(frozen=True)
class Fingerprints:
    """What a student's own code is made of: arrays of one length [n], in the files' order.

    `file` is an index into `files`; `first` and `last` are lines from 1.
    """

    student: str
    files: tuple[str, ...]
    hashes: NDArray[np.int64]
    file: NDArray[np.int16]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


class Reader:
    """A process that reads submissions, and another one when that ends early."""

    def __init__(self, lab: Lab) -> None:
        self._given = set(lab.manifest.given)
        self._required = lab.manifest.required_files
        self._starter = [source_of(path.read_bytes()) for path in sorted(lab.handout.rglob("*.py"))]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, submission: Submission) -> Fingerprints | None:
        """Its fingerprints; None if there are none, or if it cannot be read within reason."""
        texts = self._texts(submission)
        found = self._ask(texts) if texts else {}
        rows = [
            (*each, number)
            for number, (file, prints) in enumerate(found.items())
            for each in prints
            if not _is_ours(submission, file, each[1])
        ]
        if not rows:
            return None
        hashes, first, last, file = zip(*rows, strict=True)
        return Fingerprints(
            submission.student,
            tuple(found),
            np.array(hashes, np.int64),
            np.array(file, np.int16),
            np.array(first, np.int32),
            np.array(last, np.int32),
        )

    def _texts(self, submission: Submission) -> dict[str, str]:
        """Its Python files but those that the grader replaces, the lab's first, until they are too much."""
        names = [name for name in submission.files if name.endswith(".py") and name not in self._given]
        texts, room = {}, ALL_LIMIT
        for name in sorted(names, key=lambda name: (name not in self._required, name)):
            content = submission.files[name]
            if len(content) <= min(FILE_LIMIT, room):
                texts[name] = source_of(content)
                room -= len(content)
        return texts

    def _ask(self, texts: Mapping[str, str]) -> dict[str, list[tuple[int, int, int]]]:
        process = self._process or self._start()
        assert process.stdin and process.stdout
        try:
            process.stdin.write(json.dumps(texts) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            return dict(json.loads(answer))
        except (OSError, ValueError):
            self._end()
            return {}

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "autograder.likeness"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={**os.environ, **_ENVIRONMENT},
            encoding="ascii",
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(self._starter) + "\n")
        return self._process

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _is_ours(submission: Submission, file: str, line: int) -> bool:
    """Whether this line (from 1) was put around what was cut out of a notebook."""
    places = submission.notebook.places.get(file, ()) if submission.notebook else ()
    return line <= len(places) and places[line - 1] is None
