"""A handout is looked through before it is written: for answers, for traces of this machine, for a notebook's outputs.

What is looked for is known: the files that students must not see, and the solutions in the master.  A line counts as
one of theirs if it tells something, as a formula does; a bare call stands in many a lesson too.
"""

import ast
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.lab import Lab

SHOWN_TAG = "shown"  # of a cell in which a line of the solution is there on purpose

_RUN = 4  # lines in a row that nobody writes by chance
_TELLING = re.compile(r"\s(\*\*|//|[-+*/@%])=?\s|[a-z0-9]_\(")  # arithmetic, or torch's in place
_TELLING_LENGTH = 12
_HEADS = ("def ", "class ", "import ", "from ", "@", "#")
_HOMES = re.compile(r"(?<![\w./:])(/(home|Users)/\w|[A-Z]:\\Users\\)")
_NOT_CODE = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


@dataclass(frozen=True)
class Text:
    """Something that students can read: a file, or a cell of the notebook; `shown`: its lines are there on purpose."""

    where: str
    source: str
    is_code: bool
    shown: bool = False


def look_through(lab: Lab, files: Mapping[str, bytes], notebook: Mapping[str, Any], master: Any) -> list[str]:
    """What students must not get: a sentence for each find in `files`, a handout's contents by path.

    Args:
        notebook: the students' notebook among the files, or {}.
        master: the notebook that it was made from, or None.
    """
    texts = [*_texts(files, notebook)]
    return [
        *_answers_among(lab, files),
        *_full_definitions(lab, texts),
        *_solution_lines(lab, texts, master),
        *_hidden_checks(lab, texts),
        *_paths_of_this_machine(lab, texts),
        *_outputs(notebook),
    ]


def _texts(files: Mapping[str, bytes], notebook: Mapping[str, Any]) -> Iterator[Text]:
    for name, content in files.items():
        if not name.endswith(".ipynb"):
            yield Text(name, content.decode("utf-8", "replace"), name.endswith(".py"))
    for number, cell in enumerate(notebook.get("cells", []), start=1):
        tags = cell["metadata"].get("tags", [])
        is_code = cell["cell_type"] == "code"
        yield Text(f"cell {number} of the notebook", "".join(cell["source"]), is_code, SHOWN_TAG in tags)


def _answers_among(lab: Lab, files: Mapping[str, bytes]) -> Iterator[str]:
    """Whole files that are answers, whatever they are called, and notebooks other than the students' own."""
    secret = {path.read_bytes().strip(): path for path in [*lab.answers(), *lab.notebooks()]}
    for name, content in files.items():
        path = secret.get(content.strip())
        if path and content.strip():
            yield f"{name} is {path.relative_to(lab.root)}"
        elif Path(name).name in {notebook.name for notebook in lab.notebooks()}:
            yield f"{name} is called like a notebook that stays with the instructors"


def _full_definitions(lab: Lab, texts: Iterable[Text]) -> Iterator[str]:
    """Classes and functions asked for, wherever they are more than a stub."""
    asked = {question.name: question for question in lab.manifest.questions if not question.breaks}
    for text in texts:
        for node in _parsed(text).body:
            name = _defined(node)
            here = name in asked and (not text.where.endswith(".py") or text.where == asked[name].file)
            if here and not any(_is_stub(part) for part in ast.walk(node)):
                yield (
                    f"{text.where} defines {name} fully: its solution needs markers, and its stub must raise "
                    f'NotImplementedError("{name}")'
                )


def _parsed(text: Text) -> ast.Module:
    """The syntax tree; of a cell, without the lines that are no Python.  What cannot be read holds no definition."""
    try:
        return ast.parse(_NOT_CODE.sub(r"\1pass", text.source) if text.is_code else "")
    except (SyntaxError, ValueError):
        return ast.parse("")


