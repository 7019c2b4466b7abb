"""The hostile samples: a folder or an archive each, and what `<name>.toml` beside it promises."""

import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.archives import ARCHIVES, FOREIGN_ARCHIVES

HOSTILE = Path(__file__).resolve().parents[1] / "submissions" / "hostile"
MARK = "# Attack surface: "
CONTROL = "control"
CODE = (".py", ".ipynb")
SEPARATOR = " · "
_READ_AT_MOST = 1 << 20


@dataclass(frozen=True)
class Sample:
    """One sample.

    Attributes:
        path: the folder or archive; None if nothing lies beside the toml.
        kind: the toml's `class`, "" where it has none.
        attacks: the line items of the catalogue that it stands for.
        expected: the whole toml, for `verdicts.question_faults`.
    """

    name: str
    path: Path | None
    kind: str
    attacks: tuple[str, ...]
    expected: dict[str, Any]
    toml: Path

    @property
    def about(self) -> str:
        return str(self.expected.get("about", ""))

    @property
    def is_control(self) -> bool:
        return self.kind == CONTROL

    def surface(self) -> str:
        """What follows the mark in the first line of a file of it, or in its toml's `surface`; "" if it is nowhere."""
        firsts = [_first_line(content) for content in self.contents()]
        said = f"# {self.expected.get('surface', '')}"  # where no file of it can be read
        return next((line.removeprefix(MARK) for line in (*firsts, said) if line.startswith(MARK)), "")

    def contents(self) -> Iterator[bytes]:
        """The code files in it, as far as they can be had without unpacking."""
        if self.path is None:
            return
        if self.path.is_dir():
            for file in sorted(self.path.rglob("*")):
                if file.suffix in CODE and file.is_file() and not file.is_symlink():
                    yield file.read_bytes()[:_READ_AT_MOST]
        else:
            yield from _archived(self.path)


def find_samples(folder: Path) -> list[Sample]:
    """All samples of `folder`, controls first, then by class and name."""
    samples = [_sample(toml) for toml in folder.glob("*.toml")]
    return sorted(samples, key=lambda sample: (not sample.is_control, sample.kind, sample.name))


def _sample(toml: Path) -> Sample:
    expected = tomllib.loads(toml.read_text("utf-8"))
    places = [toml.with_name(toml.stem), *(toml.with_name(toml.stem + end) for end in (*ARCHIVES, *FOREIGN_ARCHIVES))]
    path = next((place for place in places if place.exists()), None)
    attacks = tuple(item.strip() for item in expected.get("attacks", "").split(SEPARATOR) if item.strip())
    return Sample(toml.stem, path, expected.get("class", ""), attacks, expected, toml)


def _first_line(content: bytes) -> str:
    """In whatever encoding, as long as it is much like ASCII."""
    return content.replace(b"\0", b"").partition(b"\n")[0].decode("ascii", "ignore").strip()


def _archived(path: Path) -> Iterator[bytes]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in [info for info in archive.infolist() if info.filename.endswith(CODE)][:20]:
                    with archive.open(name) as file:
                        yield file.read(_READ_AT_MOST)
        else:
            with tarfile.open(path) as archive:
                for member in [member for member in archive if member.name.endswith(CODE) and member.isreg()][:20]:
                    if file := archive.extractfile(member):
                        yield file.read(_READ_AT_MOST)
    except (OSError, ValueError, RuntimeError, EOFError, tarfile.TarError, zipfile.BadZipFile, NotImplementedError):
        return  # hostile archives need not be readable
