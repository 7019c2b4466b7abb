"""What the machine or container that we are in has, and the limits that leave the grader room in it beside a worker."""

from collections.abc import Iterable
from pathlib import Path

from autograder.errors import HarnessError
from autograder.lab import Limits

GRADER_MB = 600  # grader, judge and zygote with the pages of torch that they use; measured: 500 and 100
LEAST_MB = 96  # that training the lab's network takes in a worker, and some more

_CGROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # versions 2 and 1
_MEMINFO = "/proc/meminfo"
_CPUINFO = Path("/proc/cpuinfo")
_GPUS = Path("/proc/driver/nvidia/gpus")


def memory_mb(cgroup: Iterable[str] = _CGROUP, meminfo: str = _MEMINFO) -> int:
    """The memory that all processes here may use together, in MiB."""
    with open(meminfo) as file:
        total = next(int(line.split()[1]) >> 10 for line in file if line.startswith("MemTotal"))
    limits = (Path(path).read_text().strip() for path in cgroup if Path(path).is_file())
    return min([total, *(int(limit) >> 20 for limit in limits if limit.isdigit())])


def processor() -> tuple[str, str]:
    """The first processor's name and its flags, sorted, as far as the system tells them."""
    told: dict[str, str] = {}
    for line in _lines(_CPUINFO):
        name, _, value = line.partition(":")
        told.setdefault(name.strip().lower(), value.strip())
    flags = told.get("flags") or told.get("features", "")  # as ARM's calls them
    return told.get("model name", ""), " ".join(sorted(flags.split()))


def gpu_models() -> tuple[str, ...]:
    """The GPUs that the NVIDIA driver knows; nothing is started on them."""
    models = []
    for path in sorted(_GPUS.glob("*/information")):
        models += [line.partition(":")[2].strip() for line in _lines(path) if line.startswith("Model:")]
    return tuple(models)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def fitting(limits: Limits, seconds: float, memory: int) -> Limits:
    """`limits`, narrowed so that grading one submission takes no more than `seconds` and `memory` MiB.

    Raises:
        HarnessError: there is too little memory to grade anything.
    """
    room = memory - GRADER_MB
    if room < LEAST_MB:
        raise HarnessError(
            f"Grading takes {GRADER_MB + LEAST_MB} MB of memory, and there are {memory} MB. Give the container more."
        )
    return limits.model_copy(
        update={
            "submission_seconds": min(limits.submission_seconds, seconds),
            "memory_mb": min(limits.memory_mb, room),
        }
    )
