"""An order and what becomes of it, as lines of JSON."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from autograder.batch import Events, Order
from autograder.errors import AutograderError, HarnessError, InstructorError, IsolationError, UsageError
from autograder.judge import Training
from autograder.lab import Lab, Limits
from autograder.provenance import harness_digest
from autograder.records import Row
from autograder.submission import Source

_SCHEMA: Literal[1] = 1
_DIGEST_SHOWN = 12
_HARNESS, _LABS, _COMMIT = "dl-lab-grader.harness", "dl-lab-grader.labs", "org.opencontainers.image.revision"  # labels


@dataclass(frozen=True)
class Packed:
    """A `batch.Order` whose lab is known by its name and hash, and the hash of the grader that gave it."""

    schema: Literal[1]
    lab: str
    lab_hash: str
    harness: str
    sources: tuple[Source, ...]
    out: Path
    jobs: int
    isolation: str
    limits: Limits
    training: Training
    earlier: Path | None
    only: tuple[str, ...]
    live: bool
    bare: bool


_PACKED = TypeAdapter(Packed)
_ROW = TypeAdapter(Row)
_SAME = [field.name for field in fields(Order) if field.name != "lab"]  # as they are called in both
_HEARD = {
    "on_ready": 1,
    "on_fault": 1,
    "on_row": 1,
    "on_notice": 1,
    "on_unwritten": 2,
    "on_page": 0,
}  # and how much each tells


def pack(order: Order) -> str:
    """A line that `unpack` makes the order of."""
    same = {name: getattr(order, name) for name in _SAME}
    same["sources"] = tuple(order.sources)
    packed = Packed(_SCHEMA, order.lab.name, order.lab.digest, harness_digest(), **same)
    return json.dumps(_PACKED.dump_python(packed), default=str) + "\n"


def unpack(line: str) -> Order:
    """The order that was packed.

    Raises:
        UsageError: it was packed by another version of the grader, or for another version of the lab, than is here.
    """
    if not line:
        raise KeyboardInterrupt  # who would have given it is gone
    try:
        packed = _PACKED.validate_python(json.loads(line))
    except (ValueError, ValidationError) as error:
        raise UsageError("The image holds another version of the grader, which reads other orders. Build it "
                         "again from this folder: make image.") from error  # fmt: skip
    lab = Lab.find(packed.lab)
    _refuse_others(lab.name, (lab.digest, packed.lab_hash), (harness_digest(), packed.harness))
    return Order(lab, **{name: getattr(packed, name) for name in _SAME})


def refuse_others(lab: Lab, labels: Mapping[str, str]) -> None:
    """As `unpack` would, in the image that has these labels; where they do not say, it does.

    Raises:
        UsageError: they tell of another version of the grader or of the lab.
    """
    labs = dict(pair.split("=", 1) for pair in labels.get(_LABS, "").split(",") if "=" in pair)
    grader, digest = labels.get(_HARNESS) or harness_digest(), labs.get(lab.name, lab.digest)
    _refuse_others(lab.name, (digest, lab.digest), (grader, harness_digest()), labels.get(_COMMIT, ""))


def _refuse_others(lab: str, labs: tuple[str, str], graders: tuple[str, str], commit: str = "") -> None:
    """Each pair is the image's and the caller's; `commit` is what the image was built from, where that is known."""
    others = [
        f"{what} ({there[:_DIGEST_SHOWN]}, here {here[:_DIGEST_SHOWN]})"
        for what, (there, here) in ((f"the lab {lab}", labs), ("the grader", graders))
        if there != here
    ]
    if others:
        raise UsageError(
            f"The image holds another version of {' and of '.join(others)}. Build it again from this folder (make "
            f"image), or check out the commit that it was built from{f', {commit}' if commit else ''}. Nothing was "
            "graded."
        )


def telling(write: Callable[[str], object]) -> Events:
    """Events that are written as lines, each for `Hearing`."""

    def tell(kind: str, *told: Any) -> None:
        write(_line(kind, *told))

    return Events(
        **{name: partial(tell, name) for name in _HEARD if name != "on_row"},
        on_row=lambda row: tell("on_row", _ROW.dump_python(row)),
    )


def tell_end(rows: Sequence[Row]) -> str:
    return _line("end", [_ROW.dump_python(row) for row in rows])


def tell_error(error: AutograderError) -> str:
    return _line("error", type(error).__name__, str(error))


def tell_interrupt() -> str:
    return _line("interrupted")


def heed(lines: Iterator[str], events: Events) -> list[Row] | None:
    """Hand on what is told until the batch has ended: its rows; None if the lines break off.

    Raises:
        AutograderError: as it was raised there.
        HarnessError: a line is no event.
        KeyboardInterrupt: the batch was.
    """
    for line in lines:
        try:
            kind, *told = json.loads(line)
            if kind == "end":
                return [_ROW.validate_python(row) for row in told[0]]
            if kind == "interrupted":
                raise KeyboardInterrupt
            if kind == "error":
                raise _error(*told)
            if _HEARD[kind] != len(told):
                raise ValueError(f"{kind} tells {_HEARD[kind]} things")
            told = [_ROW.validate_python(told[0])] if kind == "on_row" else [str(words) for words in told]
        except (ValueError, TypeError, LookupError) as error:
            raise HarnessError(f"The container says what is no event: {line[:200]!r}.") from error
        getattr(events, kind)(*told)
    return None


def _line(kind: str, *told: Any) -> str:
    return json.dumps([kind, *told]) + "\n"


def _error(name: str, text: str) -> AutograderError:
    kinds = {kind.__name__: kind for kind in (UsageError, InstructorError, IsolationError)}
    return kinds.get(name, HarnessError)(text)
