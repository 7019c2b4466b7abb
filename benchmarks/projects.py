"""Copies of this project that hold one part of a lab's hidden suite, so that each part can be measured by itself."""

import shutil
import tomllib
from pathlib import Path

import tomlkit

from autograder.lab import ROOT, Lab

_FOLDERS, _FILES = ("autograder", "assignments", "reference", "tests/hidden"), ("grade.py", "pyproject.toml")
_TRAINING = "test_trains_the_network.py"


def without_training(lab: str, root: Path) -> Lab:
    """The lab in a copy of the project at `root`, less the checks that train networks; all its questions stay."""
    _copy_project(root)
    copied = Lab.find(lab, root)
    (copied.hidden_suite / _TRAINING).unlink()
    return copied


def training_alone(lab: str, root: Path) -> Lab:
    """The same with the checks that train and no others, and the questions that they belong to."""
    _copy_project(root)
    for path in Lab.find(lab, root).hidden_suite.glob("test_*.py"):
        if path.name != _TRAINING:
            path.unlink()
    manifest = root / "assignments" / lab / "lab.toml"
    content = tomllib.loads(manifest.read_text("utf-8"))
    content["questions"] = [q for q in content["questions"] if q["id"] in content["convergence"]["runs"]]
    manifest.write_text(tomlkit.dumps(content), "utf-8")
    return Lab.find(lab, root)


def _copy_project(root: Path) -> None:
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(ROOT / name, root / name)
