"""What a student handed in, as named bytes, or a sentence that says why it cannot be read.

A notebook in place of the .py files, or beside them, becomes modules of their names (see `notebooks`).  Else only
code and small data files are taken, and so many at most.  A file that cannot be taken is refused by name where it
could matter: Python files from the folder that holds the lab's files downwards.  A picture, a link to a data set or an
old copy elsewhere is left out, whatever it is called.
"""

import errno
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NoReturn, TypeVar

from autograder.archives import ARCHIVES, FOREIGN_ARCHIVES, reader_for
from autograder.entries import Entry
from autograder.errors import HarnessError, SubmissionError
from autograder.lab import Lab, digest_contents
from autograder.names import fault_of, shown, twin_key, visible
from autograder.notebooks import reading
from autograder.notebooks.reading import Notebook, read_notebook
from autograder.parts import Part, read_parts
from autograder.receipts import NAME as RECEIPT
from autograder.receipts import NO_RECEIPT, Verified, Watch, read_receipt, verify

FILES_LIMIT = 200
CODE_MB_LIMIT = 1  # a file
ALL_CODE_MB_LIMIT = 16
DATA_BYTES_LIMIT = 64 << 10
NOTEBOOKS_LIMIT = 20  # that are looked at
_SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT)  # the machine's, nobody's fault

_CODE, _NOTEBOOK = ".py", ".ipynb"
_DATA = (".json", ".txt", ".csv", ".toml", ".yaml", ".yml")  # that code may read beside it, if they are small
_LISTED = 5
_T = TypeVar("_T")


@dataclass(frozen=True)
class Person:
    """Somebody as a course system knows them; "" is what it does not say."""

    name: str = ""
    email: str = ""
    id: str = ""


