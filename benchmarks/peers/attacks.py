"""The attacks, in the order of the table, and what would be a success for each."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from autograder.lab import ROOT

_HERE = Path(__file__).parent / "submissions"
_HOSTILE = ROOT / "tests" / "submissions" / "hostile"
_REFERENCE = ROOT / "reference" / "optimization" / "optimizers.py"


class Prize(Enum):
    """What an attack wants, other than points and a quiet life."""

    NONE = "points"
    TEST = "the hidden test"
    ENVIRONMENT = "the grader's environment"
    OUTPUT = "200 MB of results"
    CHILDREN = "50 children"
    MEMORY = "2 GB"
    LINE = "a connection"


@dataclass(frozen=True)
class Attack:
    """One submission; `right` if its numbers are, so that full marks are no forgery."""

    title: str
    source: Path
    prize: Prize = Prize.NONE
    right: bool = False
    lingers: bool = False  # may act on later students or after the verdict, so both are waited for
    not_for: str = ""  # the system that it has no meaning for, and why: "name: reason"

    def text(self, told: dict[str, str]) -> str:
        """The submission as one file, with what the attacker is told put in."""
        source = self.source.read_text("utf-8")
        lines = source.splitlines()
        if any(line.startswith("from accomplice import") for line in lines):
            kept = [line for line in lines if not line.startswith("from accomplice import")]
            source = "\n".join([kept[0], (_HERE / "accomplice.py").read_text("utf-8"), *kept[1:], ""])
        for name, value in told.items():
            source = source.replace(f"@{name}@", value)
        return source


def _ours(name: str) -> Path:
    return _HERE / f"{name}.py"


def _hostile(name: str) -> Path:
    return _HOSTILE / name / "optimizers.py"


ATTACKS = (
    Attack("none: right code (control)", _REFERENCE, right=True),
    Attack("none: wrong code (control)", _ours("plain_wrong")),
    Attack("`assert_close`, `equal`, `allclose` patched", _ours("patched_asserts")),
    Attack("a tensor subclass that equals all", _hostile("agreeable_tensors")),
    Attack("the grader patched in place", _ours("grader_in_place")),
    Attack("functions' code replaced through gc", _hostile("rewrites_code_through_gc")),
    Attack("`torch.optim` patched, the test's reference", _ours("patched_reference")),
    Attack("`torch.optim` does the work", _ours("delegation"), right=True),
    Attack(
        "results rewritten at exit",
        _ours("results_at_exit"),
        not_for="nbgrader: its kernel holds no results; nbgrader makes them from the cells' outputs afterwards",
    ),
    Attack("results rewritten by a detached child", _ours("results_afterwards"), lingers=True),
    Attack("`os._exit(0)` in a step", _hostile("exits_quietly_in_a_step")),
    Attack("an endless loop", _ours("endless_loop")),
    Attack("a sleep in C, signals blocked", _ours("sleep_in_c")),
    Attack("the hidden test shown in an exception", _ours("hidden_test_shown"), Prize.TEST),
    Attack("the grader's environment read", _ours("environment_read"), Prize.ENVIRONMENT),
    Attack("a daemon that outlives the verdict", _hostile("outlives_the_verdict"), lingers=True),
    Attack("neighbours' files and grades changed", _ours("neighbours_results"), lingers=True),
    Attack(
        "a start-up file planted for later students",
        _ours("planted_startup"),
        lingers=True,
        not_for="this grader: its workers are no IPython kernels and have no home",
    ),
    Attack("200 MB of output", _ours("output_200_mb"), Prize.OUTPUT),
    Attack("fifty children", _ours("fifty_children"), Prize.CHILDREN),
    Attack("2 GB of memory", _ours("two_gigabytes"), Prize.MEMORY),
    Attack("a connection to a local port", _ours("connection"), Prize.LINE),
)
