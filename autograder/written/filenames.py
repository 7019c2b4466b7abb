"""Files named after students, who are called what they like."""

import re
from collections.abc import Sequence

from autograder.names import fault_of, twin_key

_BYTES_LIMIT = 180  # a suffix comes behind it
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def file_names(names: Sequence[str]) -> list[str]:
    """A file's name without suffix for each of `names`: as it is where every system takes it, and all different."""
    taken: set[str] = set()
    found = []
    for name in names:
        fit = _fit(name)
        candidate, number = fit, 1
        while twin_key(candidate) in taken:
            number += 1
            candidate = f"{fit} ({number})"
        taken.add(twin_key(candidate))
        found.append(candidate)
    return found


def _fit(name: str) -> str:
    """`name` without what some system refuses in a file's name, or a spreadsheet or shell takes for a command."""
    fit = _UNFIT.sub("_", name).encode()[:_BYTES_LIMIT].decode(errors="ignore").strip(". ")
    fit = re.sub(r"^[-~]", "_", fit)
    return fit if fit and not fault_of(fit) else f"_{fit}"
