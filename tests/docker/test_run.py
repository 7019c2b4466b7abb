"""`run --docker` and `verify --docker` with a real engine: same grades as outside, and nothing left behind."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import commands
import pytest
from waiting import wait_for

from autograder.differences import differences

KINDS = {"right": 4, "wrong": 8, "broken": 4, "hostile": 12}  # of so many of each kind, one
SOMEBODY = 4711
HOSTILE = commands.SAMPLES / "hostile"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Right, wrong, broken and hostile submissions, as a class."""
    folder = tmp_path_factory.mktemp("class")
    for kind, step in KINDS.items():
        for path in sorted(path for path in (commands.SAMPLES / kind).iterdir() if path.suffix != ".toml")[::step]:
            shutil.copytree(path, folder / path.name, symlinks=True) if path.is_dir() else shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def inside(grader_image: str, samples: Path) -> Path:
    """The class, graded in a container."""
    out = samples.parent / "inside"
    done = commands.grade("run", samples, "--out", out, "--docker", "--image", grader_image)
    assert done.returncode == 0, done.stderr
    assert "Isolation: landlock." in done.stderr and done.stdout.splitlines()[-1] == str(out / "index.html")
    return out


@pytest.fixture(scope="module")
def outside(samples: Path) -> Path:
    """The same class, graded on this machine."""
    out = samples.parent / "outside"
    done = commands.grade("run", samples, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def slow_class(tmp_path: Path) -> Path:
    """Right submissions that take their time."""
    folder = commands.copies_of_reference(tmp_path / "class", 6)
    for path in folder.glob("*/optimizers.py"):
        path.write_text(path.read_text("utf-8") + "\nimport time\ntime.sleep(0.2)\n", "utf-8")
    return folder


def containers() -> list[str]:
    listed = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", "name=dl-lab-grader-"], capture_output=True, text=True
    )
    return listed.stdout.split()


def graded(out: Path) -> int:
    return len([*out.glob("*/report.json")])


def reports(out: Path) -> Iterator[dict[str, Any]]:
    for path in out.glob("*/report.json"):
        yield json.loads(path.read_bytes())


def is_hostile(student: str) -> bool:
    return any(path.name == student or path.name.startswith(f"{student}.") for path in HOSTILE.iterdir())


def test_a_class_gets_the_same_grades_in_a_container(inside: Path, outside: Path) -> None:
    """Scores, verdicts and every word of right, wrong and broken code; what attacks is worth the same."""
    found = differences(outside, inside)
    assert not [move.student for move in found.moves if not is_hostile(move.student)], found.as_json()
    assert not [move.student for move in found.moves if move.by]
    assert not found.gone and not found.new and len(found.unchanged) > graded(outside) / 2


def test_reports_name_the_image_and_the_isolation(inside: Path, grader_image: str) -> None:
    """By the id that the engine has for it."""
    inspected = subprocess.run(["docker", "image", "inspect", "--format={{.Id}}", grader_image], capture_output=True)
    for report in reports(inside):
        assert report["provenance"]["image"] == inspected.stdout.decode().strip()
        assert report["isolation"] == "landlock"


def test_hostile_code_is_contained(inside: Path) -> None:
    """Each of the attacks was graded, and none ended the container or brought the grader down."""
    hostile = [report for report in reports(inside) if is_hostile(report["student"])]
    assert len(hostile) > 20 and not containers()
    assert all(report["status"] != "needs staff" for report in hostile)


def test_what_is_written_belongs_to_the_caller(inside: Path) -> None:
    """Root here; an ordinary user below."""
    assert {path.lstat().st_uid for path in [inside, *inside.rglob("*")]} == {os.geteuid()}


def test_paths_and_records_serve_on_both_sides(inside: Path, samples: Path, grader_image: str) -> None:
    """A second run keeps what is there; and what was graded inside is verified inside as outside."""
    again = commands.grade("run", samples, "--out", inside, "--docker", "--image", grader_image)
    assert again.returncode == 0 and again.stdout.count("(kept)") == graded(inside)
    student = next(report["student"] for report in reports(inside) if not is_hostile(report["student"]))
    for options in (["--docker", "--image", grader_image], []):
        done = commands.grade("verify", inside / student, samples / student, "--json", *options)
        found = json.loads(done.stdout)
        assert found["same"], done.stdout
        assert [reason["what"] for reason in found["students"][0]["reasons"]][:1] == ([] if options else ["image"])


