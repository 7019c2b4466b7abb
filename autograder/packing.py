"""The student's way to hand in: what the grader reads of their folder, tried out, in a zip with a receipt.

What would be refused is refused now, in the grader's own words: the files are read as it reads them.
"""

import json
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from autograder import receipts
from autograder.checking import PublicResult, check_submission
from autograder.errors import SubmissionError, UsageError
from autograder.lab import Lab
from autograder.names import shown
from autograder.notebooks.reading import is_notebook
from autograder.receipts import PackedLab, Receipt, Watch, hash_of, hash_of_all, write_receipt
from autograder.records import write_atomically
from autograder.submission import Source, Submission, lay_out, read_submission
from autograder.zipping import zipped

_PACKAGES = ("torch", "numpy")


@dataclass(frozen=True)
class Hand:
    """What is about to be handed in, and what its student should know before.

    Attributes:
        files: contents by path, notebooks without their outputs.
        results: of the public checks.
        missing: files that the lab asks for and that are not there.
        refused: why a file cannot be taken, by its path.
        left_out: the paths of what the grader does not read, with the sizes in bytes.
        saved: how many seconds ago each notebook was saved.
        unanswered: titles of written questions that have no answer in the notebook.
        twice: sentences on what is written both in a file and, otherwise, in the notebook.
    """

    files: Mapping[str, bytes]
    results: list[PublicResult]
    missing: tuple[str, ...]
    refused: Mapping[str, str]
    left_out: Mapping[str, int]
    saved: Mapping[str, float]
    unanswered: tuple[str, ...]
    twice: tuple[str, ...]


@dataclass(frozen=True)
class Packed:
    """The zip that was written, its size in bytes, and the receipt in it."""

    path: Path
    size: int
    receipt: Receipt


def default_path(path: Path, lab: Lab) -> Path:
    """Where the zip goes that nobody named a place for: beside the folder, or the notebook."""
    return path.resolve().parent / f"{lab.name}-hand-in.zip"


def refuse_place(out: Path, force: bool) -> None:
    """Raises UsageError where no zip can go to `out`."""
    if out.suffix != ".zip":
        raise UsageError(f"{out} must end in .zip: the grader knows archives by their names.")
    if out.is_dir() or (out.exists() and not force):
        raise UsageError(f"{out} is there already. Move it away, or pass --force to replace it.")


def look_through(path: Path, lab: Lab) -> Hand:
    """Read the folder or notebook at `path` as the grader will, and run the public checks on that.

    Raises:
        UsageError: there is no such thing.
        SubmissionError: the grader would refuse it.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist. Give the folder that holds your work, or your notebook.")
    if not path.is_dir() and not is_notebook(path.name):
        raise UsageError(f"{path} is neither a folder nor a notebook. Give the folder that holds your work.")
    with tempfile.TemporaryDirectory(prefix="pack-") as folder:
        if path.is_dir():
            source = path.resolve()
        else:
            source = Path(folder, "lone")
            lay_out(str(source), {path.name: path.read_bytes()})
        submission, watch = _read(source, lab)
        files = {name: _as_packed(name, content) for name, content in _own(watch.kept(), submission, lab).items()}
        packed = Path(folder, "packed.zip")
        packed.write_bytes(zipped(files))
        taken, _ = _read(packed, lab)
    base = path / watch.root if path.is_dir() else path.parent
    return Hand(
        files=files,
        results=check_submission(taken, lab),
        missing=tuple(name for name in lab.manifest.required_files if name not in taken.files),
        refused=submission.refused,
        left_out={n: size for n, size in watch.passed_over().items() if not (lab.handout / n).exists()},
        saved={n: max(0.0, time.time() - (base / n).stat().st_mtime) for n in filter(is_notebook, files)},
        unanswered=_unanswered(taken, lab),
        twice=taken.notebook.overridden if taken.notebook else (),
    )


def write(hand: Hand, lab: Lab, out: Path) -> Packed:
    """Write the zip, with a receipt of this moment.

    Raises:
        UsageError: it cannot be written there.
    """
    hashes = {name: hash_of(content) for name, content in sorted(hand.files.items())}
    receipt = Receipt(
        lab=PackedLab(name=lab.name, version=lab.manifest.version),
        packed_at=datetime.now(UTC).replace(microsecond=0),
        files=hashes,
        sha256=hash_of_all(hashes),
        versions=_versions(),
        public_checks={result.name: result.verdict for result in sorted(hand.results, key=lambda r: r.name)},
    )
    content = zipped({**hand.files, receipts.NAME: write_receipt(receipt)})
    try:
        write_atomically(out, content)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}. Pass another --out.") from error
    return Packed(out, len(content), receipt)


def _read(path: Path, lab: Lab) -> tuple[Submission, Watch]:
    watch = Watch(keep=True)
    submission = read_submission(Source("you", path), lab, watch)
    if submission.problem:
        raise SubmissionError(submission.problem)
    return submission, watch


def _own(read: Mapping[str, bytes], submission: Submission, lab: Lab) -> dict[str, bytes]:
    """What the grader takes of what it has read, without what came with the handout."""
    tests = {f"tests/{question.id}.py" for question in lab.manifest.questions}
    notebook = submission.notebook.name if submission.notebook else None
    return {
        name: content
        for name, content in read.items()
        if (name in submission.files or name == notebook)
        and (name in lab.manifest.required_files or not _is_the_handouts(name, content, lab))
        and name not in tests
    }


def _is_the_handouts(name: str, content: bytes, lab: Lab) -> bool:
    original = lab.handout / name
    return original.is_file() and (
        name in lab.manifest.given or name.startswith("checks/") or original.read_bytes() == content
    )


def _as_packed(name: str, content: bytes) -> bytes:
    """The file as it is, or a notebook without its outputs, which nobody grades.

    nbformat would put ids of its own choice into old notebooks, other ones each time.
    """
    if not is_notebook(name):
        return content
    try:
        notebook = json.loads(content)
        for cell in _cells(notebook):
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], **({"execution_count": None} if "execution_count" in cell else {})}
        return json.dumps(notebook, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SubmissionError(
            f"{shown(name)} is no notebook that can be read. Open it in Jupyter or Colab, save it, and pack again."
        ) from error


def _cells(notebook: Any) -> list[Any]:
    """Also of the format before 2014, which had sheets."""
    return [cell for sheet in notebook.get("worksheets", [notebook]) for cell in sheet["cells"]]


def _unanswered(submission: Submission, lab: Lab) -> tuple[str, ...]:
    """Titles of written questions without a word of the student's; without a notebook, nobody waits for any."""
    if submission.notebook is None:
        return ()
    written = submission.notebook.written
    return tuple(question.title for question in lab.manifest.written if not written.get(question.id))


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": f"{sys.platform} {platform.machine()}"}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
