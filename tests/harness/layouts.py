"""Downloads as course systems make them, and what is read of them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands import ROOT
from labs import NAME, REFERENCE, tiny_lab, write_files
from packing import Contents, zipped

from autograder.lab import Lab
from autograder.roster import find_submissions
from autograder.submission import Source, Submission, read_submission

RIGHT = REFERENCE.encode()
WRONG = b"class Answer:\n    def __init__(self, number=1.0):\n        self.value = number\n"
METADATA = """---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0017'
    :email: ada@x.y
  :created_at: 2026-02-03 10:15:00.123456000 Z
  :score: 0.0
  :status: processed
  :results:
    score: 0.0
    tests: []
    output: |-
      :submitters:
      - :name: Mallory
    extra_data: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
      :submitters: none
  :history:
  - :submitters: []
    :created_at: 2026-02-01 08:00:00.000000000 Z
    :id: 90
submission_102:
  :submitters:
  - :name: Grace Hopper
    :sid: '18'
    :email: grace@x.y
  - :name: Alan Turing
    :sid:
    :email: alan@x.y
  :created_at: 2026-02-04 23:59:59.000000000 Z
  :history: []
"""

CANVAS = {
    "lovelaceada_12345_67890_answers.py": RIGHT,
    "turingalan_LATE_23456_67995_answers-1.py": RIGHT,
    "turingalan_LATE_23456_67993_tools-2.py": b"x = 1\n",
    "hoppergrace_34567_67999_hw.zip": zipped({"hw/answers.py": WRONG}),
}
MOODLE = {
    "Zoë O'Neil_1001_assignsubmission_file_/answers.py": RIGHT,
    "Alan de la Cruz_1002_assignsubmission_file/hw.zip": zipped({"answers.py": WRONG}),
    "Alan de la Cruz_1002_assignsubmission_onlinetext_/onlinetext.html": b"<p>See file</p>",
}
GRADESCOPE = {
    "assignment_1234_export/submission_metadata.yml": METADATA.encode(),
    "assignment_1234_export/submission_101/answers.py": RIGHT,
    "assignment_1234_export/submission_102/src/answers.py": WRONG,
    "assignment_1234_export/submission_102/src/tools/helper.py": b"x = 1\n",
}
NBGRADER = {
    "source/tiny/answers.py": b"no",
    "release/tiny/answers.py": b"no",
    "submitted/bitdiddle/tiny/answers.py": RIGHT,
    "submitted/bitdiddle/tiny/timestamp.txt": b"2026-02-03 15:58:23.948203 UTC",
    "submitted/hacker/tiny/answers.py": WRONG,
    "submitted/hacker/tiny/timestamp.txt": b"2026-02-03 15:58:23 America/Los_Angeles\n",
    "submitted/hacker/ps9/answers.py": b"no",
    "autograded/bitdiddle/tiny/answers.py": b"no",
    "gradebook.db": b"",
}


def handed_out(path: Path, files: Contents, kind: str = ".zip") -> Path:
    """A download at `path`: unpacked, or the zip."""
    if not kind:
        return write_files(path, files)
    path.with_name(path.name + kind).write_bytes(zipped(files))
    return path.with_name(path.name + kind)


def read_all(path: Path, lab: Lab, layout: str | None = None) -> dict[str, Submission]:
    return {source.student: read_submission(source, lab) for source in sources(path, lab, layout).values()}


def sources(path: Path, lab: Lab, layout: str | None = None) -> dict[str, Source]:
    return {source.student: source for source in find_submissions([path], lab, layout).sources}


def project(root: Path) -> Path:
    """A copy of the grader, with the tiny lab alone."""
    shutil.copytree(ROOT / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "grade.py", root)
    tiny_lab(root)
    return root


def run(root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`python grade.py run …` in a project."""
    command = [sys.executable, "grade.py", "run", *map(str, arguments), "--lab", NAME, "--out", "out"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def hand_ins(root: Path) -> Mapping[str, dict[str, Any]]:
    content = json.loads((root / "out" / "hand_ins.json").read_text("utf-8"))
    assert (content["schema"], content["lab"]) == (1, NAME)
    students: dict[str, dict[str, Any]] = content["students"]
    return students
