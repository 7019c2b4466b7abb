"""Renew everything that is pinned: `make lock`, or `python docker/lock.py --keep` with the versions that there are.

- constraints.txt: exact versions of all that .venv holds, all extras in, as new as pyproject.toml allows;
- cpu.lock, cuda.lock: of these what grading needs, with the hashes of its wheels, a file for each image;
- tools.lock: what builds images and is not in them;
- the digest of the base image in the Dockerfile.

pip is asked as it is configured here, and must know an index with CPU builds of torch (PIP_EXTRA_INDEX_URL or
PIP_FIND_LINKS).  For cuda.lock these two and pip's configuration files are left out, so that the index's own build of
torch is found; PIP_INDEX_URL holds for all.  Nothing is written before all of it could be made.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCKER = ROOT / "docker"
CONSTRAINTS, CPU, CUDA, TOOLS = ROOT / "constraints.txt", *(DOCKER / f"{n}.lock" for n in ("cpu", "cuda", "tools"))
DOCKERFILE = DOCKER / "Dockerfile"

COMPILER = ("pip==26.3", "pip-tools==7.6.2")
BUILDERS = ("cyclonedx-python-lib[json-validation]", "pip")
OPTIONS = ("--quiet", "--allow-unsafe", "--strip-extras", "--no-header", "--no-annotate")
OPTIONS += ("--no-emit-index-url", "--no-emit-find-links")

HEADER = "# Made by `make lock`: {what}.\n"
_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
_LOCAL = re.compile(r"^(torch==[^+\s]+)\+\S+", re.MULTILINE)
_BASE = re.compile(r"^ARG BASE_IMAGE=(\S+)@(sha256:[0-9a-f]{64})$", re.MULTILINE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Compiler:
    """pip-compile in an environment of its own; with `keep` it stays with the versions that the old file has."""

    folder: Path
    keep: bool

    def install(self) -> None:
        _run(sys.executable, "-m", "venv", self.folder / "venv")
        _run(self.folder / "venv" / "bin" / "pip", "install", "--quiet", *COMPILER)

    def compile(
        self, old: Path, wanted: Iterable[str], *options: str | Path, environment: Mapping[str, str] | None = None
    ) -> str:
        """Pins of all that `wanted` brings, for the place of the file `old`."""
        print(f"Making {old.relative_to(ROOT)}.", flush=True)
        source, target = self.folder / "wanted.in", self.folder / "made.txt"
        target.unlink(missing_ok=True)
        source.write_text("\n".join(wanted) + "\n", "utf-8")
        if self.keep and old.exists():
            pins = self.folder / "pins.txt"
            pins.write_text("".join(f"{name}=={number}\n" for name, number in pins_in(old).items()), "utf-8")
            options += ("--constraint", pins)
        program = self.folder / "venv" / "bin" / "pip-compile"
        _run(program, *OPTIONS, *options, "--output-file", target, source, environment=environment)
        lines = target.read_text("utf-8").splitlines(keepends=True)
        return "".join(line for line in lines if line.strip() and not line.startswith("#"))


def renew(keep: bool) -> None:
    """Make all files anew and put them into place."""
    if sys.version_info[:2] != (3, 11):
        sys.exit(f"The locks are for Python 3.11, and this is {sys.version.split()[0]}: set PYTHON=… to one.")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    core = project["dependencies"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    with tempfile.TemporaryDirectory(prefix="lock-") as folder:
        compiler = Compiler(Path(folder), keep)
        compiler.install()
        exact = Path(folder) / "constraints.txt"
        exact.write_text(_comment(CONSTRAINTS) + _exact(compiler, [*core, *extras]), "utf-8")
        bounds = ("--generate-hashes", "--constraint", exact)
        cpu = compiler.compile(CPU, core, *bounds)
        cuda = compiler.compile(CUDA, core, *bounds, environment=_without_cpu_builds())
        tools = compiler.compile(TOOLS, BUILDERS, "--generate-hashes")
        files = {
            CONSTRAINTS: exact.read_text("utf-8"),
            CPU: HEADER.format(what="what grading needs, with a CPU build of torch, for x86-64") + cpu,
            CUDA: HEADER.format(what="what grading needs, with CUDA's libraries, for x86-64") + cuda,
            TOOLS: HEADER.format(what="what builds images and is not in them") + tools,
            DOCKERFILE: DOCKERFILE.read_text("utf-8") if keep else _with_newest_base(DOCKERFILE.read_text("utf-8")),
        }
    _replace(files)


def _exact(compiler: Compiler, wanted: Iterable[str]) -> str:
    """Versions of all that is `wanted`, torch's without the suffix of its build, so that they do for each image."""
    found = compiler.compile(CONSTRAINTS, wanted)
    if "nvidia" in found:
        torch = dict(_PIN.findall(found))["torch"]
        sys.exit(
            f"pip found no CPU build of torch {torch}, so both images would hold CUDA. Name an index that has it in "
            "PIP_EXTRA_INDEX_URL: PyTorch's installation page knows one. Nothing was changed."
        )
    return _LOCAL.sub(r"\1", found)


def pins_in(path: Path) -> dict[str, str]:
    """Versions by name."""
    return dict(_PIN.findall(path.read_text("utf-8")))


def _comment(path: Path) -> str:
    """The lines at the top of the file that say what it is."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("#"))


def _without_cpu_builds() -> dict[str, str]:
    where_they_are = {"PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"}
    others = {name: value for name, value in os.environ.items() if name not in where_they_are}
    return {**others, "PIP_CONFIG_FILE": os.devnull}


def _with_newest_base(dockerfile: str) -> str:
    found = _BASE.search(dockerfile)
    if not found:
        sys.exit(f"{DOCKERFILE} has no line `ARG BASE_IMAGE=NAME:TAG@sha256:…`. Nothing was changed.")
    name, digest = found.groups()
    newest = _ask_for_digest(name)
    if not newest:
        print(f"Nobody here could tell the newest digest of {name} (docker or skopeo can): it stays as it is.")
    return dockerfile.replace(digest, newest or digest)


def _ask_for_digest(name: str) -> str:
    """The digest that a registry has for `name`, "" where nobody here can ask."""
    questions = (
        [["docker", "buildx", "imagetools", "inspect", "--format", "{{json .Manifest.Digest}}", name]],
        [["skopeo", "inspect", "--format", "{{.Digest}}", f"docker://{name}"]],
        [["docker", "pull", "--quiet", name], ["docker", "image", "inspect", "--format", "{{.RepoDigests}}", name]],
    )
    for commands in questions:
        answers = [_answer(command) for command in commands]
        if all(answers) and (digest := _DIGEST.search(answers[-1])):
            return digest[0]
    return ""


def _answer(command: list[str]) -> str:
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def _replace(files: Mapping[Path, str]) -> None:
    """All of them, and none before each lies ready beside its place."""
    ready = {path: path.with_name(f"{path.name}.new") for path in files}
    try:
        for path, text in files.items():
            ready[path].write_text(text, "utf-8")
        for path, new in ready.items():
            new.replace(path)
    finally:
        for new in ready.values():
            new.unlink(missing_ok=True)


def _run(*command: str | Path, environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environment, cwd=tempfile.gettempdir())
    if done.returncode != 0:
        sys.exit(f"{Path(command[0]).name} failed, its own words are above. Nothing was changed.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="keep all versions that pyproject.toml still allows")
    renew(parser.parse_args().keep)
