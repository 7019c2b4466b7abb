"""Which questions leave their work to torch.optim or another optimizer library, and the words for it.

`worker/delegation/` reads the source.  It is made to be run beside strangers' files, for a parser can be brought
down: so it reads in a worker in which nothing of the student's has run, and whose answer is therefore its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.errors import StudentError
from autograder.lab import Question
from autograder.worker import delegation as source
from autograder.worker.delegation.known_optimizers import FOREACH, FUSED, LIBRARIES, TORCH_OPTIM

Ask = Callable[[dict[str, Any]], dict[str, Any]]  # what a worker replies that has seen no other file of the student's
Place = Callable[[object, object], str]  # a file's line, quoted: " in FILE, line N (`…`)"; "" if there is no such line

_REACHABLE = {TORCH_OPTIM, FOREACH, FUSED, *(name.partition(".")[0] for name in LIBRARIES)}
_MET_LIMIT = 8


@dataclass(frozen=True)
class Flag:
    """Something in a submission for a person to look at; `text` says what."""

    kind: str
    file: str
    line: int
    text: str


@dataclass(frozen=True)
class Delegations:
    """What was found in one submission; `unread` are the files that brought the reader down.

    `met` says what a worker reports, which is a student's process: at worst it tells on itself without reason.
    """

    found: tuple[source.Finding, ...] = ()
    unread: tuple[str, ...] = ()
    met: tuple[tuple[str, int, str], ...] = ()  # (file, line, what) that a worker came to, and was refused

    def and_met(self, error: Mapping[str, Any], place: Place) -> "Delegations":
        """With what an error reply of kind "delegation" tells, at most a few, and no line that there is not."""
        file, line = (error.get("file"), error.get("line")) if place(error.get("file"), error.get("line")) else ("", 0)
        here = (str(file), int(line or 0), reaches(error.get("text")))
        known = here in self.met or any((f.file, f.line) == here[:2] for f in self.found)
        return self if known or len(self.met) >= _MET_LIMIT else replace(self, met=(*self.met, here))

    def of(self, question: int) -> source.Finding | None:
        """The first line by which the question of this index leaves its work to others."""
        return next((finding for finding in self.found if question in finding.questions), None)

    def flags(self, place: Place) -> tuple[Flag, ...]:
        """All of it as flags."""

        def words(f: source.Finding) -> str:
            if f.reaches == FOREACH:
                return f"computes with {FOREACH}"
            return (
                f"leaves work to {f.reaches}" if f.questions else f"mentions {f.reaches}, which no question comes to,"
            )

        return (
            *(Flag("delegation", f.file, f.line, f"{words(f)}{place(f.file, f.line)}") for f in self.found),
            *(
                Flag("delegation", file, line, f"leaves work to {what}{place(file, line)}")
                for file, line, what in self.met
            ),
            *(Flag("delegation", name, 0, f"{name} could not be scanned for delegation") for name in self.unread),
        )


def read(files: Mapping[str, bytes], questions: Sequence[Question], ask: Ask) -> Delegations:
    """Have the files read together; if that fails, find out which of them are to blame and read the rest."""
    asked = [(question.file, question.name) for question in questions]
    if not source.is_worth_reading(files, [file for file, _ in asked]):
        return Delegations()
    code = {name: content for name, content in files.items() if name.endswith(".py")}
    found = _together(code, asked, ask)
    if found is not None:
        return Delegations(found)
    blamed = tuple(name for name in code if not _survives(name, code[name], ask))
    rest = {name: content for name, content in code.items() if name not in blamed}
    found = _together(rest, asked, ask) if blamed else None
    return Delegations(found, blamed) if found is not None else Delegations(unread=tuple(code))


def reaches(told: object) -> str:
    """What the worker says that the student's code came to, if it is something that it may say."""
    return told if isinstance(told, str) and told in _REACHABLE else TORCH_OPTIM


def sentence(name: str, what: str, place: str) -> str:
    """What a student is told; `place` is " in FILE, line N (`…`)" or empty."""
    return f"{name} leaves its work to {what}{place}. Write the rule itself."


def _together(files: Mapping[str, bytes], questions: Sequence[tuple[str, str]], ask: Ask) -> tuple[Any, ...] | None:
    try:
        reply = ask({"do": "read", "files": dict(files), "questions": [list(pair) for pair in questions]})
        return tuple(
            source.Finding(f["file"], f["line"], reaches(f["reaches"]), tuple(f["questions"])) for f in reply["result"]
        )
    except (StudentError, KeyError, TypeError):
        return None


def _survives(name: str, content: bytes, ask: Ask) -> bool:
    try:
        return "result" in ask({"do": "read alone", "file": name, "content": content})
    except StudentError:
        return False