@dataclass(frozen=True)
class Who(Person):
    """Whose submission it is, and which course `system` says so; `members` are the others of a group."""

    system: str = ""
    members: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where one student's submission lies.

    `parts` are its files where no folder or archive of the student's own holds them; `path` then says where they are.
    `handed_in` has a time zone; None, as of `late`, is what nobody says.
    """

    student: str
    path: Path
    parts: tuple[Part, ...] = ()
    who: Who = Who()
    handed_in: datetime | None = None
    late: bool | None = None


@dataclass(frozen=True)
class Submission:
    """A student's files by their path below the folder that holds the lab's files.

    `problem` is set when nothing could be read, and says why; `refused` says it of single files, by the same paths.
    What comes from a `notebook` is among the files; a receipt of `pack` is not.
    """

    student: str
    files: dict[str, bytes] = field(default_factory=dict)
    problem: str | None = None
    refused: dict[str, str] = field(default_factory=dict)
    notebook: Notebook | None = None
    receipt: Verified = NO_RECEIPT

    @property
    def digest(self) -> str:
        contents = {**self.files, "": (self.problem or "").encode("utf-8", "surrogateescape")}
        if self.refused:
            contents["/refused"] = json.dumps(self.refused, sort_keys=True).encode()  # no file's path begins so
        if self.notebook:
            contents["/written"] = json.dumps(dict(self.notebook.written), sort_keys=True).encode()
        if self.receipt.status != "none":
            contents["/receipt"] = json.dumps(asdict(self.receipt), sort_keys=True).encode()
        return digest_contents(contents)


def lay_out(folder: str, files: Mapping[str, bytes]) -> None:
    """Write `files`, contents by path, below `folder`."""
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def read_submission(source: Source, lab: Lab, watch: Watch | None = None) -> Submission:
    """Read the student's files; what is wrong with them becomes the submission's `problem`.

    A `watch` knows afterwards what was read.
    """
    watch = watch or Watch()
    try:
        entries = read_parts(source.parts) if source.parts else reader_for(source.path)(source.path)
        found = _found(watch.over(entries), lab)
        watch.root = _folder_with_lab_files(found, lab)
        return _with_receipt(_taken(source.student, found.below(watch.root), lab), lab, watch)
    except SubmissionError as error:
        return Submission(source.student, problem=str(error))
    except OSError as error:
        if error.errno in _SHORTAGES:
            raise HarnessError(f"{source.path} cannot be read: {error.strerror}. What was graded is kept.") from error
        reason = error.strerror or type(error).__name__
        return Submission(source.student, problem=f"{shown(source.path.name)} cannot be read: {reason}.")


def _with_receipt(submission: Submission, lab: Lab, watch: Watch) -> Submission:
    receipt = read_receipt(submission.files.get(RECEIPT, b""))
    if receipt is None:
        return submission
    files = {name: content for name, content in submission.files.items() if name != RECEIPT}
    return replace(submission, files=files, receipt=verify(receipt, lab.name, watch.below_root()))


@dataclass
class _Found:
    """What a submission holds that could be taken, in the order in which it was found; a path may stand there twice."""

    code: list[tuple[str, bytes]] = field(default_factory=list)
    data: list[tuple[str, bytes]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)  # or devices, where no Python file is wanted
    notebooks: list[tuple[str, bytes]] = field(default_factory=list)  # that seem to hold what the lab asks for
    other_notebooks: list[tuple[str, int]] = field(default_factory=list)  # with their sizes in bytes
    archives: list[str] = field(default_factory=list)

    def below(self, folder: str) -> "_Found":
        """What lies below `folder`, by the paths from there."""

        def inner(named: list[tuple[str, _T]]) -> list[tuple[str, _T]]:
            return [(name.removeprefix(folder), value) for name, value in named if name.startswith(folder)]

        return _Found(inner(self.code), inner(self.data), inner(self.refused), inner(self.links), inner(self.notebooks))


def _found(entries: Iterable[Entry], lab: Lab) -> _Found:
    found, code_bytes = _Found(), 0
    for entry in entries:
        seen = visible(entry.name).lower()
        if entry.what and not seen.endswith(_CODE):
            found.links.append((entry.name, entry.what))
        elif seen.endswith(ARCHIVES + FOREIGN_ARCHIVES):
            found.archives.append(entry.name)
        elif seen.endswith(_NOTEBOOK):
            _look_at_notebook(entry, found, lab)
        elif seen.endswith(_DATA):
            if entry.size <= DATA_BYTES_LIMIT and len(found.data) < FILES_LIMIT:
                found.data.append((entry.name, entry.read(DATA_BYTES_LIMIT + 1)))
        elif seen.endswith(_CODE):
            if len(found.code) + len(found.refused) == FILES_LIMIT:
                raise SubmissionError(
                    f"The submission holds more than {FILES_LIMIT} Python files. Hand in your own only."
                )
            if entry.what:
                found.refused.append((entry.name, f"{shown(entry.name)} is {entry.what}. Hand in the file itself."))
                continue
            content = _code_in(entry)
            found.code.append((entry.name, content))
            code_bytes += len(content)
            if code_bytes > ALL_CODE_MB_LIMIT << 20:
                raise SubmissionError(
                    f"The submission holds more than {ALL_CODE_MB_LIMIT} MB of Python files. Hand in your own only."
                )
    return found


def _code_in(entry: Entry) -> bytes:
    limit = CODE_MB_LIMIT << 20
    content = entry.read(limit + 1) if entry.size <= limit else None
    if content is None or len(content) > limit:
        raise SubmissionError(f"{shown(entry.name)} is larger than {CODE_MB_LIMIT} MB. Hand in source code only.")
    return content


def _look_at_notebook(entry: Entry, found: _Found, lab: Lab) -> None:
    limit = reading.MB_LIMIT << 20
    if entry.size <= limit and len(found.notebooks) < NOTEBOOKS_LIMIT:
        content = entry.read(limit + 1)
        if len(content) <= limit and reading.concerns(entry.name, content, lab):
            found.notebooks.append((entry.name, content))
            return
    found.other_notebooks.append((entry.name, entry.size))


def _folder_with_lab_files(found: _Found, lab: Lab) -> str:
    """The outermost folder that holds any of the lab's files: "" or a path that ends with a slash."""
    wanted = lab.manifest.required_files
    names = [name for name, _ in [*found.code, *found.refused]]
    folders = {name[: -len(file)] for name in names for file in wanted if f"/{name}".endswith(f"/{file}")}
    folders |= {_folder_of(name) for name, _ in found.notebooks}
    if not folders and len(scripts := _scripts(found, lab)) == 1:
        found.notebooks += scripts
        return _folder_of(scripts[0][0])
    if not folders:
        _refuse_without_lab_files(found, names, wanted)
    outermost = min(folder.count("/") for folder in folders)
    candidates = sorted(folder for folder in folders if folder.count("/") == outermost)
    if len(candidates) > 1:
        listed = ", ".join(shown(folder.rstrip("/")) for folder in candidates[:_LISTED])
        raise SubmissionError(f"The lab's files were found in several folders ({listed}). Hand in one of them.")
    return candidates[0]


def _folder_of(name: str) -> str:
    return name[: name.rfind("/") + 1]


