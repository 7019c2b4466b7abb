"""What decides a grade, noted in each report: whoever grades the same again gets the same, or reads here why not."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from autograder import __version__
from autograder.judge import Training
from autograder.lab import ROOT, Lab, Limits, digest_files
from autograder.machine import gpu_models, processor
from autograder.sandbox import Sandbox

_DIGEST_SHOWN = 12
# What computes, what reads and runs hidden checks and students' files, and what students import.
_PACKAGES = (
    "cloudpickle", "matplotlib", "msgpack", "nbformat", "numpy", "pooch", "pydantic", "pytest", "scikit-learn", "scipy",
    "torch", "tqdm",
)  # fmt: skip
_IMAGE = "GRADER_IMAGE"  # an environment variable: no process in a container can find out by itself


@dataclass(frozen=True)
class Hashes:
    """SHA-256 of names and contents.

    `handout` is all that students get, `hidden_suite` and `reference` are Python files, those of the labs whose code is
    to be broken among them; `lab_toml` has points, limits, seeds and thresholds; `harness` is the grader's own code.
    """

    submission: str
    lab_toml: str
    handout: str
    hidden_suite: str
    reference: str
    harness: str


@dataclass(frozen=True)
class Machine:
    """Where the arithmetic was done: `instructions` are the processor's flags, `capability` is what torch uses of them;
    `gpus` are named where one was used."""

    architecture: str
    processor: str
    instructions: str
    capability: str
    gpus: tuple[str, ...]


@dataclass(frozen=True)
class TrainingTerms:
    """How networks were trained: as `judge.Training` has it, and by question the held-out accuracy to be reached."""

    mode: str
    device: str
    data_set: str
    seeds: tuple[int, ...]
    steps: int
    thresholds: Mapping[str, float]


@dataclass(frozen=True)
class Provenance:
    """All that decides a grade.

    Attributes:
        versions: of the grader, Python and the packages that take part in grading.
        image: the container image's id; "" outside of one, and where nobody said.
        limits: as lab.toml or the caller set them.
        training: None in a lab that trains nothing.
    """

    hashes: Hashes
    versions: Mapping[str, str]
    image: str
    machine: Machine
    limits: Mapping[str, float]
    training: TrainingTerms | None

    def of(self, submission: str) -> "Provenance":
        """The same for the submission with this hash."""
        return replace(self, hashes=replace(self.hashes, submission=submission))


def provenance(lab: Lab, limits: Limits, training: Training) -> Provenance:
    """That of every submission of a batch that runs here and now."""
    machine = _machine(with_gpus=training.device != "cpu")
    return Provenance(_hashes(lab), _versions(), image(), machine, limits.model_dump(), _training(lab, training))


def describe_environment(sandbox: Sandbox) -> dict[str, Any]:
    """The part of it that must be the same for a record to serve again, with the sandbox's layers."""
    import numpy
    import torch

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "machine": platform.machine(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "layers": list(sandbox.layers),
        "grader": harness_digest()[:_DIGEST_SHOWN],
        **({"image": image()} if image() else {}),
    }


def image() -> str:
    """The id of the container image that this process runs in, as far as whoever started it says so."""
    return os.environ.get(_IMAGE, "")


@cache
def harness_digest() -> str:
    """Of the grader's own code."""
    return digest_files(ROOT, (ROOT / "autograder").rglob("*.py"))


def _hashes(lab: Lab) -> Hashes:
    hidden = set(lab.hidden_suite.rglob("*.py"))
    reference = [path for path in lab.answers() if path not in hidden]
    handout = [path for path in lab.handout.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return Hashes(
        submission="",
        lab_toml=digest_files(lab.root, [lab.toml]),
        handout=digest_files(lab.root, handout),
        hidden_suite=digest_files(lab.root, hidden),
        reference=digest_files(lab.root, reference),
        harness=harness_digest(),
    )


def _versions() -> dict[str, str]:
    packages = {name: _version(name) for name in _PACKAGES}
    return {"grader": __version__, "python": platform.python_version(), **packages}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _machine(with_gpus: bool) -> Machine:
    import torch

    model, instructions = processor()
    capability = torch.backends.cpu.get_cpu_capability()
    return Machine(platform.machine(), model, instructions, capability, gpu_models() if with_gpus else ())


def _training(lab: Lab, training: Training) -> TrainingTerms | None:
    settings = lab.manifest.convergence
    if settings is None:
        return None
    thresholds = settings.thresholds.get(settings.data_set, {}).get(training.device, {})
    return TrainingTerms(
        training.mode,
        training.device,
        settings.data_set,
        settings.seeds,
        settings.steps,
        {question: threshold.accuracy for question, threshold in thresholds.items()},
    )
