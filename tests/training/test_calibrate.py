"""`grade.py calibrate`, on a copy of the project with short runs."""

import os
import shutil
import subprocess
import sys
import tomllib

import commands
import pytest
import tomlkit

PARTS = ("autograder", "assignments", "reference", "tests/hidden", "grade.py", "pyproject.toml")


@pytest.fixture
def project(tmp_path):
    """A copy whose runs take 20 steps and whose lab.toml has no threshold."""
    for part in PARTS:
        source, target = commands.ROOT / part, tmp_path / "project" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    manifest = tmp_path / "project/assignments/optimization/lab.toml"
    document = tomlkit.parse(manifest.read_text("utf-8"))
    del document["convergence"]["thresholds"]
    document["convergence"]["steps"] = 20
    manifest.write_text(tomlkit.dumps(document), "utf-8")
    return tmp_path / "project"


def grade(project, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "grade.py", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=environment)


def test_calibrate_writes_thresholds_that_the_grader_then_uses(project, tmp_path):
    """Before, a class needs staff and is told what to run; after, it is graded. Comments in lab.toml stay."""
    student = commands.SAMPLES / "right" / "update_hook"
    before = grade(project, "run", student, "--out", tmp_path / "before")
    assert before.returncode == 1 and "grade.py calibrate --lab optimization --device cpu" in before.stderr
    done = grade(project, "calibrate", "--seeds", 20, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    table, plot = done.stdout, project / "docs" / "calibration-optimization-digits-cpu.png"
    assert "warmup_cosine_lr" in table and plot.stat().st_size > 10_000
    text = (project / "assignments/optimization/lab.toml").read_text("utf-8")
    settings = tomllib.loads(text)["convergence"]
    assert text.count("#") > 10 and settings["steps"] == 20
    found = settings["thresholds"]["digits"]["cpu"]
    assert list(found) == list(settings["runs"])
    for threshold in found.values():
        assert threshold["seeds"] == 20 and threshold["accuracy"] <= threshold["lowest"]
        assert 0 <= threshold["false_fail"] < 1e-3 < threshold["false_fail_at_most"] < 0.1
    after = grade(project, "run", student, "--out", tmp_path / "after")
    assert after.returncode == 0, after.stderr