def test_a_grade_made_outside_verifies_inside(outside: Path, grader_image: str) -> None:
    """And what is not the same there is named: the image, the isolation, perhaps Python's version."""
    done = commands.grade(
        "verify", "--class", outside, "--sample", 6, "--json", "--docker", "--image", grader_image
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert [s["student"] for s in found["students"] if not s["same"] and not is_hostile(s["student"])] == []
    for student in found["students"]:
        assert {"image", "isolation"} <= {reason["what"] for reason in student["reasons"]}


def test_the_container_is_sealed(slow_class: Path, tmp_path: Path, grader_image: str) -> None:
    """What the engine says of it: no network, no capability, no root, limits, and a root that is read-only."""
    process = commands.start("run", slow_class, "--out", tmp_path / "out", "--docker", "--image", grader_image)
    try:
        wait_for(containers)
        inspected = subprocess.run(["docker", "inspect", *containers()], capture_output=True, check=True)
        (described,) = json.loads(inspected.stdout)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
    host = described["HostConfig"]
    assert (host["NetworkMode"], host["ReadonlyRootfs"], host["CapDrop"]) == ("none", True, ["ALL"])
    assert "no-new-privileges" in host["SecurityOpt"] and not host["Privileged"]
    assert host["Memory"] > 0 and host["PidsLimit"] > 0 and all("size=" in option for option in host["Tmpfs"].values())
    assert not described["Config"]["User"].startswith("0")
    writable = {mount["Destination"] for mount in described["Mounts"] if mount["RW"]}
    assert writable == {str(tmp_path / "out"), "/run/grader-cache/dl-lab-grader"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["^C", "SIGTERM", "SIGKILL"])
def test_whatever_ends_the_grader_ends_the_container(
    number: signal.Signals, slow_class: Path, tmp_path: Path, grader_image: str
) -> None:
    """What was graded is kept, and the same command goes on from there."""
    command = ("run", slow_class, "--out", tmp_path / "out", "--docker", "--image", grader_image)
    process = commands.start(*command)
    wait_for(lambda: graded(tmp_path / "out") > 0)
    process.send_signal(number)
    _, errors = process.communicate()
    wait_for(lambda: not containers())
    kept = graded(tmp_path / "out")
    if number != signal.SIGKILL:
        assert process.returncode == 130 and "What was graded is kept" in errors
    assert 0 < kept < 6
    again = commands.grade(*command)
    assert again.returncode == 0 and again.stdout.count("(kept)") == kept and graded(tmp_path / "out") == 6
    assert {path.lstat().st_uid for path in (tmp_path / "out").rglob("*")} == {os.geteuid()}


def test_an_ordinary_user_owns_the_results(tmp_path: Path, grader_image: str) -> None:
    """And needs no more than the right to talk to the engine."""
    folder = commands.copies_of_reference(tmp_path / "class", 1)
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, SOMEBODY, SOMEBODY)
    group = os.stat("/var/run/docker.sock").st_gid
    as_somebody = ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", f"--groups={group}"]
    as_somebody += [f"--{kind}-caps=+dac_read_search" for kind in ("inh", "ambient")]  # the tests' Python may be root's
    done = subprocess.run(
        [*as_somebody, *commands.command("run", folder, "--out", home / "out", "--docker", "--image", grader_image)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    assert {path.lstat().st_uid for path in (home / "out").rglob("*")} == {SOMEBODY}


def test_what_root_alone_may_read_is_graded_too(tmp_path: Path, grader_image: str) -> None:
    """Though the container's user is not root, and the submissions stay as they are."""
    folder = commands.copies_of_reference(tmp_path / "class", 1)
    student = folder / "student000"
    (student / "optimizers.py").chmod(0o600)
    student.chmod(0o700)
    done = commands.grade("run", folder, "--out", tmp_path / "out", "--docker", "--image", grader_image)
    assert done.returncode == 0 and "100 / 100" in done.stdout, done.stderr
    assert (student.stat().st_mode & 0o777, student.stat().st_uid) == (0o700, os.geteuid())


def test_names_that_engines_read_as_more_than_a_name_are_names(tmp_path: Path, grader_image: str) -> None:
    """A comma, a quote, a colon and a space in a path."""
    commands.copies_of_reference(tmp_path / 'a, "class": 1,readonly' / "in", 1)
    folder, out = tmp_path / 'a, "class": 1,readonly' / "in", tmp_path / "out: 1,b"
    done = commands.grade("run", folder, "--out", out, "--docker", "--image", grader_image)
    assert done.returncode == 0 and graded(out) == 1, done.stderr


def test_an_image_of_another_version_is_refused(tmp_path: Path, grader_image: str) -> None:
    """A lab that was changed since the image was made is not graded by the old one on the quiet."""
    project = tmp_path / "project"
    for name in ("autograder", "assignments", "reference", "tests/hidden"):
        shutil.copytree(commands.ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("grade.py", "pyproject.toml"):
        shutil.copy(commands.ROOT / name, project)
    with (project / "reference" / "optimization" / "optimizers.py").open("a") as file:
        file.write("\n# changed\n")
    folder = commands.copies_of_reference(tmp_path / "class", 1)
    command = commands.command("run", folder, "--out", tmp_path / "out", "--docker", "--image", grader_image)
    command[1] = str(project / "grade.py")
    done = subprocess.run(command, capture_output=True, text=True, cwd=project)
    told = " ".join(done.stderr.split())
    assert done.returncode == 2 and "another version of the lab optimization (" in told and "make image" in told
    assert not (tmp_path / "out").exists() and not containers()


def test_a_container_that_cannot_be_started_is_no_batch_that_broke_off(tmp_path: Path, grader_image: str) -> None:
    """Such as one with a GPU where there is none: nothing was graded, and what to do about it."""
    folder = commands.copies_of_reference(tmp_path / "class", 1)
    options = ("--docker", "--image", grader_image, "--gpus", "all")
    done = commands.grade("run", folder, "--out", tmp_path / "out", *options)
    told = " ".join(done.stderr.split())
    assert done.returncode == 1 and "could not be started, and nothing was graded." in told, told
    assert "NVIDIA's container toolkit: install it, or leave --gpus out" in told and "docker says:" in told


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--docker", "--image", "nobody/made:this"], "docker has no image 'nobody/made:this'. Build or pull it"),
        (["--image", "x"], "--image is about a container: pass --docker"),
        (["--gpus", "all"], "--gpus is about a container: pass --docker"),
        (["--docker", "--device", "cuda"], "pass --gpus all"),
        (
            ["--docker", "--gpus", "all"],
            "docker has no image 'dl-lab-grader:cuda'. Make it: make image-cuda ENGINE=docker",
        ),
    ],
    ids=["no image", "image alone", "gpus alone", "cuda without gpus", "no CUDA image"],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    options: list[str], sentence: str, tmp_path: Path, grader_image: str
) -> None:
    """Exit code 2, and nothing written."""
    folder = commands.copies_of_reference(tmp_path / "class", 1)
    done = commands.grade("run", folder, "--out", tmp_path / "out", *options)
    assert done.returncode == 2 and sentence in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


def test_a_container_that_is_killed_costs_no_grade(slow_class: Path, tmp_path: Path, grader_image: str) -> None:
    """It is said that it ended, what was graded is kept, and exit code 1 asks for staff."""
    command = ("run", slow_class, "--out", tmp_path / "out", "--docker", "--image", grader_image)
    process = commands.start(*command)
    wait_for(lambda: graded(tmp_path / "out") > 0)
    subprocess.run(["docker", "kill", *containers()], capture_output=True, check=True)
    _, errors = process.communicate()
    assert process.returncode == 1 and "The container ended before the batch did" in errors
    assert "Traceback" not in errors
    kept = graded(tmp_path / "out")
    again = commands.grade(*command)
    assert again.returncode == 0 and again.stdout.count("(kept)") == kept and graded(tmp_path / "out") == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["^C", "SIGKILL"])
