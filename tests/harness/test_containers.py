"""What goes into a container and comes out of it, as lines; with a real engine: `tests/docker`."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.batch import Events, Order
from autograder.containers.engines import Engine, Image, bind
from autograder.containers.host import Container
from autograder.containers.orders import (
    heed,
    pack,
    refuse_others,
    tell_end,
    tell_error,
    tell_interrupt,
    telling,
    unpack,
)
from autograder.errors import HarnessError, InstructorError, UsageError
from autograder.judge import Training
from autograder.lab import Lab
from autograder.parts import Part
from autograder.provenance import harness_digest
from autograder.records import Row
from autograder.submission import Person, Source, Who

LAB = Lab.find("optimization")
ROW = Row("ada", 1.5, 3, {"adam": 1.5}, "graded", flags=("delegation",), mistakes={"adam": ("swapped", "late")})
ORDER = Order(
    LAB,
    [
        Source("a\udcff", Path('/class/a\udcff, "b"')),
        Source(
            "b", Path("/class.zip"), (Part("x.py", Path("/class.zip"), "b/x.py"),), Who("B", members=(Person("C"),))
        ),
    ],
    Path("/out"),
    3,
    "auto",
    LAB.manifest.limits.model_copy(update={"seconds": 1.5}),
    Training("replay", "cuda", True),
    Path("/earlier"),
    live=True,
)


def heard(text: str) -> tuple[list[tuple[object, ...]], list[Row] | None]:
    """What the caller hears of these lines, and the rows in the end."""
    told: list[tuple[object, ...]] = []
    names = ("on_ready", "on_fault", "on_row", "on_notice", "on_unwritten", "on_page")
    events = Events(**{name: lambda *words, name=name: told.append((name, *words)) for name in names})
    return told, heed(iter(io.StringIO(text).readline, ""), events)


def test_an_order_arrives_as_it_was_given() -> None:
    """Paths that are no text, parts of a class's zip, limits, training: all of it."""
    assert unpack(pack(ORDER)) == replace(ORDER, sources=tuple(ORDER.sources))


@pytest.mark.parametrize(("what", "sentence"), [("lab_hash", "the lab optimization"), ("harness", "the grader")])
def test_an_order_of_another_version_is_refused(what: str, sentence: str) -> None:
    """Which one it is, and that the image is to be made again."""
    with pytest.raises(UsageError, match=f"another version of {sentence} .*make image"):
        unpack(json.dumps({**json.loads(pack(ORDER)), what: "0" * 64}))
    with pytest.raises(UsageError, match="another version of the grader"):
        unpack(json.dumps({**json.loads(pack(ORDER)), "schema": 2}))


def test_an_image_whose_labels_tell_of_another_version_is_refused() -> None:
    """Before anything is written, with the commit that it was built from; one without labels is asked when it runs."""
    harness, labs, commit = "dl-lab-grader.harness", "dl-lab-grader.labs", "org.opencontainers.image.revision"
    refuse_others(LAB, {})
    refuse_others(LAB, {harness: harness_digest(), labs: f"other=0,{LAB.name}={LAB.digest}"})
    with pytest.raises(UsageError, match=r"another version of the lab optimization .*built from, 0123abc"):
        refuse_others(LAB, {labs: f"{LAB.name}={'0' * 64}", commit: "0123abc"})
    with pytest.raises(UsageError, match=r"another version of the grader .*make image"):
        refuse_others(LAB, {harness: "0" * 64})


def test_all_that_happens_is_told() -> None:
    """Each event with its words, and the rows."""
    lines: list[str] = []
    events = telling(lines.append)
    events.on_ready("landlock")
    events.on_page()
    events.on_row(ROW)
    events.on_unwritten("ada", "No space left on device")
    told, rows = heard("".join(lines) + tell_end([ROW]))
    assert told == [
        ("on_ready", "landlock"),
        ("on_page",),
        ("on_row", ROW),
        ("on_unwritten", "ada", "No space left on device"),
    ]
    assert rows == [ROW]


def test_errors_are_what_they_were() -> None:
    """Whose fault it was decides the exit code; an end from outside is one."""
    for error in (UsageError("u"), InstructorError("i")):
        with pytest.raises(type(error), match=str(error)):
            heard(tell_error(error))
    with pytest.raises(KeyboardInterrupt):
        heard(tell_interrupt())
    assert heard("") == ([], None)


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        "3",
        '["__init__", 1]',
        '["on_ready"]',
        '["on_row", {}]',
        '["end"]',
        '["end", 5]',
        '[["on_page"]]',
    ],
)
def test_what_is_no_event_is_refused(line: str) -> None:
    """A container that was taken over does not bring its caller down."""
    with pytest.raises(HarnessError):
        heard(f"{line}\n")


def test_a_path_is_mounted_whatever_its_name() -> None:
    """Engines read the option's value as a line of CSV."""
    assert bind(Path("/a"), Path("/b"), writable=True) == ["--mount", "type=bind,source=/a,target=/b"]
    assert bind(Path('/a,"b'), Path("/b"))[1] == 'type=bind,"source=/a,""b",target=/b,readonly'


@pytest.mark.parametrize(
    ("engine", "wanted"),
    [
        (Engine("docker", False, False), []),
        (Engine("docker", False, True), ["--user=0:0"]),
        (Engine("docker", False, False, remaps=True), ["--userns=host"]),
        (Engine("podman", True, True), ["--userns=keep-id", "--group-add=keep-groups", "--read-only-tmpfs=false"]),
    ],
    ids=["docker", "rootless docker", "docker that remaps", "rootless podman"],
)
def test_every_engine_seals_the_container(engine: Engine, wanted: list[str]) -> None:
    """No network, no capability, a root that is read-only, limits; and the caller's own user."""
    arguments = Container(engine, Image("name", "sha256:1", {}), "all")._arguments("n", ORDER, ["--mount", "m"])
    sealed = ["--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pull=never"]
    assert set(sealed + wanted) <= set(arguments) and arguments[-2:] == ["--mount", "m"]
    assert sum(argument.startswith("--user=") for argument in arguments) == 1
    starts = ("--memory=", "--memory-swap=", "--pids-limit=", "--tmpfs=/run/grader:rw,nosuid,nodev,noexec,size=")
    assert all(any(argument.startswith(start) for argument in arguments) for start in starts)
    assert ("--device=nvidia.com/gpu=all" if engine.is_podman else "--gpus=all") in arguments


def test_gpus_are_named_as_for_docker_whatever_the_engine() -> None:
    """Podman is asked for each by its number; what it has no word for is refused before anything is written."""
    docker, podman = Engine("docker", False, False), Engine("podman", True, True)
    assert docker.gpus("device=0,1") == ["--gpus=device=0,1"]
    for wanted in ("device=0,1", '"device=0,1"'):
        assert podman.gpus(wanted) == ["--device=nvidia.com/gpu=0", "--device=nvidia.com/gpu=1"]
    with pytest.raises(UsageError, match="podman takes --gpus all"):
        podman.gpus("2")
