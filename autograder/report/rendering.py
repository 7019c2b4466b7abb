"""Templates: whatever they are given is text, and is escaped; markup is only what stands in the templates."""

import re
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parent / "templates"
_BACKTICKS = re.compile(r"`([^`]*)`")


def render(template: str, **values: Any) -> str:
    """The page that `template` makes of `values`."""
    return _environment().get_template(template).render(values)


def scripts(names: Iterable[str]) -> tuple[Markup, str]:
    """These scripts of ours one after the other, to stand in a page, and their hash as its policy names it."""
    text = "\n".join((_TEMPLATES / name).read_text("utf-8") for name in names)
    return Markup(text), f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def environment_of(templates: Path) -> Environment:
    """Templates in a folder: what they lack is an error, and what is no markup of theirs is escaped."""
    return Environment(loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@cache
def _environment() -> Environment:
    environment = environment_of(_TEMPLATES)
    environment.lstrip_blocks = True
    environment.filters["points"] = lambda value: f"{value:g}"
    environment.filters["time"] = lambda value: value.replace("T", " ").replace("+00:00", " UTC")
    environment.filters["quoting"] = _quoting
    return environment


def _quoting(text: str) -> Markup:
    """Text of a message, what stands between backticks set as code."""
    parts = _BACKTICKS.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
