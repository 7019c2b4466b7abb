"""The bundle in a container like Gradescope's: root, the default profile, half a core, 768 MB, no network.

Needs a Docker engine, and debootstrap the first time: `make test-docker`.  `setup.sh` is not run here, as it installs
from the network; the installed packages are mounted in place of what it would install, and its cache is made.
"""

import json
import os
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autograder_box
import commands
import engine
import pytest
from verdicts import lacking, question_faults

from autograder.lab import Lab

LAB = Lab.find("optimization")
AT_A_TIME = 4  # half a core each
DEFAULT = ("--memory", "768m", "--memory-swap", "768m")
RIGHT = ["helper_files", "numpy_inside"]
WRONG = ["adam_without_bias_correction"]
BROKEN = ["colon_forgotten", "zip_leads_out"]
HOSTILE = ["fork_bomb", "memory_bomb", "shared_mapping_bomb", "endless_loop_at_import", "rewrites_results_json",
           "reads_the_answers", "claims_staff_is_needed"]  # fmt: skip
SAMPLES = [("right", name) for name in RIGHT] + [("wrong", name) for name in WRONG]
SAMPLES += [("broken", name) for name in BROKEN] + [("hostile", name) for name in HOSTILE]
TRAINED = {"helper_files", "adam_without_bias_correction"}  # the others by replay, which is quicker where much is wrong

