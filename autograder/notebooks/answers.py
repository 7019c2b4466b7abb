"""The written answers in a notebook: the markdown below each prompt that says `<!-- written: ID -->`."""

import re
from collections.abc import Sequence

from .cells import Cell

_PROMPT = re.compile(r"<!--\s*written:\s*([a-z][a-z0-9_]*)\s*-->")
_EDGE = re.compile(r"<!--\s*(?:BEGIN|END) QUESTION\s*-->")
_PLACEHOLDER = re.compile(r"_?Type your answer here, replacing this text\._?")


def written_answers(cells: Sequence[Cell]) -> dict[str, str]:
    """The answers by the prompts' ids, as markdown; "" where nothing was written.

    An answer goes on to the mark that Otter Assign puts behind it; in a notebook without such marks, to the next code
    cell or heading; and never beyond the next prompt.
    """
    answers: dict[str, str] = {}
    asked, marked = "", any(_EDGE.search(cell.source) for cell in cells)
    for cell in cells:
        prompt = _PROMPT.search(cell.source) if cell.kind == "markdown" else None
        if prompt:
            asked = prompt[1]
            answers.setdefault(asked, "")
        elif cell.kind != "markdown":
            asked = asked if marked else ""
        elif cell.source.lstrip().startswith("#") and not marked:
            asked = ""
        elif asked:
            text, *rest = _EDGE.split(cell.source, maxsplit=1)
            answers[asked] = "\n\n".join(filter(None, [answers[asked], _PLACEHOLDER.sub("", text).strip()]))
            asked = "" if rest else asked
    return answers
