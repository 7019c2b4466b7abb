"""An audit as a page: self-contained, so that it can be mailed or kept with a release."""

from itertools import groupby
from pathlib import Path

from autograder.authoring.audit import Audit
from autograder.report.rendering import environment_of
from autograder.text import in_words

_TEMPLATES = Path(__file__).parent / "templates"


def page(audit: Audit) -> str:
    """HTML; whatever is no markup of ours is escaped."""
    environment = environment_of(_TEMPLATES)
    environment.filters["in_words"] = in_words
    matrices = [
        (question, [c for c in audit.checks if c.question == question], list(rows))
        for question, rows in groupby(audit.misconceptions, key=lambda m: m.question)
    ]
    return environment.get_template("audit.html.j2").render(audit=audit, matrices=matrices)
