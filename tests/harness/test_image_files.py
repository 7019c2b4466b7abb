"""What images are made from: locks that agree with the project, a pinned base, and files that name what there is."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
TARGETS = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
ARGUMENTS = set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CORE = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = [Requirement(line) for lines in PROJECT["optional-dependencies"].values() for line in lines]


def pins(path: Path) -> dict[str, str]:
    """Versions by name, without a local part such as torch's +cpu."""
    found = re.findall(r"^([\w.-]+)==([^\s;+\\]+)", path.read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize("lock", ["cpu", "cuda"])
def test_a_lock_agrees_with_the_project(lock: str) -> None:
    """Each dependency within its bounds, and no version but the one that constraints.txt has."""
    locked, exact = pins(DOCKER / f"{lock}.lock"), pins(ROOT / "constraints.txt")
    assert not [str(each) for each in CORE if locked.get(canonicalize_name(each.name), "") not in each.specifier]
    assert not {name for name, version in locked.items() if exact.get(name, version) != version}
    assert all(name.startswith(("nvidia-", "cuda-", "triton")) for name in locked.keys() - exact.keys())


def test_constraints_agree_with_the_project() -> None:
    """Each dependency, optional ones too, has one version, within its bounds."""
    exact, wanted = pins(ROOT / "constraints.txt"), [*CORE, *EXTRAS]
    assert not [str(each) for each in wanted if exact.get(canonicalize_name(each.name), "") not in each.specifier]


@pytest.mark.parametrize("lock", ["cpu", "cuda", "tools"])
def test_every_line_of_a_lock_has_its_hashes(lock: str) -> None:
    """So that pip takes no other file; and no line says where from."""
    text = re.sub(r"^#.*\n", "", (DOCKER / f"{lock}.lock").read_text("utf-8"), flags=re.MULTILINE)
    one = r"[\w.-]+==[^\s;\\]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.fullmatch(f"({one})+", text)


def test_the_images_differ_in_cuda_alone() -> None:
    """The CPU image holds none of it; both hold the same version of all else."""
    cpu, cuda = pins(DOCKER / "cpu.lock"), pins(DOCKER / "cuda.lock")
    assert "nvidia-" not in str(cpu) and "nvidia-" in str(cuda)
    assert cpu.items() <= cuda.items()


def test_the_base_is_pinned_in_one_place() -> None:
    """By digest, in the Dockerfile; every stage stands on it."""
    (base,) = re.findall(r"^ARG BASE_IMAGE=(.*)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.11-slim-\w+@sha256:[0-9a-f]{64}", base)
    sources = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert sources[0] == "${BASE_IMAGE}" and set(sources[1:]) <= TARGETS
    digest = base.partition("@")[2]
    files = subprocess.run(["git", "grep", "-l", digest], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert set(files) <= {"docker/Dockerfile"}


def _services() -> dict[str, Any]:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))["services"]


@pytest.mark.parametrize("name", ["grade", "grade-cuda"])
def test_compose_closes_its_containers(name: str) -> None:
    """As `run --docker` does: no network, nothing to write to but the results, nothing that root may."""
    service = _services()[name]
    assert service["build"]["target"] in TARGETS and service["build"]["args"].keys() <= ARGUMENTS
    assert (DOCKER / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == DOCKER / "Dockerfile"
    assert service["network_mode"] == "none" and service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "${GRADER_USER:-1000:1000}" and service["pids_limit"] and service["mem_limit"]
    assert all(volume["type"] == "bind" for volume in service["volumes"]), "any name is a folder's, and no volume's"
    writable = [volume["target"] for volume in service["volumes"] if not volume.get("read_only")]
    assert writable == ["/results"] and len(service["volumes"]) == 2
    assert not {"privileged", "cap_add", "ports", "devices"} & service.keys()


def test_bake_names_what_there_is() -> None:
    """Targets and arguments of the Dockerfile."""
    text = (DOCKER / "docker-bake.hcl").read_text("utf-8")
    assert set(re.findall(r'^  target\s*= "(.*)"$', text, re.MULTILINE)) == {"cpu", "cuda"} <= TARGETS
    (arguments,) = re.findall(r"^  args = \{\n(.*?)^  \}", text, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"^    (\w+) +=", arguments, re.MULTILINE)) == ARGUMENTS


def test_what_the_dockerfile_copies_goes_to_the_builder() -> None:
    """The older builder leaves out whatever .dockerignore does not name, and says so late."""
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    for source in (source for line in copied for source in line.split()):
        assert (ROOT / source).exists()
        assert any(Path(source).match(pattern) or source.startswith(f"{pattern}/") for pattern in allowed), source


def test_a_lock_that_cannot_be_made_changes_nothing(tmp_path: Path) -> None:
    """With no index to ask, `make lock` says so and leaves every file as it was."""
    shutil.copytree(DOCKER, tmp_path / "docker", ignore=shutil.ignore_patterns("*.whl"))
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    nowhere = {"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    command = [sys.executable, tmp_path / "docker" / "lock.py"]
    done = subprocess.run(command, env=nowhere, capture_output=True, text=True)
    assert done.returncode == 1 and "Nothing was changed." in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
