"""The statements that a lab asks for, written out as modules, each line with the cell that it comes from."""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .cells import Code, parse
from .slicing import Definition, Notebook, Statement, is_stub, statements_of

Place = tuple[int, int] | None  # a cell and a line in it, or a line of ours
TESTS = "tests"  # asked for by a question that has no name of its own: everything that pytest would collect

_HEAD = "# Cut out of {}: what the lab asks for, and what that needs."
_FAILED, _ERROR = "_failed_in_the_notebook", "_error_in_the_notebook"
# What stands for a definition that failed: it says why when it is used, and costs nothing before that.
_HELPER = f"""
def {_FAILED}(name, error):
    import traceback
    traceback.print_exception(error)
    def __init__(self, *arguments, **named):
        raise error
    return type(name, (), {{"__init__": __init__}})
"""


@dataclass(frozen=True)
class Module:
    """A file's text, and for each of its lines where in the notebook it stands."""

    text: str
    places: Sequence[Place]


@dataclass
class _Page:
    """A file that is being written."""

    lines: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)

    def add(self, text: str, places: Iterable[Place] = ()) -> None:
        lines = text.split("\n")
        self.lines += lines
        self.places += [*places, *[None] * len(lines)][: len(lines)]

    def module(self) -> Module:
        return Module("\n".join(self.lines) + "\n", self.places)


@dataclass(frozen=True)
class Wanted:
    """What a lab asks for in one file: the names, and the file as it was handed in beside the notebook, if it was."""

    names: Sequence[str]
    source: str | None


@dataclass(frozen=True)
class Assembly:
    """What a notebook gives.

    Attributes:
        modules: files by name; those that were handed in as well are not among them.
        imports: for a file that was handed in, a line to put behind it, which imports what it lacks.
        twice: (file, name) written in both places, and not alike; the file's counts.
        defines: all classes and functions of the notebook.
    """

    modules: Mapping[str, Module]
    imports: Mapping[str, str]
    twice: Sequence[tuple[str, str]]
    defines: Sequence[str]


def assemble(title: str, codes: Sequence[Code], wanted: Mapping[str, Wanted], taken: Iterable[str]) -> Assembly:
    """Cut out what the files of `wanted` should hold; `taken` are names of other files that there are."""
    notebook = Notebook(statements_of(codes))
    broken = [code for code in codes if code.tree is None]
    modules: dict[str, Module] = {}
    imports: dict[str, str] = {}
    twice: list[tuple[str, str]] = []
    names = _FreeNames({*taken, *wanted})
    absent = {file.removesuffix(".py") for file, want in wanted.items() if want.source is None}
    for file, want in wanted.items():
        own = _definitions_in(want.source or "")
        asked = _asked(want.names, notebook)
        kept = [name for name in asked if name in own and not is_stub(own[name])]
        twice += [(file, name) for name in kept if _differs(notebook, name, own[name])]
        missing = [name for name in asked if name not in kept]
        there = [name for name in missing if notebook.implements(name)]
        lost = {name: code for name in missing if not notebook.has(name) for code in broken if _speaks_of(code, name)}
        if want.source is not None and not (there or lost):
            continue
        page = _page(title, notebook, missing if want.source is None else there, absent)
        for name, code in lost.items():
            stem = names.new(f"cell_{code.cell.number}")
            modules[f"{stem}.py"] = _as_it_is(code)
            page.add(f"\ndef {name}(*arguments, **named):\n    import {stem}\n")
        if want.source is None:
            modules[file] = page.module()
        else:
            stem = names.new(f"{file.removesuffix('.py')}_of_the_notebook")
            modules[f"{stem}.py"] = page.module()
            imports[file] = f"\nfrom {stem} import {', '.join([*there, *lost])}\n"
    return Assembly(modules, imports, twice, list(notebook.definitions))


class _FreeNames:
    def __init__(self, taken: set[str]):
        self._taken = {name.removesuffix(".py").lower() for name in taken}

    def new(self, stem: str) -> str:
        while stem.lower() in self._taken:
            stem = f"{stem}_"
        self._taken.add(stem.lower())
        return stem


def _asked(names: Sequence[str], notebook: Notebook) -> list[str]:
    tests = [name for name in notebook.definitions if name.startswith(("test", "Test"))]
    return [*dict.fromkeys([*(name for name in names if name != TESTS), *(tests if TESTS in names else [])])]