def test_a_container_that_is_only_starting_ends_too(
    number: signal.Signals, slow_class: Path, tmp_path: Path, grader_image: str
) -> None:
    """It has not heard of its caller's end by a signal, and nothing is graded behind anybody's back."""
    process = commands.start("run", slow_class, "--out", tmp_path / "out", "--docker", "--image", grader_image)
    wait_for(containers)
    process.send_signal(number)
    process.communicate()
    wait_for(lambda: not containers())
    assert graded(tmp_path / "out") == 0


def test_paths_may_lead_up_and_down_again(tmp_path: Path, grader_image: str) -> None:
    """From the folder that one is in, over folders that the container does not see."""
    folder = commands.copies_of_reference(tmp_path / "class", 1)
    here = tmp_path / "somewhere" / "else"
    here.mkdir(parents=True)
    options = ("--out", "../../out", "--docker", "--image", grader_image)
    done = commands.grade("run", "../../class", *options, cwd=here)
    assert done.returncode == 0 and graded(tmp_path / "out") == 1, done.stderr
    verified = commands.grade("verify", "../../out/student000", folder / "student000", *options[2:], cwd=here)
    assert verified.returncode == 0, verified.stdout


def test_a_late_submission_is_graded_in_somebody_elses_folder(tmp_path: Path, grader_image: str) -> None:
    """By root: what is there before stays in the table, whoever may read it, and all is the folder's owner's."""
    folder, out = commands.copies_of_reference(tmp_path / "class", 2), tmp_path / "out"
    first = commands.grade("run", folder / "student000", "--out", out)
    assert first.returncode == 0, first.stderr
    (out / "student000").chmod(0o700)
    subprocess.run(["chown", "--recursive", f"{SOMEBODY}:{SOMEBODY}", out], check=True)
    late = commands.grade("run", folder / "student001", "--out", out, "--docker", "--image", grader_image)
    assert late.returncode == 0, late.stderr
    table = (out / "grades.csv").read_text("utf-8")
    assert "student000" in table and "student001" in table
    assert {path.lstat().st_uid for path in [out, *out.rglob("*")]} == {SOMEBODY}


