"""A folder as Gradescope makes one of a bundle: what `/autograder` is there."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import commands

FIELDS = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility",
    "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip
TEST_FIELDS = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags", "visibility",
    "extra_data",
}  # fmt: skip
VISIBILITIES = {"visible", "after_due_date", "after_published", "hidden"}


def make_box(folder: Path, bundle: Path, venv: Path) -> Path:
    """Unpack the bundle as Gradescope does, with `venv` in place of what setup.sh installs."""
    source = folder / "source"
    with zipfile.ZipFile(bundle) as archive:
        for info in archive.infolist():
            archive.extract(info, source)
            os.chmod(source / info.filename, stat.S_IMODE(info.external_attr >> 16))
    shutil.copy2(source / "run_autograder", folder)
    (folder / "venv").symlink_to(venv)
    (folder / "results").mkdir()
    return folder


def hand_in(box: Path, submission: Path, names: Sequence[str] = ("Ada Lovelace",)) -> None:
    """Put a student's files and Gradescope's account of them there; a zip is unpacked, as Gradescope does."""
    shutil.rmtree(box / "submission", ignore_errors=True)
    if submission.is_dir():
        shutil.copytree(submission, box / "submission", ignore=shutil.ignore_patterns("__pycache__"))
    else:
        (box / "submission").mkdir()
        shutil.copy(submission, box / "submission")
    users = [{"id": number, "name": name, "email": f"{number}@example.org"} for number, name in enumerate(names)]
    metadata = {"id": 1, "created_at": "2026-02-03T10:15:00.000000-07:00", "users": users, "previous_submissions": []}
    (box / "submission_metadata.json").write_text(json.dumps(metadata), "utf-8")


def run(box: Path) -> subprocess.CompletedProcess[str]:
    """`run_autograder` here, in no container."""
    return subprocess.run([box / "run_autograder"], cwd=box, capture_output=True, text=True, errors="replace")


def results(box: Path) -> dict[str, Any]:
    """What run_autograder left, its fields and those of its tests being Gradescope's."""
    content: dict[str, Any] = json.loads((box / "results" / "results.json").read_bytes())
    assert_shape(content)
    return content


def assert_shape(content: dict[str, Any]) -> None:
    """Only fields that Gradescope knows, plain text throughout, and nothing printed shown."""
    tests = content.get("tests", [])
    assert set(content) <= FIELDS and all(set(test) <= TEST_FIELDS for test in tests)
    assert {content["visibility"], *(test["visibility"] for test in tests)} <= VISIBILITIES
    assert content["output_format"] == content["test_output_format"] == content["test_name_format"] == "text"
    assert content["stdout_visibility"] == "hidden"
    assert {test["status"] for test in tests} <= {"passed", "failed"}


def seen_at_once(content: dict[str, Any]) -> str:
    """All that a student can read before the due date, when not all results are visible."""
    shown = [test for test in content.get("tests", []) if test["visibility"] == "visible"]
    return json.dumps([content["output"], *shown], ensure_ascii=False)


def questions(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The hidden checks' tests by question, as `verdicts.question_faults` takes them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for test in content["tests"]:
        if test.get("tags"):
            check = {"verdict": test["extra_data"]["verdict"], "message": test["output"], **test}
            found.setdefault(test["tags"][0], []).append(check)
    return [
        {
            "id": question,
            "score": sum(check.get("score", 0) for check in checks),
            "max_score": sum(check.get("max_score", 0) for check in checks),
            "checks": checks,
        }
        for question, checks in found.items()
    ]


HERE = Path(sys.prefix)  # the environment that the tests run in
ROOT = commands.ROOT