def _defined(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        return next((target.id for target in node.targets if isinstance(target, ast.Name)), "")
    return ""


def _is_stub(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) and node.exc is not None and "NotImplementedError" in ast.unparse(node.exc)


def _solution_lines(lab: Lab, texts: Iterable[Text], master: Any) -> Iterator[str]:
    blocks = [*_blocks(master)]
    public = {line for path in _public_files(lab) for line in _code_lines(path.read_text("utf-8"))}
    secret = {line for block in blocks for line in block}
    for path in [*lab.reference.glob("*.py"), *lab.hidden_suite.glob("*.py")]:
        secret |= {*_code_lines(path.read_text("utf-8"))}
    telling = {line for line in secret - public if _tells(line)}
    runs = {run for block in blocks for run in _runs(block)}
    for text in texts:
        if text.shown:
            continue
        lines = [*_lines(text.source)]
        found = next((line for line in lines if line in telling), None)
        found = found or next((run[0] for run in _runs(lines) if run in runs), None)
        if found:
            yield f"{text.where} shows a line of a solution or a hidden check: {found!r}"


def _public_files(lab: Lab) -> list[Path]:
    """What nobody hides: given files and public checks."""
    return [*(lab.handout / name for name in lab.manifest.given), *(lab.handout / "checks").glob("*.py")]


def _blocks(master: Any) -> Iterator[list[str]]:
    """The lines of each solution in a master: between Otter's markers, ending with one, or a model answer in words."""
    in_answer = False
    for cell in master.cells if master else []:
        if cell.cell_type == "raw":
            mark = cell.source.strip().partition("\n")[0].upper().split()
            in_answer = mark[1:] == ["BEGIN", "SOLUTION"] or (in_answer and mark[1:] != ["END", "SOLUTION"])
        elif cell.cell_type == "code":
            yield from _marked(cell.source)
        elif in_answer:
            yield [*_lines(cell.source)]


def _marked(source: str) -> Iterator[list[str]]:
    block: list[str] | None = None
    for line in source.splitlines():
        ending = line.rstrip()
        if re.match(r"\s*# BEGIN SOLUTION", line):
            block = []
        elif ending.endswith("# END SOLUTION"):
            yield block or []
            block = None
        elif block is not None:
            block += _lines(line)
        elif ending.endswith(("# SOLUTION", "# SOLUTION NO PROMPT")):
            yield [*_lines(line)]


def _code_lines(source: str) -> list[str]:
    """The lines of a module that do something: no docstring's, and no signature's, which students may know."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        first, last = 1, 0
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            first, last = node.lineno, node.end_lineno or node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first, last = node.lineno, node.body[0].lineno - 1
        lines[first - 1 : last] = [""] * (last - first + 1)
    return [*_lines("\n".join(lines))]


def _lines(source: str) -> Iterator[str]:
    """Lines as they are compared: without indentation and comments."""
    for line in source.splitlines():
        code = " ".join(re.sub(r"\s#\s.*$", "", line).split())
        if code and not code.startswith("#"):
            yield code


def _runs(lines: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(lines[i : i + _RUN]) for i in range(len(lines) - _RUN + 1))


def _tells(line: str) -> bool:
    is_prose = line.endswith(".") or len(line.split()) > 12  # a sentence of a model answer
    return len(line) >= _TELLING_LENGTH and not line.startswith(_HEADS) and bool(is_prose or _TELLING.search(line))


def _hidden_checks(lab: Lab, texts: Iterable[Text]) -> Iterator[str]:
    names = {
        node.name: path
        for path in lab.hidden_suite.glob("test_*.py")
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    for text in texts:
        for name in names.keys() & set(re.findall(r"\bdef (test_\w+)", text.source)):
            yield f"{text.where} has {name} of {names[name].relative_to(lab.root)}"


def _paths_of_this_machine(lab: Lab, texts: Iterable[Text]) -> Iterator[str]:
    folders = {str(lab.root), str(Path.home()), sys.prefix, sys.base_prefix, tempfile.gettempdir(), str(Path.cwd())}
    telling = sorted(folder for folder in folders if len(Path(folder).parts) > 1)
    pattern = re.compile("|".join(rf"{re.escape(folder)}(?!\w)" for folder in telling))
    for text in texts:
        found = _HOMES.search(text.source) or pattern.search(text.source)
        if found:
            yield f"{text.where} names a path of this machine: {found[0]}"


def _outputs(notebook: Mapping[str, Any]) -> Iterator[str]:
    for number, cell in enumerate(notebook.get("cells", []), start=1):
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"cell {number} of the notebook has outputs"