def _scripts(found: _Found, lab: Lab) -> list[tuple[str, bytes]]:
    """Notebooks that were saved as scripts, by Colab or Jupyter."""
    scripts = [(name, content) for name, content in found.code if reading.was_notebook(content)]
    return [(name, content) for name, content in scripts if reading.defined_in(content, lab)]


def _refuse_without_lab_files(found: _Found, names: list[str], wanted: tuple[str, ...]) -> NoReturn:
    for name in names:
        _refuse_fault(name)  # it may well be the lab's file that has an odd name
    listed = ", ".join(map(shown, sorted(names)[:_LISTED])) or "no Python file at all"
    message = f"None of {', '.join(wanted)} was found in the submission; it holds {listed}."
    if found.other_notebooks:
        name, size = max(found.other_notebooks, key=lambda notebook: notebook[1])
        if size > reading.MB_LIMIT << 20:
            message += f" {shown(name)} is larger than {reading.MB_LIMIT} MB: clear its outputs before you hand it in."
        else:
            message += f" {shown(name)} is a notebook that defines nothing of what the lab asks for."
    elif found.archives:
        message += f" {shown(found.archives[0])} is an archive inside of it: hand in the files themselves."
    raise SubmissionError(message)


def _taken(student: str, found: _Found, lab: Lab) -> Submission:
    """The submission made of what was found, if all its paths are fit for it."""
    files: dict[str, bytes] = {}
    paths: dict[str, str] = {}  # by what all their twins have in common
    for name, _ in found.code:
        _refuse_fault(name)
    for name, content in [*found.code, *(data for data in found.data if not fault_of(data[0]))]:
        if files.get(name) != content:  # or else packed twice, and no question which of them counts
            _refuse_twin(name, paths)
        files[name] = content
    for name, _ in found.refused:
        _refuse_twin(name, paths)
    others = [*lab.manifest.given, *(name for name, _ in found.links)]
    _refuse_folders_named_like({*paths, *map(twin_key, others)}, files)
    refused = dict(found.refused)
    notebook = None
    has_files = any(file in files for file in lab.manifest.required_files)
    if found.notebooks:
        try:
            notebook = _read_notebook(found.notebooks, lab, files)
        except SubmissionError as error:
            if not has_files:
                raise
            refused[found.notebooks[0][0]] = str(error)  # the files beside it count all the same
    refused |= {
        name: f"{shown(name)} cannot be read: it is not JSON in a notebook's format."
        for name, content in found.notebooks
        if name not in refused and not reading.is_whole(content)
    }
    if not notebook and not has_files:
        raise SubmissionError(next(refused[file] for file in lab.manifest.required_files if file in refused))
    if notebook:
        files |= notebook.files
        files |= {name: files[name] + text.encode() for name, text in notebook.imports.items()}
    return Submission(student, files, refused=refused, notebook=notebook)


def _read_notebook(notebooks: list[tuple[str, bytes]], lab: Lab, files: Mapping[str, bytes]) -> Notebook:
    """The one that counts: that of the handout's name, or else the one that defines most of what is asked for."""
    contents = dict([one for one in notebooks if reading.is_whole(one[1])] or notebooks)
    best = [reading.NAME]
    if reading.NAME not in contents:
        defined = {name: reading.defined_in(content, lab) for name, content in contents.items()}
        best = [name for name in defined if defined[name] == max(defined.values())]
    if len({contents[name] for name in best}) > 1:
        one, two = map(shown, sorted(best)[:2])
        raise SubmissionError(f"{one} and {two} both define what the lab asks for. Hand in the one that counts.")
    _refuse_fault(best[0])
    return read_notebook(best[0], contents[best[0]], lab, files)


def _refuse_fault(name: str) -> None:
    if fault := fault_of(name):
        raise SubmissionError(f"{shown(name)} {fault}. Give it a plain name, and hand in again.")


def _refuse_twin(name: str, paths: dict[str, str]) -> None:
    other = paths.get(twin_key(name))
    if other == name:
        raise SubmissionError(f"{shown(name)} is there twice. Hand in the one that counts.")
    if other is not None:
        one, two = (shown(ascii(path)) for path in (other, name))  # é in one character or two looks the same
        raise SubmissionError(f"{one} and {two} are one name to many a system. Hand in the one that counts.")
    paths[twin_key(name)] = name


def _refuse_folders_named_like(files: set[str], names: Iterable[str]) -> None:
    for name in names:
        for folder in map(str, PurePosixPath(name).parents):
            if twin_key(folder) in files:
                raise SubmissionError(f"{shown(folder)} is both a folder and a file or link. Rename one of them.")
