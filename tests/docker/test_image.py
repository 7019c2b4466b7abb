"""The image that `make image` makes: what is in it and what is not, and that it grades."""

import json
import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import commands
import engine
import pytest

from autograder import __version__
from autograder.lab import Lab
from autograder.provenance import harness_digest

LOCK = engine.ROOT / "docker" / "cpu.lock"
SEALED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none")
ANYBODY = ("--user=4711:4711", *SEALED)
INSTALLERS = ("pip", "pip3", "ensurepip", "easy_install")  # setuptools is torch's own wish
COMPILERS = ("gcc", "g++", "cc", "c++", "cc1", "clang", "ld", "as", "make", "cmake", "ninja", "rustc", "nvcc")


@cache
def described(image: str) -> dict[str, Any]:
    inspected = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=True)
    (content,) = json.loads(inspected.stdout)
    return content


def run(
    image: str, *arguments: str, options: Sequence[str] = ANYBODY, entrypoint: str = ""
) -> subprocess.CompletedProcess[str]:
    command = ["docker", "run", "--rm", *options, *([f"--entrypoint={entrypoint}"] if entrypoint else []), image]
    return subprocess.run([*command, *arguments], capture_output=True, text=True)


def test_it_takes_less_than_2_gb(grader_image: str) -> None:
    """What `docker images` shows, the base among it."""
    assert described(grader_image)["Size"] < 2_000_000_000


def test_labels_say_what_it_was_made_of(grader_image: str) -> None:
    """Version, commit, and the hashes that reports name: of the grader's code and of each lab."""
    labels = described(grader_image)["Config"]["Labels"]
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=engine.ROOT, capture_output=True, text=True).stdout.strip()
    assert labels["org.opencontainers.image.version"] == __version__
    assert labels["org.opencontainers.image.revision"].removesuffix("-dirty") == head
    assert labels["dl-lab-grader.harness"] == harness_digest()
    labs = dict(pair.split("=") for pair in labels["dl-lab-grader.labs"].split(","))
    assert labs == {name: Lab.find(name).digest for name in Lab.names()}


def test_nobody_in_it_is_root(grader_image: str) -> None:
    assert described(grader_image)["Config"]["User"] == "10001:10001"
    assert run(grader_image, "-u", options=SEALED, entrypoint="id").stdout.strip() == "10001"


def test_nothing_in_it_installs_or_compiles(grader_image: str) -> None:
    """No pip, no wheel to get one from, no compiler: neither a file by such a name nor a Debian package."""
    names = [word for name in (*INSTALLERS, *COMPILERS) for word in ("-name", name, "-o")]
    find = ["/", "-xdev", "(", *names, "-name", "*.whl", "-o", "-name", "pip-*.dist-info", ")", "-print"]
    found = run(grader_image, *find, options=("--user=0", "--network=none"), entrypoint="find")
    left = [path for path in found.stdout.split() if not path.startswith(("/proc/", "/sys/", "/dev/"))]
    tools = [path for path in left if not re.search(r"/(share|doc|etc|dpkg)/|/site-packages/", path)]
    assert found.returncode == 0 and not tools
    assert not [path for path in left if re.search(r"/site-packages/pip$|\.whl$|/ensurepip$", path)]
    packages = run(grader_image, "--show", "--showformat=${Package}\n", entrypoint="dpkg-query").stdout.split()
    unwanted = re.compile(r"^(gcc|g\+\+|cpp|binutils|make)(-\d+)?$|pip|-dev$|-venv$")
    assert "libc6" in packages and not [name for name in packages if unwanted.search(name)]


def test_anybody_may_read_all_of_it(grader_image: str) -> None:
    """The grader runs under whatever user the caller is."""
    tests = ["!", "-perm", "-o=r", "-o", "-type", "d", "!", "-perm", "-o=x"]
    found = run(grader_image, "/opt", *tests, options=("--user=0", "--network=none"), entrypoint="find")
    assert (found.returncode, found.stdout) == (0, "")


def test_the_sbom_lists_what_is_installed(grader_image: str) -> None:
    """Each package of the lock with the hash of its wheel, which the lock names; Python; and Debian's packages."""
    shown = run(grader_image, "/opt/dl-lab-grader/sbom.cdx.json", entrypoint="cat")
    content = json.loads(shown.stdout)
    by_purl = {component["purl"]: component for component in content["components"]}
    packages = {purl: component for purl, component in by_purl.items() if purl.startswith("pkg:pypi/")}
    lock = LOCK.read_text("utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==([^\s\\]+)", lock, re.MULTILINE))
    assert {(_canonical(c["name"]), c["version"]) for c in packages.values()} == pinned
    assert "torch" in {name for name, _ in pinned}
    for component in packages.values():
        assert [each["alg"] for each in component["hashes"]] == ["SHA-256"]
        assert f"--hash=sha256:{component['hashes'][0]['content']}" in lock, component["name"]
    assert any(purl.startswith("pkg:deb/debian/libc6@") for purl in by_purl)
    assert any(purl.startswith("pkg:generic/python@3.11.") for purl in by_purl)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_health_check_passes_for_anybody(grader_image: str) -> None:
    """In a sealed container of a user without a name: all is well, and what is in there is this checkout."""
    kind, program, *arguments = described(grader_image)["Config"]["Healthcheck"]["Test"]
    done = run(grader_image, *arguments, "--json", entrypoint=program)
    assert (kind, done.returncode) == ("CMD", 0), done.stderr
    health = json.loads(done.stdout)
    assert health["isolation"] == "landlock" and health["device"] == "cpu" and not health["faults"]
    assert health["built"]["commit"] == described(grader_image)["Config"]["Labels"]["org.opencontainers.image.revision"]
    assert health["grader"] == harness_digest()
    assert {lab["name"]: lab["hash"] for lab in health["labs"]} == {n: Lab.find(n).digest for n in Lab.names()}


def test_it_grades_by_hand(grader_image: str, tmp_path: Path) -> None:
    """`docker run IMAGE run …` with a submission and a folder for results, as docker/README.md shows."""
    results = tmp_path / "results"
    results.mkdir(mode=0o777)
    results.chmod(0o777)
    submission = commands.SAMPLES / "right" / "torch_style"
    mounts = (f"--volume={submission}:/submissions/ada:ro", f"--volume={results}:/results")
    arguments = ["run", "/submissions/ada", "--out", "/results/class", "--convergence", "replay"]
    done = run(grader_image, *arguments, options=(*ANYBODY, *mounts))
    assert done.returncode == 0, done.stderr
    report = commands.report(results / "class", "ada")
    assert report["score"] == report["max_score"] and report["isolation"] == "landlock"


@pytest.fixture
def base_with_compiler(tmp_path: Path, grader_image: str) -> str:
    (tmp_path / "Dockerfile").write_text(f"FROM {engine.image()}\nRUN ln -s /bin/true /usr/local/bin/gcc\n")
    name = "grader-test-base:compiler"
    subprocess.run(["docker", "build", "--quiet", "--tag", name, tmp_path], check=True, capture_output=True)
    return name


def test_a_base_with_a_compiler_is_refused(base_with_compiler: str) -> None:
    """… and the last words say so."""
    command = ["docker", "build", "--force-rm", "--target=lean", "--network=none", "--file=docker/Dockerfile"]
    done = subprocess.run(
        [*command, f"--build-arg=BASE_IMAGE={base_with_compiler}", "."],
        cwd=engine.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "BASE_IMAGE brings gcc: take a slim one." in done.stdout + done.stderr
