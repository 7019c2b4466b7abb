"""A lab's autograder for Gradescope: a zip of what grading it needs, the same bytes from the same files."""

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InstructorError, UsageError
from autograder.lab import ROOT, Lab, Visibility
from autograder.records import write_atomically
from autograder.zipping import zipped

_TEMPLATES = Path(__file__).parent / "templates" / "gradescope"
_SCRIPTS = ("setup.sh", "run_autograder")
_BYTECODE = "__pycache__"


@dataclass(frozen=True)
class Choices:
    """When students see what came of hidden checks, "train" or "replay", and where pip finds torch."""

    feedback: Visibility
    convergence: str
    torch_index: str = ""


def write_bundle(lab: Lab, choices: Choices, out: Path, root: Path = ROOT) -> list[str]:
    """Write the zip to `out`, whole or not at all, and return the names in it.

    Raises:
        UsageError: it cannot be written there.
        InstructorError: a part of the lab is missing.
    """
    files = contents(lab, choices, root)
    try:
        write_atomically(out, zipped(files, executable=_SCRIPTS))
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}.") from error
    return list(files)


def contents(lab: Lab, choices: Choices, root: Path = ROOT) -> dict[str, bytes]:
    """The files of the bundle by name, in their order; on Gradescope they lie below /autograder/source."""
    labs = {found.name: found for found in (lab, *lab.banks)}.values()
    files = {path.relative_to(root).as_posix(): path for path in _program(root)}
    files |= {path.relative_to(found.root).as_posix(): path for found in labs for path in _parts(found)}
    made = {**_scripts(lab, choices), "requirements.txt": _requirements(root)}
    return dict(sorted({**{name: path.read_bytes() for name, path in files.items()}, **made}.items()))


def _program(root: Path) -> Iterator[Path]:
    """The grader, without what makes labs."""
    yield from (root / "grade.py", root / "constraints.txt")
    yield from (path for path in _files(root / "autograder") if path.relative_to(root).parts[1] != "authoring")


def _parts(lab: Lab) -> Iterator[Path]:
    """What grading reads of a lab: of its handout given files and stubs, and nothing that only an audit looks at."""
    for folder in (lab.reference, lab.hidden_suite):
        if not folder.is_dir():
            raise InstructorError(f"The lab {lab.name} cannot be bundled: {folder} does not exist.")
    yield lab.toml
    yield from lab.handout.glob("*.py")
    right = lab.right_submissions
    references = (path for path in _files(lab.reference) if path.suffix == ".py")
    yield from (path for path in references if not (right and path.is_relative_to(right)))
    yield from _files(lab.hidden_suite)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        passed_over = any(part.startswith(".") or part == _BYTECODE for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not passed_over:
            yield path


def _scripts(lab: Lab, choices: Choices) -> dict[str, bytes]:
    words = {
        "lab": lab.name,
        "max_score": f"{lab.max_score:g}",
        "feedback": choices.feedback,
        "convergence": choices.convergence,
        "torch_index": shlex.quote(choices.torch_index) if choices.torch_index else "",
    }
    return {name: _filled((_TEMPLATES / f"{name}.tmpl").read_text("utf-8"), words) for name in _SCRIPTS}


def _filled(text: str, words: Mapping[str, str]) -> bytes:
    """A shell script, whose own $ stay: placeholders are written @name@."""
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text.encode()


def _requirements(root: Path) -> bytes:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return "\n".join([*sorted(project["dependencies"]), ""]).encode()
