"""Build an image from this checkout: `make image`, `make image-cuda`, or `python docker/build.py --help`.

Wheels are fetched here, where pip is configured (mirrors, certificates, an index with CPU builds of torch), and held
against the lock's hashes; the build itself has no network.
"""

import argparse
import hashlib
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the labels are about this checkout, whatever else is installed

from autograder import __version__  # noqa: E402
from autograder.lab import Lab  # noqa: E402
from autograder.provenance import harness_digest  # noqa: E402

DOCKER = ROOT / "docker"
_PINNED = re.compile(r"^[\w.-]+==", re.MULTILINE)


@dataclass(frozen=True)
class Choices:
    """What is built (a target of the Dockerfile), by which engine, from which base ("": the Dockerfile's), as what."""

    target: str
    engine: str
    base: str
    tag: str


def build(choices: Choices) -> None:
    buildx = choices.engine == "docker" and _has_buildx()
    older = choices.engine == "docker" and not buildx
    for name in ["tools", choices.target] + ["cpu"] * (older and choices.target == "cuda"):
        fetch(name)
    arguments = labels() | ({"BASE_IMAGE": choices.base} if choices.base else {})
    command = [choices.engine, "build", "--quiet", "--network=none", f"--file={DOCKER / 'Dockerfile'}"]
    command += [f"--build-arg={name}={value}" for name, value in arguments.items()]
    command += ["--load"] * buildx + ["--format=docker"] * (choices.engine == "podman")  # OCI's knows no health checks
    command += [f"--target={choices.target}", f"--tag={choices.tag}"]
    print(f"Building {choices.tag}; a few minutes the first time.", flush=True)
    _run(*command, ROOT)
    print(f"{choices.tag} is ready: python grade.py run submissions/ --docker --engine {choices.engine}", flush=True)


def _has_buildx() -> bool:
    """Without it Docker's older builder makes every stage above the target, those of the CPU for CUDA among them."""
    return subprocess.run(["docker", "buildx", "version"], capture_output=True).returncode == 0


def labels() -> dict[str, str]:
    """The build arguments that say what is in the image; reports name the same hashes."""
    return {
        "VERSION": __version__,
        "COMMIT": commit(),
        "HARNESS_HASH": harness_digest(),
        "LAB_HASHES": ",".join(f"{name}={Lab.find(name).digest}" for name in Lab.names()),
    }


def commit() -> str:
    """The commit of this checkout, `-dirty` when what goes into an image is not as committed; "" without git."""
    try:
        git = ["git", "-C", str(ROOT)]
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--", "docker/Dockerfile", *_sent()],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head + "-dirty" * bool(changed)


def _sent() -> list[str]:
    """What the builder is sent, as .dockerignore has it."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    return [f":(glob){line[1:]}{end}" for line in lines if line.startswith("!") for end in ("", "/**")]


def fetch(name: str) -> None:
    """Have in docker/wheels/NAME one wheel for each line of NAME.lock, and nothing else."""
    lock, folder = DOCKER / f"{name}.lock", DOCKER / "wheels" / name
    pinned = len(_PINNED.findall(lock.read_text("utf-8")))
    if _prune(folder, lock) < pinned:
        print(f"Fetching what {lock.relative_to(ROOT)} names: {pinned} wheels.")
        pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
        wanted = ["--require-hashes", "--only-binary=:all:", "--python-version=3.11", f"--requirement={lock}"]
        _run(*pip, *wanted, f"--dest={folder}")
        _prune(folder, lock)


def _prune(folder: Path, lock: Path) -> int:
    """Remove wheels that the lock does not name, as an older one did; how many are left."""
    hashes = lock.read_text("utf-8")
    kept = 0
    for wheel in folder.glob("*.whl"):
        with wheel.open("rb") as file:
            named = hashlib.file_digest(file, "sha256").hexdigest() in hashes
        kept += named
        if not named:
            wheel.unlink()
    return kept


def _run(*command: str | Path) -> None:
    done = subprocess.run(command)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed, with exit code {done.returncode}: its own words are above.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "target",
        choices=["cpu", "cuda", "labels"],
        help="labels: only print what bake and compose need to know",
    )
    parser.add_argument("--engine", default="", help="docker or podman; default: the first of them that there is")
    parser.add_argument("--base", default="", help="another base than the Dockerfile's, with Python 3.11")
    parser.add_argument("--tag", default="", help="default: dl-lab-grader:TARGET")
    given = parser.parse_args()
    if given.target == "labels":
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in labels().items()))
        sys.exit()
    engine = given.engine or next((name for name in ("docker", "podman") if shutil.which(name)), "")
    if not engine:
        sys.exit("There is neither docker nor podman here: install one of them.")
    build(Choices(given.target, engine, given.base, given.tag or f"dl-lab-grader:{given.target}"))