# A kernel without Landlock and without namespaces for everybody.
NO_WALLS = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
        {"names": ["unshare", "landlock_create_ruleset"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Graded:
    """What a container left behind."""

    content: dict[str, Any]
    stdout: str
    box: Path


@pytest.fixture(scope="session")
def image() -> Iterator[str]:
    with engine.engine():
        yield engine.image()


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By how networks are trained."""
    folder = tmp_path_factory.mktemp("bundles")
    for mode in ("train", "replay"):
        done = commands.grade("bundle", "--out", folder / f"{mode}.zip", "--convergence", mode)
        assert done.returncode == 0, done.stderr
    return {mode: folder / f"{mode}.zip" for mode in ("train", "replay")}


@pytest.fixture(scope="session")
def cache(bundles: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference's runs, as setup.sh leaves them."""
    cache = tmp_path_factory.mktemp("cache")
    for mode, bundle in bundles.items():
        box = autograder_box.make_box(tmp_path_factory.mktemp("warm") / mode, bundle, autograder_box.HERE)
        (box / "source" / ".cache").symlink_to(cache)
        autograder_box.hand_in(box, LAB.reference)
        assert autograder_box.run(box).returncode == 0
        assert autograder_box.results(box)["score"] == LAB.max_score
    return cache


@pytest.fixture(scope="session")
def graded(
    image: str, bundles: dict[str, Path], cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Graded]:
    """Every sample in a container of its own, by name."""

    def grade(sample: tuple[str, str]) -> Graded:
        kind, name = sample
        bundle = bundles["train" if name in TRAINED else "replay"]
        box = autograder_box.make_box(tmp_path_factory.mktemp(name) / "box", bundle, Path("/opt/venv"))
        subprocess.run(["cp", "-r", cache, box / "source" / ".cache"], check=True)
        autograder_box.hand_in(box, _submission(kind, name))
        return _run(image, box)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return dict(zip((name for _, name in SAMPLES), pool.map(grade, SAMPLES), strict=True))


def _submission(kind: str, name: str) -> Path:
    folder = commands.SAMPLES / kind
    (path,) = (path for path in folder.iterdir() if path.suffix != ".toml" and path.name.partition(".")[0] == name)
    return path


def _run(image: str, box: Path, options: Sequence[str] = DEFAULT) -> Graded:
    """`run_autograder` in a container whose /autograder is `box`."""
    site_packages = sysconfig.get_path("purelib")
    command = ["docker", "run", "--rm", "--network", "none", "--cpus", "0.5", *options]
    command += ["-v", f"{box}:/autograder", "-v", f"{site_packages}:{engine.SITE_PACKAGES}:ro", "-w", "/autograder"]
    done = subprocess.run([*command, image, "/autograder/run_autograder"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return Graded(autograder_box.results(box), done.stdout + done.stderr, box)


@pytest.mark.parametrize(("kind", "name"), SAMPLES, ids=[name for _, name in SAMPLES])
def test_a_sample_gets_its_verdicts(kind: str, name: str, graded: dict[str, Graded]) -> None:
    """Right ones keep all marks on the smallest machine; the others lose what they must, and nothing by the machine."""
    content = graded[name].content
    expected = tomllib.loads((commands.SAMPLES / kind / f"{name}.toml").read_text("utf-8"))
    missing = lacking(_submission(kind, name), LAB.manifest.questions)
    questions = autograder_box.questions(content)
    assert len(questions) == len(LAB.manifest.questions)
    faults = [fault for question in questions for fault in question_faults(_one_line(question), expected, missing)]
    assert not faults, "\n".join(faults)
    assert content["score"] == sum(question["score"] for question in questions)
    assert content["extra_data"]["isolation"] == "slots"
    assert content["extra_data"]["status"] == ("unreadable" if name == "zip_leads_out" else "graded")


def _one_line(question: dict[str, Any]) -> dict[str, Any]:
    return {**question, "checks": [{**c, "message": " ".join(c["message"].split())} for c in question["checks"]]}


def test_before_the_due_date_nothing_hidden_is_seen(graded: dict[str, Graded]) -> None:
    """Neither in what is shown at once nor on stdout: no check, no verdict of one, no score."""
    for name, one in graded.items():
        seen = autograder_box.seen_at_once(one.content) + one.stdout
        tests = [test for test in one.content["tests"] if test.get("tags")]
        own = autograder_box.seen_at_once({"output": one.content["output"], "tests": one.content["tests"][:1]})
        assert not [t["name"] for t in tests if t["name"] in seen], name
        assert not [t["output"] for t in tests if t["output"] and t["output"] in one.stdout + one.content["output"]]
        assert {test["visibility"] for test in tests} == {one.content["visibility"]} == {"after_due_date"}
        assert own in seen and "canary" not in seen
        lines = [line.split()[0] for line in one.stdout.splitlines()]
        assert lines == ["A", "Isolation:", "Graded."], one.stdout


def test_hostile_ones_leave_everything_as_it_was(graded: dict[str, Graded]) -> None:
    """Program, answers, metadata and hand-in are untouched, and beside results.json there is nothing new."""
    for name in HOSTILE:
        box, kind = graded[name].box, "hostile"
        assert sorted(os.listdir(box)) == sorted(
            ["results", "run_autograder", "source", "submission", "submission_metadata.json", "venv"]
        )
        assert os.listdir(box / "results") == ["results.json"]
        pristine = _submission(kind, name)
        assert _contents(box / "submission") == _contents(pristine)
        source = graded["numpy_inside"].box / "source"
        assert _contents(box / "source") == _contents(source)


def _contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and not {"__pycache__", ".cache"} & set(path.parts))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _box(bundles: dict[str, Path], tmp_path: Path) -> Path:
    box = autograder_box.make_box(tmp_path / "box", bundles["replay"], Path("/opt/venv"))
    autograder_box.hand_in(box, commands.SAMPLES / "right" / "update_hook")
    return box


def test_without_a_sandbox_nothing_runs_and_nobody_gets_a_zero(
    image: str, bundles: dict[str, Path], tmp_path: Path
) -> None:
    profile = tmp_path / "seccomp.json"
    profile.write_text(json.dumps(NO_WALLS))
    one = _run(image, _box(bundles, tmp_path), [*DEFAULT, "--security-opt", f"seccomp={profile}"])
    assert "score" not in one.content and "lock a student's code in" in one.content["output"]
    assert "does not hold on this machine" in one.stdout


def test_too_little_memory_is_said_and_nobody_gets_a_zero(image: str, bundles: dict[str, Path], tmp_path: Path) -> None:
    """Of less than it needs the grader knows before it starts."""
    one = _run(image, _box(bundles, tmp_path), ["--memory", "512m", "--memory-swap", "512m"])
    assert "score" not in one.content and "lacks something" in one.content["output"]
    assert "Give the container more" in one.stdout


def test_a_grader_that_is_killed_for_memory_leaves_word(image: str, bundles: dict[str, Path], tmp_path: Path) -> None:
    """Where the container's limit cannot be seen from within, and the kernel strikes."""
    blind = tmp_path / "unlimited"
    blind.write_text("max\n")
    hide = ["-v", f"{blind}:/sys/fs/cgroup/memory/memory.limit_in_bytes:ro", "-v", f"{blind}:/sys/fs/cgroup/memory.max"]
    one = _run(image, _box(bundles, tmp_path), ["--memory", "120m", "--memory-swap", "120m", *_hiding(hide)])
    assert "score" not in one.content and "ran out of memory" in one.content["output"]


def _hiding(options: list[str]) -> list[str]:
    """The one of the two mounts whose place there is."""
    return options[:2] if Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists() else options[2:]


def test_a_full_disk_leaves_word(image: str, bundles: dict[str, Path], tmp_path: Path) -> None:
    """There is room for the word that is left first, and for no result."""
    box = _box(bundles, tmp_path)
    script = "run=/autograder/run_autograder; $run; cat /autograder/results/results.json > /autograder/left.json"
    site_packages = sysconfig.get_path("purelib")
    done = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", *DEFAULT, "-v", f"{box}:/autograder",
         "-v", f"{site_packages}:{engine.SITE_PACKAGES}:ro", "--tmpfs", "/autograder/results:size=8k",
         image, "bash", "-c", script],
        capture_output=True, text=True,
    )  # fmt: skip
    content = json.loads((box / "left.json").read_bytes())
    autograder_box.assert_shape(content)
    assert "score" not in content and content["output"].startswith("NOT GRADED."), done.stdout
