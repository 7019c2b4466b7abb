"""The place where attacks are tried: a copy of the project with canaries in it, a class, and things to touch.

::

    project/   autograder, the lab, its reference and hidden suite (canaries planted), this package
    class/     the samples, and the honest neighbours among them
    home/      HOME of the grader, tmp/ its TMPDIR: a canary in each
    outside/   files and folders that anybody may write to
    results/   what the runs write, a folder a profile

All of it may be read by any user: only the sandbox's walls stand between a sample and it.
"""

import os
import re
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from canaries import Canaries
from samples import Sample

ROOT = Path(__file__).resolve().parents[2]
LAB = "optimization"
ATTACKS_BETWEEN_NEIGHBOURS = 10
SUBMISSION_CHECKS = 15  # that may take all their time before a submission runs out of its own
_PARTS = ("autograder", f"assignments/{LAB}", f"reference/{LAB}", f"tests/hidden/{LAB}", "tests/attack",
          "tests/harness")  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """`order` names the submissions as they are graded: samples with neighbours between them."""

    root: Path
    canaries: Canaries
    samples: tuple[Sample, ...]
    order: tuple[str, ...]

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def classroom(self) -> Path:
        return self.root / "class"

    @property
    def outside(self) -> Path:
        return self.root / "outside"

    def results(self, profile: str) -> Path:
        return self.root / "results" / profile

    def environment(self) -> dict[str, str]:
        """What the grader's process gets to see, a secret among it."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.root / "home"),
            "XDG_CACHE_HOME": str(self.root.parent / "cache"),  # the grader's own, and not looked at
            "TMPDIR": str(self.root / "tmp"),
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "GRADER_SECRET": self.canaries.words["the grader's environment"],
        }

    @classmethod
    def build(cls, root: Path, samples: Sequence[Sample], seconds: float) -> "Stage":
        """Make everything below `root`; a check may take `seconds`."""
        before = os.umask(0o022)
        try:
            stage = cls(root, Canaries.fresh(), tuple(samples), tuple(_interleaved(samples)))
            root.chmod(0o755)
            _copy_project(stage, seconds)
            _seat_the_class(stage)
            _place_things_to_touch(stage)
        finally:
            os.umask(before)
        return stage


def is_neighbour(student: str) -> bool:
    return student.startswith("neighbour_")


def _interleaved(samples: Sequence[Sample]) -> list[str]:
    """A neighbour, ten samples, a neighbour, …, a neighbour."""
    present = [sample.name for sample in samples if sample.path]
    groups = [present[i : i + ATTACKS_BETWEEN_NEIGHBOURS] for i in range(0, len(present), ATTACKS_BETWEEN_NEIGHBOURS)]
    order = ["neighbour_000"]
    for number, group in enumerate(groups, 1):
        order += [*group, f"neighbour_{number:03}"]
    return order


def _copy_project(stage: Stage, seconds: float) -> None:
    for part in _PARTS:
        shutil.copytree(ROOT / part, stage.project / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(ROOT / "grade.py", stage.project)
    # Most attackers would train seven networks, and nothing here is about that: tests/training/test_convergence.py is.
    (stage.project / "tests" / "hidden" / LAB / "test_trains_the_network.py").unlink()
    manifest = stage.project / "assignments" / LAB / "lab.toml"
    text = manifest.read_text("utf-8")
    for key, value in (
        ("seconds", seconds),
        ("submission_seconds", seconds * SUBMISSION_CHECKS),
        ("show_values", "false"),
    ):
        text, changed = re.subn(rf"(?m)^{key}\s*=.*$", f"{key} = {value}", text)
        if changed != 1:
            raise SystemExit(f"{ROOT / 'assignments' / LAB / 'lab.toml'} must have one line that sets {key}.")
    manifest.write_text(text, "utf-8")
    words = stage.canaries.words
    for path in (stage.project / "tests" / "hidden" / LAB).rglob("*.py"):
        if not path.stem.endswith("scenarios"):  # which the worker is meant to see
            _plant(path, words["a hidden test" if path.name.startswith("test_") else "the hidden problems"])
    for path in (stage.project / "reference" / LAB).rglob("*.py"):
        _plant(path, words["the reference"])


def _plant(path: Path, word: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n\n# {word}\nSECRET = {word!r}\n")


def _seat_the_class(stage: Stage) -> None:
    stage.classroom.mkdir()
    for sample in stage.samples:
        if sample.path and sample.path.is_dir():
            shutil.copytree(sample.path, stage.classroom / sample.path.name, symlinks=True)
        elif sample.path:
            shutil.copy(sample.path, stage.classroom)
    manifest = tomllib.loads((stage.project / "assignments" / LAB / "lab.toml").read_text("utf-8"))
    handed_in, printed = (stage.canaries.words[f"a neighbour's {what}"] for what in ("submission", "log"))
    for name in filter(is_neighbour, stage.order):
        folder = stage.classroom / name
        folder.mkdir()
        for file in manifest["required_files"]:
            text = (ROOT / "reference" / LAB / file).read_text("utf-8")
            (folder / file).write_text(f"{text}\n\n# {handed_in}\nprint({printed!r})\n", "utf-8")


def _place_things_to_touch(stage: Stage) -> None:
    words = stage.canaries.words
    for name, place in (("home", "the grader's home"), ("tmp", "the temporary folder")):
        (stage.root / name).mkdir()
        (stage.root / name / "secret.txt").write_text(f"{words[place]}\n", "utf-8")
    (stage.outside / "folder").mkdir(parents=True)
    (stage.outside / "results.json").write_text('{"score": 0}\n', "utf-8")
    for path in (stage.outside, *stage.outside.iterdir()):
        path.chmod(0o777 if path.is_dir() else 0o666)
    (stage.root / "results").mkdir()
