"""`doctor`: what holds on this machine."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import torch
from commands import ROOT, grade

from autograder.lab import Lab
from autograder.provenance import harness_digest


def test_doctor_names_what_grading_stands_on() -> None:
    """Versions, each lab with the hash that reports give it, and the profile that holds: the one that a batch takes."""
    done = grade("doctor", "--json")
    health = json.loads(done.stdout)
    assert done.returncode == 0 and not health["faults"], done.stderr
    assert health["torch"] == torch.__version__ and health["isolation"] in ("namespaces", "slots", "landlock")
    assert {lab["name"]: lab["hash"] for lab in health["labs"]} == {n: Lab.find(n).digest for n in Lab.names()}
    assert health["containers"].startswith(("docker", "podman", "none"))
    assert health["grader"] == harness_digest() and health["built"] is None


def test_doctor_names_the_lab_that_cannot_be_used(tmp_path: Path) -> None:
    """… and why, and says that the others are well; scripts see it in the exit code."""
    for name in ("autograder", "assignments", "reference", "tests/hidden"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
    for name in ("grade.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "tests" / "hidden" / "optimization" / "scenarios.py").write_text("import no_such_module\n")
    done = subprocess.run([sys.executable, tmp_path / "grade.py", "doctor"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "The lab optimization cannot be used:" in done.stderr and "no_such_module" in done.stderr
    assert "Something does not hold here." in done.stdout
