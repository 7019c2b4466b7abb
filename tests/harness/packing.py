"""Submissions in every kind of packing, ordinary and odd, and what the grader makes of them."""

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from labs import write_files

from autograder.lab import Lab
from autograder.roster import student_name
from autograder.submission import Source, Submission, read_submission

CODE = b"class Answer: ...\n"
FILES = {"answers.py": CODE, "tools/helper.py": b"x = 1\n"}
MEGABYTE = 1 << 20

Contents = Mapping[str, bytes]


def zipped(files: Contents, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    return zip_of(list(files.items()), compression)


def zip_of(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> bytes:
    """A zip of these members, each by the name that it is given, and all of a Unix mode; names may come twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            entry = zipfile.ZipInfo("x" * len(name))
            entry.filename = name  # as it stands: the constructor would tidy it up
            entry.external_attr = mode << 16
            archive.NameToInfo.clear()  # or it warns of twins
            archive.writestr(entry, content, compression)
    return buffer.getvalue()


def overlapping_zip(names: list[str], content: bytes) -> bytes:
    """A zip whose members all share one and the same packed content."""
    one = zipped({names[0]: content})
    table = one.index(b"PK\1\2")
    end = one.index(b"PK\5\6")
    entry = one[table:end]
    entries = b"".join(
        entry[:28] + struct.pack("<H", len(name.encode())) + entry[30:46] + name.encode() for name in names
    )
    tail = one[end : end + 8] + struct.pack("<HHII", len(names), len(names), len(entries), table) + b"\0\0"
    return one[:table] + entries + tail


def tarred(files: Contents, mode: str = "w:gz") -> bytes:
    return tar_of([(named(name, size=len(content)), content) for name, content in files.items()], mode)


def tar_of(members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def named(name: str, **fields: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(member, field, value)
    return member


PACKERS: dict[str, Callable[[Contents], bytes]] = {
    ".zip": zipped,
    ".tar.gz": tarred,
    ".tgz": tarred,
    ".tar": lambda files: tarred(files, "w"),
}
KINDS = ["", *PACKERS]


def hand_in(path: Path, files: Contents, kind: str = "") -> Path:
    """Put `files` at `path` as a folder, or as the archive of this kind."""
    if not kind:
        return write_files(path, files)
    return write_files(path.parent, {path.name + kind: PACKERS[kind](files)}) / (path.name + kind)


def read(path: Path, lab: Lab) -> Submission:
    return read_submission(Source(student_name(path), path), lab)


def archive(path: Path, content: bytes, lab: Lab) -> Submission:
    path.write_bytes(content)
    return read(path, lab)


def problem(path: Path, lab: Lab) -> str:
    """What the student is told who handed in `path`: one sentence or two, fit to be shown."""
    submission = read(path, lab)
    assert submission.files == {}
    assert submission.problem and submission.problem.endswith(".") and submission.problem.isprintable()
    return submission.problem


def refusal(path: Path, content: bytes, lab: Lab) -> str:
    path.write_bytes(content)
    return problem(path, lab)