def test_an_image_without_a_grader_is_said_to_be_one(tmp_path: Path, grader_image: str) -> None:
    """Nothing was kept, and the same command would not go on from anywhere."""
    recipe = f'FROM {grader_image}\nENTRYPOINT ["/bin/false"]\n'
    subprocess.run(["docker", "build", "--quiet", "--tag", "nobody/made:graders", "-"], input=recipe, text=True,
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    folder = commands.copies_of_reference(tmp_path / "class", 1)
    try:
        done = commands.grade("run", folder, "--out", tmp_path / "out", "--docker", "--image", "nobody/made:graders")
    finally:
        subprocess.run(["docker", "image", "rm", "nobody/made:graders"], check=True, stdout=subprocess.DEVNULL)
    told = " ".join(done.stderr.split())
    assert done.returncode == 1 and "ended before anything was graded (exit code 1)" in told and "kept" not in told


def test_results_may_go_through_a_link(tmp_path: Path, grader_image: str) -> None:
    """To a folder in which there is more, which nobody touches."""
    folder = commands.copies_of_reference(tmp_path / "class", 1)
    (tmp_path / "real" / "mine").mkdir(parents=True)
    os.chown(tmp_path / "real" / "mine", SOMEBODY, SOMEBODY)
    (tmp_path / "out").symlink_to(tmp_path / "real")
    done = commands.grade("run", folder, "--out", tmp_path / "out", "--docker", "--image", grader_image)
    assert done.returncode == 0 and graded(tmp_path / "real") == 1, done.stderr
    owners = {path.name: path.lstat().st_uid for path in [tmp_path / "real", *(tmp_path / "real").rglob("*")]}
    assert owners.pop("mine") == SOMEBODY and set(owners.values()) == {os.geteuid()}


def test_a_class_of_hundreds_is_one_container(tmp_path: Path, grader_image: str) -> None:
    """Though each submission is given by itself, in a folder of its own."""
    folder = tmp_path / "class"
    for number in range(300):
        (folder / f"group{number}").mkdir(parents=True)
        (folder / f"group{number}" / f"s{number}.ipynb").write_text("no notebook", "utf-8")
    paths = sorted(folder.glob("*/*"))
    done = commands.grade("run", *paths, "--out", tmp_path / "out", "--docker", "--image", grader_image)
    assert done.returncode == 0 and graded(tmp_path / "out") == 300, done.stderr
