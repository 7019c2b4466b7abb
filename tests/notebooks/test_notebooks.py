"""The notebooks, run from top to bottom by nbconvert: a small lab's, and the optimization lab's own.

Each is made by `handout`, as students get it, and run in its folder in a kernel of its own.
"""

import copy
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import masters
import nbformat
import pytest
from masters import ROOT, small_lab
from nbconvert.preprocessors import ExecutePreprocessor

from autograder.authoring.handout import make_handout
from autograder.lab import Lab
from autograder.zipping import zipped

SECONDS_PER_CELL = 300
ANSWER = "otter_answer_cell"
PROMPT = re.compile(r'^\s*""" # BEGIN PROMPT.*?""" # END PROMPT$', re.MULTILINE | re.DOTALL)
MARKERS = re.compile(r"^\s*# (BEGIN SOLUTION( NO PROMPT)?|END SOLUTION)\n?", re.MULTILINE)


@dataclass(frozen=True)
class Course:
    """A lab, and the folder in which a student unpacked its handout."""

    lab: Lab
    folder: Path

    @property
    def notebook(self) -> Any:
        return nbformat.read(self.folder / "lab.ipynb", as_version=4)


@pytest.fixture(scope="module", params=["small", "real"])
def course(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Course:
    root = tmp_path_factory.mktemp("course")
    lab = small_lab(root) if request.param == "small" else Lab.find("optimization")
    if not lab.master.exists():
        pytest.skip(f"{lab.master} is not there")
    made = make_handout(lab, root / "out")
    shutil.unpack_archive(made.archive, root / "student")
    return Course(lab, root / "student" / lab.name)


@pytest.fixture(autouse=True)
def kernels_find_this_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def run(notebook: Any, folder: Path) -> Any:
    """The notebook with what its cells put out; a kernel that dies is an exception here."""
    notebook = copy.deepcopy(notebook)
    ExecutePreprocessor(timeout=SECONDS_PER_CELL, kernel_name="python3", allow_errors=True).preprocess(
        notebook, {"metadata": {"path": str(folder)}}
    )
    return notebook


def checks(notebook: Any) -> dict[str, str]:
    """What each `grader.check` or `check` of a notebook that ran has to say, by question."""
    found = {}
    for cell in notebook.cells:
        asked = re.search(r"""^(?:grader\.)?check\(["'](\w+)["']""", cell.source, re.MULTILINE)
        if cell.cell_type == "code" and asked:
            found[asked[1]] = "".join(texts(cell))
    return found


def texts(cell: Any) -> Iterator[str]:
    for output in cell.outputs:
        yield output.get("text", "") + output.get("data", {}).get("text/plain", "")


def errors(notebook: Any) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [f"{output.ename}: {output.evalue}" for output in outputs if output.output_type == "error"]


def questions(course: Course) -> set[str]:
    return {question.id for question in course.lab.manifest.questions}


def solved(course: Course) -> Any:
    """The student's notebook with the master's solutions written into its stubs."""
    notebook, master = course.notebook, nbformat.read(course.lab.master, as_version=4)
    answers = {defines(cell.source): cell.source for cell in master.cells if "# BEGIN SOLUTION" in cell.source}
    for cell in notebook.cells:
        if cell.cell_type == "code" and ANSWER in cell.metadata.get("tags", []):
            cell.source = MARKERS.sub("", PROMPT.sub("", answers[defines(cell.source)]))
    return notebook


def defines(source: str) -> str:
    return " ".join(re.findall(r"^(?:class|def) \w+", source, re.MULTILINE))


def test_without_solutions_every_check_says_kindly_what_is_missing(course):
    """Nothing raises, no kernel dies, and each check names the stub or the cell that was not run."""
    done = run(course.notebook, course.folder)
    assert errors(done) == []
    said = checks(done)
    assert {*said} == questions(course)
    for question, words in said.items():
        assert "Not written yet: " in words or "run the cell that defines it" in words, (question, words)
        assert "Traceback" not in words and "Expected nothing" not in words
        assert f"{question}: 0 of " in words


def test_with_the_solutions_every_check_passes(course):
    """As a student meets it who has solved everything: Otter says so for each question, and nothing raises."""
    done = run(solved(course), course.folder)
    assert errors(done) == []
    said = checks(done)
    assert {*said} == questions(course)
    for question, words in said.items():
        assert "All test cases passed" in words, (question, words)


def test_the_master_itself_runs_beside_the_handout(course, tmp_path):
    """Solutions in it, checks silent: what an instructor sees before handing out."""
    folder = shutil.copytree(course.lab.handout, tmp_path / "master", ignore=shutil.ignore_patterns("__pycache__"))
    done = run(nbformat.read(course.lab.master, as_version=4), folder)
    assert errors(done) == []
    assert checks(done) == {question: "" for question in questions(course)}


def test_the_practice_notebook_runs():
    """The instructor's demonstrations, from the checkout."""
    path = ROOT / "assignments" / "optimization" / "practice.ipynb"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    assert errors(run(nbformat.read(path, as_version=4), path.parent)) == []


def test_in_colab_the_first_cell_unpacks_what_is_uploaded(course, tmp_path, monkeypatch):
    """There, neither Otter nor the files are at hand: it installs one and asks for the zip with the others."""
    fake = tmp_path / "fake" / "google" / "colab"
    fake.mkdir(parents=True)
    (fake / "__init__.py").touch()
    content = {path.relative_to(course.folder.parent).as_posix(): path.read_bytes() for path in below(course.folder)}
    (tmp_path / "given.zip").write_bytes(zipped(content))
    upload = f"import shutil\ndef upload():\n    shutil.copy({str(tmp_path / 'given.zip')!r}, 'optimization.zip')\n"
    (fake / "files.py").write_text(upload)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "fake")]))
    (tmp_path / "content").mkdir()
    notebook = course.notebook
    first = next(cell for cell in notebook.cells if "google.colab" in cell.source)
    pretend = "import google.colab\nfrom IPython.core.magic import register_line_magic\n\n"
    pretend += "@register_line_magic\ndef pip(line):\n    print('pip', line)\n"
    question = course.lab.manifest.questions[0].id
    cells = [pretend, first.source, f'grader.check("{question}")']
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    done = run(notebook, tmp_path / "content")
    assert errors(done) == []
    assert "pip install -q otter-grader" in "".join(texts(done.cells[1]))
    assert "no class named" in checks(done)[question]


def below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_small_lab_is_the_optimization_labs():
    """What holds for it holds for the questions of the real one."""
    ids = {question.id for question in Lab.find("optimization").manifest.questions}
    assert {*masters.QUESTIONS} <= ids
