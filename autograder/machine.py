"""What the container that we are in may use, and the limits that leave the grader room in it beside a worker."""

from collections.abc import Iterable
from pathlib import Path

from autograder.errors import HarnessError
from autograder.lab import Limits

GRADER_MB = 600  # grader, judge and zygote with the pages of torch that they use; measured: 500 and 100
LEAST_MB = 96  # that training the lab's network takes in a worker, and some more

_CGROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # versions 2 and 1
_MEMINFO = "/proc/meminfo"


def memory_mb(cgroup: Iterable[str] = _CGROUP, meminfo: str = _MEMINFO) -> int:
    """The memory that all processes here may use together, in MiB."""
    with open(meminfo) as file:
        total = next(int(line.split()[1]) >> 10 for line in file if line.startswith("MemTotal"))
    limits = (Path(path).read_text().strip() for path in cgroup if Path(path).is_file())
    return min([total, *(int(limit) >> 20 for limit in limits if limit.isdigit())])


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
