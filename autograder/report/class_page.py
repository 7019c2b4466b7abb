"""The page of a class, `index.html`: a table that sorts and filters, figures, and a link to every report.

It holds its data as JSON and draws it with scripts of its own.  Its policy lets no other script run, whatever a name or
message may hold; while a class is graded, the page's own script may also load `.live.js` beside it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from autograder.folder import INDEX
from autograder.records import as_inert_json, read_likeness, write_atomically
from autograder.report.overview import Overview
from autograder.report.rendering import render, scripts

_SCRIPTS = ("class.js", "class_table.js", "class_figures.js", "class_map.js")
_LIVE, _START = "class_live.js", "class_start.js"

Kind = Literal["starting", "running", "cut short", "done"]


@dataclass(frozen=True)
class Progress:
    """How far the class is: of `total` submissions, at the time `made`."""

    kind: Kind
    total: int
    made: str

    @classmethod
    def now(cls, kind: Kind, total: int) -> "Progress":
        return cls(kind, total, datetime.now().astimezone().isoformat(timespec="seconds"))


def class_data(folder: Path, overview: Overview, progress: Progress) -> str:
    """What the page of the run in `folder` shows, as JSON that may stand in a page."""
    data = {**overview.data(read_likeness(folder)), "progress": asdict(progress)}
    return as_inert_json(data, indent=None)


def class_page(title: str, data: str, live: bool = False) -> str:
    """The page that shows `data`; a `live` one looks for news beside it."""
    script, hash_ = scripts((*_SCRIPTS, *([_LIVE] if live else []), _START))
    return render("class.html.j2", title=title, data=Markup(data), script=script, hash=hash_, live=live)


def write_class_page(folder: Path, overview: Overview, progress: Progress, live: bool = False) -> None:
    """Raises OSError; then the page that was there still is."""
    page = class_page(overview.title, class_data(folder, overview, progress), live)
    write_atomically(folder / INDEX, page)
