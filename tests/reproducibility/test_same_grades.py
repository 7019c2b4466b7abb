"""The same class gets the same grades, whenever, in whatever order and company it is graded.

Same are scores, verdicts and every word, which holds numbers to the digits shown.  In a container: `tests/docker`.
"""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import commands
import pytest

from autograder.differences import differences

KINDS = {"right": 6, "wrong": 12, "broken": 4}  # of so many of each kind, one
LOAD = 6  # busy processes beside the grader, on as many processors as there are


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Right, wrong and broken submissions, as a class."""
    folder = tmp_path_factory.mktemp("class")
    for kind, step in KINDS.items():
        submissions = sorted(path for path in (commands.SAMPLES / kind).iterdir() if path.suffix != ".toml")
        for path in submissions[::step]:
            shutil.copytree(path, folder / path.name) if path.is_dir() else shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def first(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that others are held against, two at a time; as all but one of them by replay."""
    return graded(samples, tmp_path_factory.mktemp("first") / "run")


def graded(folder: Path, out: Path, *options: object) -> Path:
    done = commands.grade("run", folder, "--out", out, *options)
    assert done.returncode == 0, done.stderr
    return out


def assert_same(first: Path, second: Path) -> None:
    found = differences(first, second)
    assert found.is_empty, found.as_json()
    assert len(found.unchanged) == len([*first.glob("*/report.json")])
    assert not found.circumstances, "the lab, the grader and the machine are the same, so nothing may be said to differ"


@pytest.fixture
def load() -> Iterator[None]:
    """All processors are busy, several times over."""
    spin = "while True: sum(range(100_000))"
    processes = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(LOAD)]
    yield
    for process in processes:
        process.kill()
        process.wait()


def test_a_class_graded_twice_is_told_the_same(samples: Path, tmp_path: Path) -> None:
    """Every score, verdict and word, after training every network twice."""
    runs = [graded(samples, tmp_path / name, "--convergence", "train") for name in ("first", "second")]
    assert_same(*runs)


def test_how_many_are_graded_at_a_time_changes_nothing(samples: Path, first: Path, tmp_path: Path) -> None:
    """One at a time is as good as two."""
    assert_same(first, graded(samples, tmp_path / "run", "--jobs", 1))


def test_the_order_of_students_changes_nothing(samples: Path, first: Path, tmp_path: Path) -> None:
    """Other names make another order, another zygote's age and other neighbours."""
    chance = random.Random(1)
    names = sorted(path.name for path in samples.iterdir())
    places = dict(zip(names, chance.sample(range(len(names)), len(names)), strict=True))
    for name, place in places.items():
        source, target = samples / name, tmp_path / "class" / f"{place:03}-{name}"
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    out = graded(tmp_path / "class", tmp_path / "shuffled")
    for folder in [path for path in out.iterdir() if path.is_dir() and path.name[:3].isdigit()]:
        folder.rename(out / folder.name[4:])
    assert_same(first, out)


def test_a_busy_machine_changes_nothing(samples: Path, first: Path, tmp_path: Path, load: None) -> None:
    """Whoever is right is not out of time because others compute too."""
    assert_same(first, graded(samples, tmp_path / "run"))
