"""What holds on this machine, or in this container: versions, device, labs, isolation; and what does not."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from autograder.errors import AutograderError, IsolationError
from autograder.lab import ROOT, Lab
from autograder.machine import GRADER_MB, LEAST_MB, gpu_models, memory_mb, processor
from autograder.provenance import harness_digest, image
from autograder.sandbox import Sandbox
from autograder.training.device import choose

# What the image was built from, as its Dockerfile has it.
_VERSION, _COMMIT = "DL_LAB_GRADER_VERSION", "DL_LAB_GRADER_COMMIT"


@dataclass(frozen=True)
class LabHealth:
    """A lab that can be read and whose scenarios can be imported, where there is no `fault`; `hash` as in reports."""

    name: str
    version: str
    hash: str
    fault: str = ""


@dataclass(frozen=True)
class Built:
    """What the image that we are in was built from; `image` is its digest, where whoever started it says so."""

    version: str
    commit: str
    image: str


@dataclass(frozen=True)
class Health:
    """What grading stands on here; it can be done when there are no `faults`.

    Attributes:
        memory_mb: what all processes here may use together, in MiB.
        device: "cpu" or "cuda", where networks would be trained.
        isolation: the profile that holds; "" where none does.
        built: None outside of an image.
        grader: SHA-256 of the grader's own code.
        faults: what does not hold, and what to do about it.
    """

    python: str
    torch: str
    numpy: str
    architecture: str
    processor: str
    cores: int
    memory_mb: int
    device: str
    gpus: tuple[str, ...]
    isolation: str
    layers: tuple[str, ...]
    built: Built | None
    grader: str
    labs: tuple[LabHealth, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Held:
    """A sandbox that could be started, for networks on this device."""

    profile: str = ""
    layers: tuple[str, ...] = ()
    device: str = "cpu"


def examine() -> Health:
    """Look at all of it; starts a sandbox for each lab, and no student's code.

    Raises:
        IsolationError: nothing can be graded on this system.
    """
    if sys.platform != "linux":
        raise IsolationError("Grading needs Linux (its sandbox): grade with --docker, or in a virtual machine.")
    memory, device = memory_mb(), choose("auto")
    faults = _memory_faults(memory)
    held = _Held()
    labs = []
    for name in Lab.names():
        lab, now, found = _examine_lab(name, device)
        labs.append(lab)
        held = held if held.profile else now
        faults += [each for each in found if each not in faults]
    if not labs:
        faults.append(f"There is no lab in {ROOT / 'assignments'}: unpack the project there, or make the image anew.")
    return Health(
        python=platform.python_version(),
        torch=version("torch"),
        numpy=version("numpy"),
        architecture=platform.machine(),
        processor=processor()[0],
        cores=len(os.sched_getaffinity(0)),
        memory_mb=memory,
        device=held.device,
        gpus=gpu_models(),
        isolation=held.profile,
        layers=held.layers,
        built=_built(),
        grader=harness_digest(),
        labs=tuple(labs),
        faults=tuple(faults),
    )


def _memory_faults(memory: int) -> list[str]:
    needed = GRADER_MB + LEAST_MB
    if memory >= needed:
        return []
    return [f"Grading takes {needed} MB of memory, and there are {memory} MB: give the machine or container more."]


def _examine_lab(name: str, device: str) -> tuple[LabHealth, _Held, Sequence[str]]:
    """The lab called `name`, the sandbox in which its scenarios can be imported, and what does not hold."""
    number = digest = ""
    try:
        lab = Lab.find(name)
        number, digest = lab.manifest.version, lab.digest
        held, faults = _hold(lab, device)
    except IsolationError as error:
        return LabHealth(name, number, digest), _Held(), [str(error)]
    except (AutograderError, OSError) as error:
        fault = f"The lab {name} cannot be used: {error}"
        return LabHealth(name, number, digest, fault), _Held(), [fault]
    return LabHealth(name, number, digest), held, faults


def _hold(lab: Lab, device: str) -> tuple[_Held, Sequence[str]]:
    """The strongest sandbox that holds, as a batch would start it: with the GPU if it can be."""
    try:
        with Sandbox.start("auto", lab, lab.manifest.limits, device=device) as sandbox:
            return _Held(sandbox.profile, sandbox.layers, device), []
    except IsolationError as error:
        if device == "cpu":
            raise
        held, _ = _hold(lab, "cpu")
        return held, [f"Networks are trained on the CPU, since no sandbox holds with the GPU. {error}"]


def _built() -> Built | None:
    if _VERSION not in os.environ:
        return None
    return Built(os.environ[_VERSION], os.environ.get(_COMMIT, ""), image())