def _definitions_in(source: str) -> dict[str, Definition]:
    tree = parse(source)
    return {node.name: node for node in tree.body if isinstance(node, Definition)} if tree else {}


def _differs(notebook: Notebook, name: str, own: Definition) -> bool:
    """Whether the notebook has code of its own for `name`, which will not count."""
    others = [notebook.statements[i] for i in notebook.definitions.get(name, [])]
    return any(not other.is_stub and ast.dump(other.node) != ast.dump(own) for other in others)


def _speaks_of(code: Code, name: str) -> bool:
    return bool(re.search(rf"^\s*(?:class|def)\s+{re.escape(name)}\b", code.source, re.MULTILINE))


def _as_it_is(code: Code) -> Module:
    """A cell that is no Python, as a file: importing it says what is wrong with it, and where."""
    return Module(code.source, [(code.cell.number, line) for line in range(1, len(code.lines) + 1)])


def _page(title: str, notebook: Notebook, names: Sequence[str], absent: set[str]) -> _Page:
    """A module that holds `names`; it imports nothing from the files `absent`, which are cut from the same notebook."""
    page = _Page()
    kept = notebook.needed_by(names)
    statements = [(notebook.statements[i], needed) for i, needed in kept.items()]
    page.add(_HEAD.format(title))
    if any(_is_future(statement) for statement in notebook.statements):
        page.add("from __future__ import annotations")
    page.add(_HELPER)
    for statement, needed in sorted(statements, key=lambda pair: "*" not in pair[1]):
        if isinstance(statement.node, ast.Import | ast.ImportFrom):
            _add_import(page, statement, needed, absent)
        else:
            _add_guarded(page, statement)
    return page


def _is_future(statement: Statement) -> bool:
    return isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__"


def _add_import(page: _Page, statement: Statement, needed: set[str], absent: set[str]) -> None:
    """Just the names that are needed, on a line of their own each, so that one that fails costs no other."""
    node = statement.node
    place = (statement.code.cell.number, node.lineno)
    assert isinstance(node, ast.Import | ast.ImportFrom)
    if _is_future(statement) or (isinstance(node, ast.ImportFrom) and not node.level and node.module in absent):
        return
    for alias in node.names:
        bound = (alias.asname or alias.name).partition(".")[0]
        if bound in needed:
            one = (
                ast.Import([alias])
                if isinstance(node, ast.Import)
                else ast.ImportFrom(node.module, [alias], node.level)
            )
            line = ast.unparse(one)
            called = isinstance(node, ast.ImportFrom) and bound != "*"  # a module is no class that could be called
            if line not in page.imports:
                page.imports.add(line)
                _add_trial(page, [line], [place], bound if called else "")


def _add_guarded(page: _Page, statement: Statement) -> None:
    """The statement as it stands; where it fails, it takes down what it defines and nothing else."""
    node, lines = statement.node, statement.code.lines
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    last = node.end_lineno or node.lineno
    number = statement.code.cell.number
    own = lines[first - 1 : last]
    places: list[Place] = [(number, line) for line in range(first, last + 1)]
    if _shares_a_line(statement, first, last):
        own = ast.unparse(node).split("\n")
        places = [(number, first)] * len(own)
    if _has_long_text(node):  # which would not survive being moved to the right
        page.add("\n".join(own), places)
    else:
        _add_trial(page, own, places, statement.defines)


def _add_trial(page: _Page, lines: Sequence[str], places: Sequence[Place], defines: str) -> None:
    page.add("try:")
    page.add("\n".join(f" {line}" for line in lines), places)
    page.add(f"except Exception as {_ERROR}:")
    page.add(f" {f'{defines} = ' * bool(defines)}{_FAILED}({defines!r}, {_ERROR})")


def _shares_a_line(statement: Statement, first: int, last: int) -> bool:
    tree = statement.code.tree
    others = [node for node in tree.body if node is not statement.node] if tree else []
    return any(other.lineno <= last and (other.end_lineno or 0) >= first for other in others)


def _has_long_text(node: ast.stmt) -> bool:
    """Whether a text that is more than documentation goes over several lines."""
    documentation = {
        id(part.body[0].value)
        for part in ast.walk(node)
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and isinstance(part.body[0], ast.Expr)
    }
    return any(
        isinstance(part, ast.Constant | ast.JoinedStr)
        and (part.end_lineno or 0) > part.lineno
        and id(part) not in documentation
        for part in ast.walk(node)
    )
