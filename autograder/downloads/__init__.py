"""Classes as course systems hand them out: a folder or the zip that came, read as the system lays it out.

Which system it is shows in the names alone.  Every student's last hand-in becomes one source, with its files under
the names that they were handed in by; whatever fits no name of the system's is passed over, and said to be.
"""

import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from autograder.downloads import canvas, gradescope, moodle, nbgrader
from autograder.downloads.hand_ins import HandIn, Reading, last_of_each, sources_of
from autograder.downloads.trees import Tree, join, tree_of
from autograder.errors import UsageError
from autograder.lab import Lab
from autograder.submission import Source
from autograder.text import some_of

SYSTEMS: dict[str, ModuleType] = {
    "gradescope": gradescope,
    "moodle": moodle,
    "canvas": canvas,
    "nbgrader": nbgrader,
}
_TITLES = {"gradescope": "Gradescope", "moodle": "Moodle", "canvas": "Canvas", "nbgrader": "nbgrader"}
_WRAPPERS = 3  # folders around a download, each alone in the one above: unpacking leaves them, and so do zips
_LISTED = 10


@dataclass(frozen=True)
class _Found:
    """A download, of which system it is, and where in it the hand-ins begin."""

    tree: Tree
    system: str
    at: str


def read_downloads(paths: Sequence[Path], lab: Lab, system: str | None) -> tuple[list[Source], list[str]] | None:
    """All sources in the downloads at `paths`, and sentences about what they were taken for and what was left out.

    None if any path looks like no download, and no `system` was named: a student's own zip, among others, is never
    taken for a class's.

    Raises:
        UsageError: there is nothing of that system's in a path, or it cannot be read.
    """
    found = []
    for path in dict.fromkeys(Path(os.path.abspath(path)) for path in paths):
        download = _recognised(path, lab, system)
        if download is None:
            return None
        found.append(download)
    notices: list[str] = []
    by_system: defaultdict[str, list[HandIn]] = defaultdict(list)
    for download in found:
        reading = SYSTEMS[download.system].read(download.tree, download.at, lab)
        if not reading.hand_ins:
            raise UsageError(f"{download.tree.path} holds no hand-in as {_TITLES[download.system]} names them.")
        by_system[download.system] += reading.hand_ins
        notices += _notices(download, reading)
    sources = []
    for name, hand_ins in by_system.items():
        kept, superseded = last_of_each(hand_ins)
        notices += _superseded(superseded)
        sources += sources_of(name, kept)
    return sources, notices


def _recognised(path: Path, lab: Lab, system: str | None) -> _Found | None:
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    if system is None and not path.is_dir() and not (path.is_file() and zipfile.is_zipfile(path)):
        return None
    try:
        tree = tree_of(path)
    except UsageError:
        if system is None:
            return None  # reading it as a submission says what is wrong with it
        raise
    levels = list(_levels(tree))
    for at in levels:
        for name in [system] if system else SYSTEMS:
            if SYSTEMS[name].fits(tree, at, lab):
                return _Found(tree, name, at)
    if system is None:
        return None
    # Most of it fits no name of the system's; what does may be what is meant.
    at = next((at for at in levels if SYSTEMS[system].read(tree, at, lab).hand_ins), "")
    return _Found(tree, system, at)


def _levels(tree: Tree) -> Iterator[str]:
    """The folders in which a download may begin."""
    at = ""
    for _ in range(_WRAPPERS + 1):
        yield at
        here = tree.listing(at)
        if len(here.folders) != 1 or here.files:
            return
        at = join(at, here.folders[0])


def _notices(download: _Found, reading: Reading) -> list[str]:
    title, count = _TITLES[download.system], len(reading.hand_ins)
    name = download.tree.path.name
    notices = [f"{name} is read as {title} hands submissions out: {count} hand-in{'s' * (count != 1)}."]
    misfits = [*reading.misfits, *download.tree.led_out]
    if misfits:
        notices.append(f"Passed over in {name}, fitting no name of {title}'s: {some_of(misfits, _LISTED)}.")
    return notices + _superseded(reading.superseded) + list(reading.remarks)


def _superseded(labels: Sequence[str]) -> list[str]:
    return [f"Passed over, as the same student handed in later: {some_of(labels, _LISTED)}."] if labels else []
