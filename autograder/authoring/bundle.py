"""A lab's autograder for Gradescope: a zip of what grading it needs, the same bytes from the same files."""

import io
import os
import shlex
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InstructorError, UsageError
from autograder.lab import ROOT, Lab, Visibility

_TEMPLATES = Path(__file__).parent / "templates" / "gradescope"
_SCRIPTS = ("setup.sh", "run_autograder")
_NOTEBOOKS = "nbformat"  # reads a hand-in that is a notebook
_NEVER = ("authoring",)  # of our own package
_LEFT_BEHIND = ("__pycache__", ".ipynb_checkpoints")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip's earliest: when a file was touched changes no byte


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
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_bytes(_zipped(files))
        os.replace(part, out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{out} cannot be written: {error.strerror}.") from error
    return list(files)


def contents(lab: Lab, choices: Choices, root: Path = ROOT) -> dict[str, bytes]:
    """The files of the bundle by name, in their order; on Gradescope they lie below /autograder/source."""
    labs = {found.name: found for found in (lab, *lab.banks)}
    folders = [root / "autograder", *(folder for found in labs.values() for folder in _folders(found))]
    paths = {root / "grade.py", root / "constraints.txt", *(path for folder in folders for path in _files(folder))}
    paths |= {found.root / "assignments" / found.name / "lab.toml" for found in labs.values()}
    files = {path.relative_to(root if path.is_relative_to(root) else lab.root).as_posix(): path for path in paths}
    made = {**_scripts(lab, choices), "requirements.txt": _requirements(root)}
    return dict(sorted({**{name: path.read_bytes() for name, path in files.items()}, **made}.items()))


def _folders(lab: Lab) -> Iterator[Path]:
    for folder in (lab.handout, lab.reference, lab.hidden_suite):
        if not folder.is_dir():
            raise InstructorError(f"The lab {lab.name} cannot be bundled: {folder} does not exist.")
        yield folder


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _LEFT_BEHIND for part in parts)
        ours = folder.name == "autograder" and parts[0] in _NEVER
        if path.is_file() and not path.is_symlink() and not hidden and not ours and path.suffix != ".pyc":
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
    return "\n".join([*sorted({*project["dependencies"], _NOTEBOOKS}), ""]).encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system = 3  # Unix, whose modes come next
            entry.external_attr = (0o100755 if name in _SCRIPTS else 0o100644) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()
