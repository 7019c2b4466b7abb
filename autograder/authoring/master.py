"""What students get of a lab's master notebook: Otter Assign takes the solutions out, and the rest is set in order.

The master asks each question of lab.toml once: a cell that checks it by its id, and for a written one a prompt that
names it.  Whatever differs between the two is refused here, since students would find it.
"""

import ast
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder.errors import InstructorError, UsageError
from autograder.lab import Lab
from autograder.submission import lay_out
from autograder.text import plain

NOTEBOOK = "lab.ipynb"
TESTS = "tests"

_WRITTEN = re.compile(r"<!--\s*written:\s*(\S*?)\s*-->")
_ANSWER_TAG = "otter_answer_cell"
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_CELL_METADATA = ("tags", "editable", "deletable")
_SENTENCE_LIMIT = 300

# Otter changes its working directory, and dies in tracebacks: so it does both in a process of its own.
_ASSIGN = f"""
import sys
from otter.assign import main
try:
    main({NOTEBOOK!r}, "dist", no_pdfs=True, no_run_tests=True)
except Exception as error:
    print(f"{{type(error).__name__}}: {{error}}", file=sys.stderr)
    sys.exit(3)
"""


@dataclass(frozen=True)
class StudentNotebook:
    """The notebook without solutions, and Otter's test files by their names, one a question."""

    content: Mapping[str, Any]
    tests: Mapping[str, bytes]

    @property
    def files(self) -> dict[str, bytes]:
        """By the paths in the handout."""
        notebook = json.dumps(self.content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        return {NOTEBOOK: notebook.encode(), **{f"{TESTS}/{name}": text for name, text in self.tests.items()}}


def read_master(path: Path) -> Any:
    """The notebook at `path`, as nbformat's node.

    Raises:
        UsageError: nbformat or Otter is not installed.
        InstructorError: it is no notebook.
    """
    for module, package in (("nbformat", "nbformat"), ("otter", "otter-grader")):
        if find_spec(module) is None:
            raise UsageError(f"A handout with a notebook needs {package}: pip install -e '.[notebook]' brings it.")
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat has a dozen, and bad JSON brings others
        raise InstructorError(
            f"{path} is no valid notebook: {_sentence(error)}. Open it in Jupyter, and save."
        ) from error
    return notebook


def assign(lab: Lab, master: Any, path: Path, files: Mapping[str, bytes]) -> StudentNotebook:
    """Run Otter Assign on `master`, read from `path`, beside the handout's `files`.

    Raises:
        InstructorError: Otter refuses it, or it asks other questions than lab.toml.
    """
    import nbformat

    with tempfile.TemporaryDirectory(prefix="handout-") as folder:
        lay_out(folder, files)
        master.metadata.setdefault("kernelspec", _KERNEL)
        nbformat.write(master, str(Path(folder, NOTEBOOK)))
        command = [sys.executable, "-P", "-c", _ASSIGN]  # or what lies in the folder would be imported
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
        if done.returncode:
            said = done.stderr[done.stderr.rfind("\n", 0, done.stderr.find("Error: ")) + 1 :] or done.stderr
            raise InstructorError(f"{path}: Otter Assign refuses it: {_sentence(said)}.")
        student = Path(folder, "dist", "student")
        notebook = nbformat.read(student / NOTEBOOK, as_version=4)
        tests = {test.name: test.read_bytes() for test in sorted((student / TESTS).glob("*.py"))}
    _refuse_other_questions(lab, path, notebook, tests)
    return StudentNotebook(_in_order(notebook), tests)


def _in_order(notebook: Any) -> dict[str, Any]:
    """The same notebook from the same master: ids that hang on the cells alone, no outputs, no editor's metadata."""
    cells, ids = [], set()
    for cell in notebook.cells:
        cell_id = next(i for i in _ids(f"{cell.cell_type}\n{cell.source}") if i not in ids)
        ids.add(cell_id)
        metadata = {key: cell.metadata[key] for key in _CELL_METADATA if key in cell.metadata}
        kept = {"cell_type": cell.cell_type, "id": cell_id, "metadata": metadata}
        kept["source"] = cell.source.splitlines(keepends=True)
        if cell.cell_type == "code":
            kept |= {"execution_count": None, "outputs": []}
        if cell.get("attachments"):
            kept["attachments"] = cell.attachments
        cells.append(kept)
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _ids(text: str) -> Iterator[str]:
    twin = 0
    while True:
        yield hashlib.sha256(f"{twin}\n{text}".encode()).hexdigest()[:8]
        twin += 1


def _refuse_other_questions(lab: Lab, path: Path, notebook: Any, tests: Mapping[str, bytes]) -> None:
    if not tests and notebook.metadata.get("otter", {}).get("tests"):
        raise InstructorError(
            f"{path} keeps its tests in metadata, which Colab cannot use: set `tests: {{files: true}}`."
        )
    asked = {question.id for question in lab.manifest.questions if not question.breaks}
    tested = {name.removesuffix(".py") for name in tests}
    for question in [q.id for q in lab.manifest.questions if q.id in asked - tested]:
        raise InstructorError(f"{path} has no test cell for the question {question!r} of lab.toml.")
    for name, content in tests.items():
        question = name.removesuffix(".py")
        if question not in asked:
            raise InstructorError(f"{path} has a test cell for {question!r}, which is no question of lab.toml.")
        lines = ["from checks.notebook import check", f"check({question!r}, globals())"]
        if _tested(content) != lines:
            raise InstructorError(
                f"{path}: the test cell of {question!r} must be these two lines, so that every check exists once: "
                f"{lines[0]}; {lines[1]}. It is: {_sentence('; '.join(_tested(content)) or 'of another format')}."
            )
    _refuse_other_prompts(lab, path, notebook)


def _tested(content: bytes) -> list[str]:
    """The statements of one of Otter's test files of the doctest kind."""
    try:
        spec = next(node for node in ast.parse(content).body if isinstance(node, ast.Assign) and "test" in _names(node))
        cases = [case["code"] for case in ast.literal_eval(spec.value)["suites"][0]["cases"]]
        return [ast.unparse(node) for node in ast.parse("".join(cases).replace(">>> ", "")).body]
    except (StopIteration, SyntaxError, ValueError, LookupError, TypeError):
        return []


def _names(assignment: ast.Assign) -> list[str]:
    return [target.id for target in assignment.targets if isinstance(target, ast.Name)]


def _refuse_other_prompts(lab: Lab, path: Path, notebook: Any) -> None:
    wanted = [question.id for question in lab.manifest.written]
    found = []
    for number, cell in enumerate(notebook.cells):
        ids = _WRITTEN.findall(cell.source) if cell.cell_type == "markdown" else []
        found += ids
        if ids and not _is_answer(notebook.cells[number + 1 : number + 2]):
            raise InstructorError(
                f"{path}: the prompt of {ids[-1]!r} has no cell to answer in. Put a `# BEGIN PROMPT` or "
                "`# BEGIN SOLUTION` block with a markdown cell after it."
            )
    for question in wanted:
        if found.count(question) != 1:
            times = "no prompt" if question not in found else f"{found.count(question)} prompts"
            raise InstructorError(
                f"{path} has {times} for the written question {question!r} of lab.toml: one markdown cell must hold "
                f"<!-- written: {question} -->."
            )
    for question in found:
        if question not in wanted:
            raise InstructorError(f"{path} asks the written question {question!r}, which lab.toml lacks: [[written]].")


def _is_answer(cells: list[Any]) -> bool:
    """Whether the cell after a prompt is one that a student writes in."""
    return bool(cells) and cells[0].cell_type == "markdown" and _ANSWER_TAG in cells[0].metadata.get("tags", [])


def _sentence(error: object) -> str:
    """Its words on one line, and not all of them."""
    return plain(" ".join(str(error).split()), _SENTENCE_LIMIT).rstrip(".")
