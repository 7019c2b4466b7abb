"""Paths in a submission: which cannot be taken, which are twins, and how any of them is shown.

A path is text with "/" between its parts, as strangers chose it.
"""

import unicodedata

from autograder.text import plain

PART_BYTES_LIMIT = 200  # Linux stops at 255, and Python puts a suffix behind the names of its caches
PATH_BYTES_LIMIT = 1_000
PARTS_LIMIT = 32

_SHOWN_LIMIT = 100
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, marks that turn the direction, lone surrogates, line breaks
_RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
_RESERVED |= {port + number for port in ("COM", "LPT") for number in "123456789¹²³"}


def shown(text: str) -> str:
    r"""A stranger's `text`, short and on one line, what would not print as its escape (`\u202e`)."""
    return plain(text, _SHOWN_LIMIT)


def visible(name: str) -> str:
    """`name` without what nobody sees in it, nor the dots and spaces that Windows drops from its end.

    A file is judged by this name: `answers.py`, a control character and a space is meant to be seen as answers.py.
    """
    return "".join(c for c in name if unicodedata.category(c) not in _INVISIBLE).rstrip(". ")


def fault_of(name: str) -> str | None:
    """Why a file of this name cannot be taken, as the end of a sentence, or None if it can.

    Spaces, accents, any script and emoji are fine.  What is refused means another file on another system, or
    looks like another name to whoever reads it.
    """
    parts = name.split("/")
    for part in parts:
        if any(unicodedata.category(c) in _INVISIBLE for c in part):
            return "has characters in its name that do not show"
        if "\\" in part:
            return "has a backslash in its name"
        if part != part.rstrip(". "):
            return "has a name that ends with a dot or a space"
        if part.split(".")[0].rstrip(" ").upper() in _RESERVED:
            return "has a name that Windows keeps for itself"
        if len(part.encode()) > PART_BYTES_LIMIT:
            return "has too long a name"
    too_deep = len(parts) > PARTS_LIMIT or len(name.encode()) > PATH_BYTES_LIMIT
    return "lies too many folders down" if too_deep else None


def twin_key(name: str) -> str:
    """Equal for two names that some file systems take for one: Adam.py and adam.py, é in one character or two."""
    if len(name) > PATH_BYTES_LIMIT:  # refused for that, and the cost is the square of a run of combining marks
        return name
    return unicodedata.normalize("NFC", name).casefold()
