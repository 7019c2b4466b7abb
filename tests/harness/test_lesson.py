"""The notebooks keep to the lab: every question has stub, solution and check; solutions pass; no outputs are kept."""

import ast
import inspect
import re
import symtable
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest
from commands import HANDOUT, REFERENCE, ROOT, grade

from autograder.errors import UsageError
from autograder.lab import Lab

FOLDER = ROOT / "assignments" / "optimization"
NOTEBOOKS = ["master", "practice"]
LAB = Lab.find("optimization")
QUESTIONS = LAB.manifest.questions
ASKED_FOR = {question.name for question in QUESTIONS}


@cache
def cells(name: str) -> list[nbformat.NotebookNode]:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells


def blocks() -> dict[str, list[nbformat.NotebookNode]]:
    """The cells of each block "BEGIN QUESTION … END QUESTION" of the master, by the question's name."""
    found: dict[str, list[nbformat.NotebookNode]] = {}
    current = None
    for cell in cells("master"):
        if cell.cell_type == "raw" and cell.source.startswith("# BEGIN QUESTION"):
            current = re.search(r"^name: (\w+)$", cell.source, re.MULTILINE)[1]
            assert current not in found, f"{current} is asked twice"
            found[current] = []
        if current:
            found[current].append(cell)
        if cell.cell_type == "raw" and cell.source.startswith("# END QUESTION"):
            current = None
    return found


def between(block: list[nbformat.NotebookNode], begin: str, end: str) -> list[nbformat.NotebookNode]:
    sources = [cell.source for cell in block]
    return block[sources.index(begin) + 1 : sources.index(end)]


def solution(question_id: str) -> str:
    """The solution cell of a question, as it stands in the master."""
    [cell] = between(blocks()[question_id], "# BEGIN SOLUTION", "# END SOLUTION")
    return cell.source


def stub(question_id: str) -> str:
    """What Otter Assign makes of it for students: the prompts in place of what is between the markers."""
    without = re.sub(r"(?ms)^ *# BEGIN SOLUTION NO PROMPT$.*?# END SOLUTION\n", "", solution(question_id))
    return re.sub(r'(?m)^ *""" +# (BEGIN|END) PROMPT\n?', "", without)


def open_code() -> list[ast.Module]:
    """The code cells of the master that belong to no question, parsed; lines for IPython alone are left out."""
    asked = {cell.id for block in blocks().values() for cell in block}
    sources = [cell.source for cell in cells("master") if cell.cell_type == "code" and cell.id not in asked]
    return [ast.parse(re.sub(r"(?m)^(\s*)%.*$", r"\1pass", source)) for source in sources]


def defined(tree: ast.AST) -> set[str]:
    """Names that are bound in it, at whatever depth."""
    nodes = list(ast.walk(tree))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)}


# The files


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_clean(name):
    """Valid nbformat 4.5 for python3, stable ids, and no output of anybody's run."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    kernel = notebook.metadata.kernelspec
    assert (kernel.name, kernel.language) == ("python3", "python")
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert cell.cell_type != "code" or (not cell.outputs and cell.execution_count is None), cell.id


# The questions


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_a_question_has_prompt_stub_solution_and_check(question):
    """The stub is the handout's, but for its docstrings: same signatures, and it names itself in the same words."""
    block = blocks()[question.id]
    assert block[1].cell_type == "markdown" and f"`{question.name}`" in block[1].source
    assert f"({question.points:g} points)" in block[1].source
    [test] = between(block, "# BEGIN TESTS", "# END TESTS")
    assert test.source.split() == [
        "from",
        "checks.notebook",
        "import",
        "check",
        f'check("{question.id}",',
        "globals())",
    ]
    [ours] = ast.parse(stub(question.id)).body
    [theirs] = [
        node
        for node in ast.parse((HANDOUT / question.file).read_text("utf-8")).body
        if getattr(node, "name", "") == question.name
    ]
    assert ast.get_docstring(ours), "a stub says what is to be written"
    assert without_docstrings(ours) == without_docstrings(theirs)


def without_docstrings(tree: ast.stmt) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def test_the_master_asks_what_the_lab_asks():
    """Each question once, in words or in code, and what is asked for is written nowhere else."""
    written = [entry.id for entry in LAB.manifest.written]
    assert set(blocks()) == {question.id for question in QUESTIONS} | set(written)
    for tree in open_code():
        assert not defined(tree) & ASKED_FOR
    assert sum(question.points for question in QUESTIONS) == LAB.max_score == 100


def test_no_leftover_name_makes_up_for_a_forgotten_line():
    """No variable of the notebook goes by an argument's name or a symbol of the formulas: those must stay errors."""
    functions = [
        node
        for question in QUESTIONS
        for node in ast.walk(ast.parse(solution(question.id)))
        if isinstance(node, ast.FunctionDef)
    ]
    arguments = {argument.arg for function in functions for argument in function.args.args}
    for tree in open_code():
        table = symtable.symtable(ast.unparse(tree), "cell", "exec")
        bound = {name.get_name() for name in table.get_symbols() if name.is_assigned() or name.is_imported()}
        assert not bound & (arguments | {"g", "v", "m", "s", "t", "x", "loss"})


