"""The receipt in a submission that `pack` made: which files were packed, and when, by the student's own account.

Whoever packs can write one that says anything.  So it decides nothing: a submission is graded as it is, its time is
never taken for the time of handing in, and where its hashes differ from the files, a person is told.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from autograder.entries import Entry
from autograder.names import shown
from autograder.text import some_of

NAME = "receipt.json"

_DIGITS = 4  # in each half of a number
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_T = TypeVar("_T")
_Word = Annotated[str, Field(max_length=200)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PackedLab(_Table):
    """The lab that was packed for."""

    name: _Word
    version: _Word


class Receipt(_Table):
    """The content of receipt.json: SHA-256 of each file by its path and of the whole, `versions` of what packed it, and
    how each public check ended."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    lab: PackedLab
    packed_at: AwareDatetime
    files: Annotated[dict[_Word, _Hash], Field(max_length=1000)]
    sha256: _Hash
    versions: Annotated[dict[_Word, _Word], Field(max_length=20)]
    public_checks: Annotated[dict[_Word, _Word], Field(max_length=1000)]

    @property
    def time(self) -> str:
        """When it was packed, in UTC, by the student's clock."""
        return self.packed_at.astimezone(UTC).isoformat(timespec="seconds")

    @property
    def number(self) -> str:
        """A short number for people, as in 4F7A-91C2, that stands for these files at this time."""
        digits = hashlib.sha256(f"{self.lab.name}\n{self.time}\n{self.sha256}".encode()).hexdigest().upper()
        return f"{digits[:_DIGITS]}-{digits[_DIGITS : 2 * _DIGITS]}"


@dataclass(frozen=True)
class Verified:
    """What came of comparing a receipt with the files: "matches", "differs", or "none" where there is no receipt.

    `packed_at` and `number` are the receipt's own words; `differences` say what is not as it was packed.
    """

    status: Literal["matches", "differs", "none"] = "none"
    packed_at: str | None = None
    number: str = ""
    differences: str = ""


NO_RECEIPT = Verified()


@dataclass
class Watch:
    """Takes down the size of each file in a submission by its path, and the hash of those that are read.

    With `keep`, it keeps their bytes as well.
    """

    keep: bool = False
    root: str = ""  # the folder that holds the lab's files, once it is known
    sizes: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def over(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The same entries."""
        for entry in entries:
            self.sizes[entry.name] = entry.size
            yield replace(entry, read=partial(self._read, entry))

    def below_root(self) -> dict[str, str]:
        """The hashes of what lies below the root, by the paths from there."""
        return _below(self.root, self.hashes)

    def kept(self) -> dict[str, bytes]:
        """The bytes, likewise."""
        return _below(self.root, self.contents)

    def passed_over(self) -> dict[str, int]:
        """The sizes of what lies there and was not read, likewise."""
        unread = {name: size for name, size in self.sizes.items() if name not in self.hashes}
        return _below(self.root, unread)

    def _read(self, entry: Entry, limit: int) -> bytes:
        content = entry.read(limit)
        if len(content) < limit:  # all of it
            self.hashes[entry.name] = hash_of(content)
            if self.keep:
                self.contents[entry.name] = content
        return content


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def hash_of_all(hashes: Mapping[str, str]) -> str:
    """SHA-256 of the files' names and hashes, a line each, in the order of their names."""
    lines = [f"{name}\t{value}\n" for name, value in sorted(hashes.items())]
    return hash_of("".join(lines).encode("utf-8", "surrogateescape"))


def write_receipt(receipt: Receipt) -> bytes:
    return receipt.model_dump_json(by_alias=True, indent=1).encode() + b"\n"


def read_receipt(content: bytes) -> Receipt | None:
    """The receipt, or None where it is none; then it is a file like any other."""
    try:
        receipt = Receipt.model_validate_json(content)
        return receipt if receipt.time else None
    except (ValidationError, OverflowError):  # the year 1 has no UTC everywhere
        return None


def verify(receipt: Receipt, lab: str, hashes: Mapping[str, str]) -> Verified:
    """Compare it with a submission for `lab`, the files of which have these `hashes` by path."""
    there = {name: value for name, value in hashes.items() if name != NAME}
    changed = [name for name, value in receipt.files.items() if there.get(name, value) != value]
    faults = [
        *(f"{shown(name)} changed" for name in changed),
        *(f"{shown(name)} is missing" for name in receipt.files if name not in there),
        *(f"{shown(name)} was added" for name in there if name not in receipt.files),
    ]
    if hash_of_all(receipt.files) != receipt.sha256:
        faults.append("the receipt contradicts itself")
    if receipt.lab.name != lab:
        faults.append(f"the receipt is for the lab {shown(receipt.lab.name)}")
    return Verified("differs" if faults else "matches", receipt.time, receipt.number, some_of(faults, 5))


def _below(folder: str, by_path: Mapping[str, _T]) -> dict[str, _T]:
    return {name.removeprefix(folder): value for name, value in by_path.items() if name.startswith(folder)}
