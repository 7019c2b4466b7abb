"""The one way in which text that somebody else wrote is made fit to be shown: visible, and bounded.

Names, messages and output come from students.  A terminal obeys control characters, a bidi override makes a line
read as another one, an invisible character makes two names look the same, and a lone surrogate cannot be written at
all.  So whatever Python does not call printable is shown as its escape.
"""

import re
from collections.abc import Sequence

_SUSPECT = re.compile(r"[^ -~]")
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")  # printable by their category, and drawn as nothing
_MARK_ROOM = 48


def plain(text: str, limit: int, lines: bool = False) -> str:
    r"""`text` on one line, harmless wherever it is shown, in `limit` characters at most.

    Control and format characters (ANSI, bidi, zero width), private and unassigned ones, line separators, spaces
    other than " ", and lone surrogates become \x1b, \u202e, \ud800 and so on; with `lines`, newlines and tabs stay.
    Of what is too long the middle is left out, and how many characters of `text` that were is said in its place.
    What came out once comes out the same again.
    """
    if len(text) <= limit:
        if text.isprintable() and text.isascii():
            return text
        shown = _SUSPECT.sub(lambda match: _visible(match.group(), lines), text)
        if len(shown) <= limit:
            return shown
    room = max(0, limit - _MARK_ROOM) // 2
    head = _as_many(text[:room], room, lines)
    tail = _as_many(text[: -room - 1 : -1], room, lines)
    mark = f"[… {len(text) - len(head) - len(tail)} characters left out …]"
    return "".join([*head, f"\n{mark}\n" if lines else f" {mark} ", *reversed(tail)])


def some_of(names: Sequence[str], most: int = 3) -> str:
    """`names` in a row, the first `most` of them, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def source_of(content: bytes) -> str:
    """A file as text whose lines end in "\\n" alone, so that everybody counts them alike."""
    return content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def in_words(name: str) -> str:
    """`BetasSwapped` and `betas_swapped` are "betas swapped", and `BlindToNaN` is "blind to NaN"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name.replace("NaN", "Nan")).lower()
    return re.sub(r"\bnan\b", "NaN", words)


def _visible(character: str, lines: bool) -> str:
    if (lines and character in "\n\t") or (character.isprintable() and character not in _UNSEEN):
        return character
    return character.encode("unicode_escape").decode()


def _as_many(characters: str, room: int, lines: bool) -> list[str]:
    """The first of `characters` as they are shown, as long as they fit into `room`."""
    shown: list[str] = []
    for character in characters:
        piece = _visible(character, lines)
        room -= len(piece)
        if room < 0:
            break
        shown.append(piece)
    return shown
