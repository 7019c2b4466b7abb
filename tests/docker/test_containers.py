"""The grader in a default container, as root and as an ordinary user: what holds there, and that it holds.

Needs a Docker engine, and debootstrap the first time: `make test-docker`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import engine
import pytest

RIGHT = "tests/submissions/right"
USER = engine.Surroundings("1000")
ROOT = engine.Surroundings("0")
BARE_ROOT = engine.Surroundings("0", ("--cap-drop", "ALL"))
PROFILES = [(USER, "landlock"), (ROOT, "slots"), (BARE_ROOT, "landlock")]
NAMES = ["user", "root", "root without capabilities"]


@pytest.fixture(scope="session")
def image() -> Iterator[str]:
    with engine.engine():
        yield engine.image()


@pytest.mark.parametrize(("surroundings", "profile"), PROFILES, ids=NAMES)
def test_right_submissions_keep_all_marks(
    surroundings: engine.Surroundings, profile: str, image: str, tmp_path: Path
) -> None:
    """In a default container the strongest profile that holds there is taken and named, and right stays right."""
    done = engine.run(
        image, surroundings, tmp_path,
        ["grade.py", "run", "tests/submissions/right", "--out", "/out/run", "--convergence", "replay"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"Isolation: {profile}." in done.stderr
    reports = [json.loads(path.read_bytes()) for path in tmp_path.glob("run/*/report.json")]
    assert len(reports) == len(list((engine.ROOT / RIGHT).glob("*.toml")))
    assert {report["isolation"] for report in reports} == {profile}
    verdicts = {check["verdict"] for report in reports for q in report["questions"] for check in q["checks"]}
    assert verdicts == {"passed", "not attempted"}, "some samples hold not all of the lab's files"


@pytest.mark.parametrize(("surroundings", "profile"), PROFILES, ids=NAMES)
def test_every_attack_is_contained(surroundings: engine.Surroundings, profile: str, image: str, tmp_path: Path) -> None:
    """All hostile submissions, in the profile that holds in this container."""
    done = engine.run(image, surroundings, tmp_path, ["tests/attack", "--profile", profile, "--out", "/out"])
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.mark.parametrize("surroundings", [USER, ROOT], ids=["user", "root"])
def test_strict_refuses_and_lists_what_is_missing(
    surroundings: engine.Surroundings, image: str, tmp_path: Path
) -> None:
    """A default container gives no namespaces: --isolation strict opens no hidden suite there, and says why."""
    arguments = ["grade.py", "run", RIGHT, "--out", "/out/run", "--isolation", "strict"]
    done = engine.run(image, surroundings, tmp_path, arguments)
    assert done.returncode == 1, done.stdout
    assert "missing layers: user, mount, pid, net" in done.stderr
    assert "Nothing was graded" in done.stderr
    assert not list(tmp_path.glob("run/*/report.json"))
