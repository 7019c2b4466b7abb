"""A notebook's cells, their code cleaned of what is Jupyter's and not Python's; every line stays where it was."""

import ast
import re
import shlex
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

# Cell magics whose body is Python that runs in the notebook's own namespace.
_PYTHON_BODIES = {"time", "timeit", "capture", "prun", "python", "python3", "snakeviz", "memit", "mprun", "heat"}
_STATEMENT_MAGICS = {"time", "prun", "memit"}  # line magics that run the statement behind them
_MAGIC_LINE = re.compile(r"\s*(?:%{1,2}[A-Za-z_]|[!?]|[A-Za-z_][\w.]*\?{1,2}\s*$)")
_STATEMENT_LINE = re.compile(r"(\s*)%(\w+)\s+(?:-\S+\s+)*(.*)")
_MAGIC_VALUE = re.compile(r"(\s*[A-Za-z_][\w, ]*=\s*)[!%].*")


@dataclass(frozen=True)
class Cell:
    """One cell; `number` counts all cells of the notebook from 1, as its reader would."""

    number: int
    kind: str
    source: str


@dataclass(frozen=True)
class Code:
    """A code cell that Python can parse, or, without a `tree`, one that it cannot."""

    cell: Cell
    source: str
    tree: ast.Module | None

    @property
    def lines(self) -> list[str]:
        return self.source.split("\n")


def read_cells(content: bytes) -> list[Cell]:
    """The cells of a notebook of any version that nbformat knows.

    Raises:
        ValueError: it is none; the text says what is wrong with it.
    """
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
        cells = [(str(cell["cell_type"]), cell["source"]) for cell in notebook["cells"]]
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8 text") from error
    except Exception as error:  # nbformat raises whatever it stumbles over
        raise ValueError("it is not JSON in a notebook's format") from error
    return [
        Cell(number, kind, _with_plain_newlines(source if isinstance(source, str) else "".join(map(str, source))))
        for number, (kind, source) in enumerate(cells, start=1)
    ]


def script(content: bytes) -> Cell:
    """A script as the one cell of a notebook.

    Raises:
        ValueError: it is no text.
    """
    try:
        return Cell(1, "code", _with_plain_newlines(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8 text") from error


def _with_plain_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def code_of(cells: Iterable[Cell]) -> list[Code]:
    """The code cells as Python; those of another language are left out."""
    found = []
    for cell in cells:
        if cell.kind == "code" and cell.source.strip():
            source = _without_cell_magic(cell.source)
            if source is not None:
                found.append(_parsed(cell, source))
    return found


def written_files(cells: Iterable[Cell]) -> dict[str, tuple[str, int]]:
    """What `%%writefile NAME` cells write to files in the notebook's folder: their text and the last cell's number."""
    files: dict[str, tuple[str, int]] = {}
    for cell in cells:
        head, _, body = cell.source.lstrip("\n").partition("\n")
        if cell.kind != "code" or not head.startswith(("%%writefile", "%%file")):
            continue
        try:
            options = shlex.split(head)[1:]
        except ValueError:
            continue
        names = [option for option in options if not option.startswith("-")]
        if len(names) == 1 and re.fullmatch(r"(?:\./)?[A-Za-z_]\w*\.py", names[0]):
            name = names[0].removeprefix("./")
            before = files[name][0] if name in files and "-a" in options else ""
            files[name] = (before + body + "\n", cell.number)
    return files


def _without_cell_magic(source: str) -> str | None:
    """The cell's Python, or None if it holds something else."""
    lines = source.split("\n")
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        if not line.startswith("%%"):
            break
        if line[2:].split()[:1] not in ([magic] for magic in _PYTHON_BODIES):
            return None
        lines[i] = ""
    return "\n".join(lines)


def _parsed(cell: Cell, source: str) -> Code:
    for attempt in (source, _without_line_magics(source)):
        tree = parse(attempt)
        if tree is not None:
            return Code(cell, attempt, tree)
    return Code(cell, _without_line_magics(source), None)


def parse(source: str) -> ast.Module | None:
    """None for what is no Python, or cannot be compiled."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            compile(source, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            return tree
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _without_line_magics(source: str) -> str:
    """Lines that only Jupyter understands as `pass`; those that continue them as nothing."""
    lines, continued = [], False
    for line in source.split("\n"):
        was_continued, continued = continued, False
        if was_continued:
            continued = line.endswith("\\")
            lines.append("")
        elif _MAGIC_LINE.match(line):
            continued = line.endswith("\\")
            lines.append(_instead_of(line))
        elif match := _MAGIC_VALUE.match(line):
            continued = line.endswith("\\")
            lines.append(f"{match[1]}None")
        else:
            lines.append(line)
    return "\n".join(lines)


def _instead_of(magic: str) -> str:
    match = _STATEMENT_LINE.match(magic)
    if match and match[2] in _STATEMENT_MAGICS and match[3]:
        return f"{match[1]}{match[3]}"
    return f"{magic[: len(magic) - len(magic.lstrip())]}pass"
