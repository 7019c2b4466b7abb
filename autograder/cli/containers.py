"""Grading in a container: the options for it, and the command by which the container takes its order."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.app import app
from autograder.cli.console import Device, heed_ends
from autograder.errors import AutograderError, UsageError

if TYPE_CHECKING:
    from autograder.containers.host import Container

_CPU_IMAGE, _CUDA_IMAGE = "dl-lab-grader:cpu", "dl-lab-grader:cuda"
_TARGETS = {_CPU_IMAGE: "image", _CUDA_IMAGE: "image-cuda"}  # of the Makefile
_ENGINE = "GRADER_ENGINE"


class EngineName(StrEnum):
    """What runs containers."""

    DOCKER = "docker"
    PODMAN = "podman"


DockerOption = Annotated[
    bool,
    typer.Option(
        "--docker",
        help="Grade in a container, one for all: no network, nothing to write to but the results, no capabilities, not "
        "root. Same scores and messages as outside.",
    ),
]
ImageOption = Annotated[
    str | None,
    typer.Option(
        "--image",
        metavar="NAME",
        help=f"The image to grade in. Default: {_CPU_IMAGE}, with --gpus {_CUDA_IMAGE}.",
    ),
]
GpusOption = Annotated[
    str | None, typer.Option("--gpus", metavar="all", help="The GPUs that the container may use, as Docker names them.")
]
EngineOption = Annotated[
    EngineName | None,
    typer.Option("--engine", envvar=_ENGINE, help="What runs the container. Default: the first that answers."),
]


def container_of(
    docker: bool, image: str | None, gpus: str | None, engine: EngineName | None, device: Device = Device.AUTO
) -> "Container | None":
    """The container that is asked for, if one is.

    Raises:
        UsageError: there is no engine or no such image, or options contradict each other.
    """
    if not docker:
        alone = "--image" if image else "--gpus" if gpus else ""
        if alone:
            raise UsageError(f"{alone} is about a container: pass --docker with it, or leave it out.")
        return None
    if device == Device.CUDA and not gpus:
        raise UsageError("--device cuda needs a GPU in the container: pass --gpus all.")
    from autograder.containers.engines import Engine
    from autograder.containers.host import Container

    found = Engine.find(engine and engine.value)
    name = image or (_CUDA_IMAGE if gpus else _CPU_IMAGE)
    held = found.image(name)
    if held is None:
        target = _TARGETS.get(name)
        how = f"Make it: make {target} ENGINE={found.name}" if target else "Build or pull it, or leave --image out"
        raise UsageError(f"{found.name} has no image {name!r}. {how}. Where another engine has it, pass --engine.")
    if gpus:
        found.gpus(gpus)  # what cannot be asked for is said before anything is written
    return Container(found, held, gpus if device != Device.CPU else None)


def containers_here() -> str:
    """What `--docker` would find on this machine."""
    from autograder.containers.engines import Engine

    try:
        found = Engine.find(os.environ.get(_ENGINE))
        names = [name for name in _TARGETS if found.image(name)]
    except AutograderError as error:
        return f"none. {error}"
    return f"{found.name}, with {' and '.join(names)}" if names else f"{found.name}, without an image: make image"


@app.command(hidden=True)
def carry_out() -> None:
    """Carry out the order that `--docker` hands to a container."""
    heed_ends()  # first: what follows takes a while, and process 1 hears nothing that it has not asked for
    from autograder.containers import guest

    guest.carry_out()