def test_written_questions_are_those_of_the_manifest():
    """Ids in the prompts, in order; each has room for an answer, for a person to grade."""
    prompts = re.findall(r"<!-- written: (\w+) -->", "\n".join(cell.source for cell in cells("master")))
    assert prompts == [entry.id for entry in LAB.manifest.written]
    for entry in LAB.manifest.written:
        config, prompt, *_ = block = blocks()[entry.id]
        assert "manual: true" in config.source and f"points: {entry.points:g}" in config.source
        assert f"<!-- written: {entry.id} -->" in prompt.source and entry.title.lower() in prompt.source.lower()
        [answer] = between(block, "# BEGIN SOLUTION", "# END SOLUTION")
        assert answer.cell_type == "markdown" and answer.source.startswith("*Sample answer.*")


# The solutions


def as_files(folder: Path) -> Path:
    """The lab's files, cut out of the master: solutions, and the imports and assignments that they need."""
    statements = [node for tree in open_code() for node in tree.body]
    imports = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    helpers = {"lesson", "checks.notebook"}
    kept = [
        node for node in imports if not helpers & {getattr(node, "module", ""), *(alias.name for alias in node.names)}
    ]
    for file in LAB.manifest.required_files:
        code = "\n".join(solution(question.id) for question in QUESTIONS if question.file == file)
        needed = set(free_names(symtable.symtable(code, file, "exec")))
        assigned = [node for node in statements if isinstance(node, ast.Assign) and defined(node) & needed]
        (folder / file).write_text("\n".join([*map(ast.unparse, [*kept, *assigned]), code]), "utf-8")
    return folder


def free_names(table: symtable.SymbolTable) -> list[str]:
    """Names that code takes from its module."""
    inner = [name for child in table.get_children() for name in free_names(child)]
    top = table.get_type() == "module"
    return inner + [
        name.get_name() for name in table.get_symbols() if name.is_referenced() and (top or name.is_global())
    ]


def test_solutions_of_the_master_stand_on_their_own_and_pass_the_public_checks(tmp_path):
    """Without the notebook around them, and without its helper file."""
    done = grade("check", as_files(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


# The helper file


@pytest.fixture
def lesson(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.syspath_prepend(HANDOUT)
    monkeypatch.delitem(sys.modules, "lesson", raising=False)
    import lesson

    yield lesson
    sys.modules.pop("lesson")


def test_a_cell_waits_for_code_that_is_not_written(lesson, capsys):
    """A stub is named and the notebook goes on; PyTorch's own NotImplementedError, and every other error, is seen."""
    with lesson.when_written():
        raise NotImplementedError("Adam.update")
    assert capsys.readouterr().out.startswith("Waiting for Adam.update: write it")
    for error in (NotImplementedError("Could not run 'aten::add' on this device"), ValueError("no")):
        with pytest.raises(type(error)), lesson.when_written():
            raise error


def test_what_is_written_runs_and_the_rest_is_named(lesson, capsys):
    """One line names what was left out; with nothing written, the first stub is raised."""

    def run(item: str) -> str:
        if item != "b":
            raise NotImplementedError(f"{item}.update")
        return item * 2

    assert lesson.each_written("abca", run) == {"b": "bb"}
    assert capsys.readouterr().out == "Left out until written: a.update, c.update.\n"
    with pytest.raises(NotImplementedError, match=r"^c\.update$"):
        lesson.each_written("ca", run)


def test_the_helper_file_gives_no_answer_away(lesson):
    """Nothing in it goes by a name that is asked for."""
    assert not defined(ast.parse(inspect.getsource(lesson))) & ASKED_FOR


# Live demonstrations


def test_practice_hides_the_reference_behind_an_import():
    """The instructor's notebook defines nothing that students are to write, and imports it by the lab's name."""
    sources = [cell.source for cell in cells("practice") if cell.cell_type == "code"]
    assert "from autograder.practice import optimization as lab" in sources[0]
    assert not {name for source in sources for name in definitions(source)} & ASKED_FOR


def definitions(source: str) -> list[str]:
    nodes = ast.walk(ast.parse(source))
    return [node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)]


def test_practice_gives_the_modules_of_reference_and_handout(monkeypatch):
    """Solutions from the reference, the rest from the handout, and no trace in sys.modules; an unknown lab is named."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    before = set(sys.modules)
    from autograder import practice

    lab = practice.optimization
    assert Path(lab.optimizers.__file__).is_relative_to(REFERENCE)
    assert Path(lab.lesson.__file__).is_relative_to(HANDOUT)
    assert not {"optimizers", "lesson", "base"} & (set(sys.modules) - before)
    with pytest.raises(UsageError, match="There is no lab 'optimisation'"):
        _ = practice.optimisation
