"""`grade.py handout`: what students get is made from the master, looked through, and the same bytes every time."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import commands
import masters
import pytest
from labs import PROFILES, answer_of, sandbox_of, tiny_lab, write_files
from masters import ROOT, Cell, question, small_lab, small_project, written

from autograder import sandbox
from autograder.authoring import master, scaffold
from autograder.authoring.handout import contents, make_handout
from autograder.authoring.leaks import look_through
from autograder.authoring.master import assign, read_master
from autograder.errors import InstructorError, StudentError, UsageError
from autograder.lab import Lab


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose lab has a small master."""
    return small_project(tmp_path_factory.mktemp("project"))


def handout(project: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "grade.py", "handout", "--lab", masters.NAME, *map(str, arguments)]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def made(project, tmp_path_factory) -> Path:
    """Where a handout was written."""
    out = tmp_path_factory.mktemp("out")
    done = handout(project, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(out / "optimization"), str(out / "optimization.zip")]
    assert re.search(r"\d+ files, \d+ KB; zipped \d+ KB; \d+\.\d s\.", done.stderr), done.stderr
    return out


def unzipped(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# What is in it


def test_zip_and_folder_hold_the_same_and_all_that_a_student_needs(made):
    """Notebook, what grader.check needs, stubs, given files, public checks, README and requirements, in one folder."""
    files = below(made / "optimization")
    assert unzipped(made / "optimization.zip") == {f"optimization/{name}": content for name, content in files.items()}
    originals = below(ROOT / "assignments/optimization/handout")
    originals = {name: content for name, content in originals.items() if "__pycache__" not in name}
    assert {name: files[name] for name in originals} == originals
    assert {*files} - {*originals} == {"lab.ipynb", "tests/sgd.py", "tests/adam.py", "tests/smooth.py"}
    assert b"otter-grader" in files["requirements.txt"]


def test_nothing_of_the_reference_the_hidden_suite_or_the_solutions_is_in_the_zip(made, project):
    """Opened and looked into: no such file, no line of a solution, no hidden check's name or title, no path."""
    files = unzipped(made / "optimization.zip")
    secret = [*(project / "reference").rglob("*.py"), *(project / "tests/hidden").rglob("*.py")]
    assert not {path.read_bytes() for path in secret} & {*files.values()}
    everything = b"\n".join(files.values()).decode()
    for line in ("adam_direction", "(1 - b1) * grad", "(1 - beta**t)", "self.lr * (grad", masters.MODEL_ANSWER):
        assert line not in everything
    for path in (project / "tests/hidden").rglob("test_*.py"):
        for name, title in re.findall(r'def (test_\w+)\(.*\n    """(.*?)"', path.read_text("utf-8")):
            assert f"def {name}(" not in everything and title not in everything
    for word in (
        "SOLUTION",
        "BEGIN PROMPT",
        "ASSIGNMENT CONFIG",
        "master.ipynb",
        str(project),
        str(ROOT),
        str(Path.home()),
    ):
        assert word not in everything


def test_the_notebook_has_stubs_checks_and_places_to_answer_in(made):
    """And nothing that ran: no outputs, no counts; a kernel that every machine has."""
    import nbformat

    notebook = nbformat.read(made / "optimization" / "lab.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    for name, (_, part) in masters.QUESTIONS.items():
        assert f'grader.check("{name}")' in code
        [stub] = [source for source in code if f"class {part}(" in source or f"def {part}(" in source]
        assert "raise NotImplementedError" in stub
    [prompt] = [i for i, cell in enumerate(notebook.cells) if "<!-- written: ravine -->" in cell.source]
    assert notebook.cells[prompt + 1].source == "_Type your answer here, replacing this text._"
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
    assert notebook.metadata.kernelspec.name == "python3"


def test_the_same_master_gives_the_same_bytes(made, project, tmp_path):
    """Cell ids and times included, from another process at another time; what is there already may be just that."""
    assert handout(project, "--out", tmp_path).returncode == 0
    assert (tmp_path / "optimization.zip").read_bytes() == (made / "optimization.zip").read_bytes()
    assert handout(project, "--out", tmp_path).returncode == 0
    [time] = {part.date_time for part in zipfile.ZipFile(tmp_path / "optimization.zip").infolist()}
    assert time == (1980, 1, 1, 0, 0, 0)


def test_labs_without_a_master_have_a_handout_without_a_notebook(tmp_path):
    """Students' tests, by the command; and a new lab."""
    done = commands.grade("handout", "--lab", "break_it", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "test_student.py" in below(tmp_path / "break_it") and "lab.ipynb" not in below(tmp_path / "break_it")
    scaffold.new_lab("fresh", root=tmp_path / "project")
    assert "layers.py" in contents(Lab.find("fresh", tmp_path / "project"))


# Where it goes


def test_what_lies_there_is_not_overwritten_unless_it_is_told_to(made, project, tmp_path):
    """Something else under its names is named and stays; --force replaces it, and nothing beside it."""
    out = shutil.copytree(made, tmp_path / "out")
    (out / "notes.txt").write_text("mine")
    (out / "optimization" / "optimizers.py").write_text("a student's work")
    refused = handout(project, "--out", out)
    assert refused.returncode == 2 and "holds something else already" in refused.stderr and "--force" in refused.stderr
    assert (out / "optimization" / "optimizers.py").read_text() == "a student's work"
    assert handout(project, "--out", out, "--force").returncode == 0
    assert below(out / "optimization") == below(made / "optimization") and (out / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in out.iterdir()) == ["notes.txt", "optimization", "optimization.zip"]
    (out / "optimization.zip").write_bytes(b"another")
    refused = handout(project, "--out", out)
    assert refused.returncode == 2 and "optimization.zip is there already" in refused.stderr


def test_a_handout_never_lands_on_the_project_itself(project):
    """`--out assignments` would replace the lab by its handout."""
    before = below(project / "assignments")
    for out in ("assignments", "reference", ".", "assignments/optimization/handout"):
        done = handout(project, "--out", project / out, "--force")
        wanted = 0 if out == "." else 2
        assert done.returncode == wanted and (wanted == 0 or "belongs to the project itself" in done.stderr), out
    assert below(project / "assignments") == before


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    """Written whole or not at all."""
    lab = tiny_lab(tmp_path / "project", given={"base.py": "x = 1\n"})
    write_files(tmp_path / "out" / "tiny", {"old.py": "old"})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.authoring.handout.lay_out", full)
    with pytest.raises(UsageError, match="No space left"):
        make_handout(lab, tmp_path / "out", force=True)
    assert below(tmp_path / "out") == {"tiny/old.py": b"old"}


# What is refused

ADAM_PASTED = "class Adam(Optimizer):\n    def update(self, param, grad, state):\n        param -= self.lr"


def without(*sources: str):
    return lambda cells: [cell for cell in cells if cell[1] not in sources]


def replaced(old: str, new: str):
    return lambda cells: [(kind, source.replace(old, new)) for kind, source in cells]


def added(*more: Cell):
    return lambda cells: [*cells, *more]


def lacking(name: str):
    """Without a question's cells."""

    def change(cells: list[Cell]) -> list[Cell]:
        start = cells.index(("raw", f"# BEGIN QUESTION\nname: {name}"))
        return [*cells[:start], *cells[cells.index(("raw", "# END QUESTION"), start) + 1 :]]

    return change


COPIED = """def mine(p, g, lr, b1, m):
    v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2  # as above"""
LEAKS = [
    (("code", ADAM_PASTED), "cell 18 of the notebook defines Adam fully"),
    (("code", COPIED), "cell 19 of the notebook shows a line of a solution or a hidden check: 'v = state["),
    (("markdown", "```\nm_hat = m / (1 - beta1**t)\n```"), "cell 20 of the notebook shows a line"),
    (("markdown", masters.MODEL_ANSWER), "cell 21 of the notebook shows a line of a solution"),
    (("code", "def test_adam_follows_its_rule(agree): ..."), "has test_adam_follows_its_rule of tests/hidden"),
    (
        ("code", f"open('{Path.home()}/data.csv')"),
        f"cell 23 of the notebook names a path of this machine: {Path.home()}",
    ),
    (("markdown", "Look into /home/ada/lab"), "cell 24 of the notebook names a path of this machine: /home/a"),
]

# What is wrong in the master: how it comes about, and what must be said.
REFUSED = {
    "no test cell": (lacking("adam"), "no test cell", "'adam'"),
    "unknown question": (added(*question("lion", "## Lion", "x = 1")), "'lion'", "no question of lab.toml"),
    "another id": (replaced('check("adam"', 'check("adamw"'), "test cell of 'adam'", "check('adamw', globals())"),
    "more than a check": (replaced('check("adam", globals())', "assert True"), "test cell of 'adam'", "assert True"),
    "in metadata": (replaced("    files: true", "    files: false"), "metadata", "files: true"),
    "no prompt": (replaced("written: ravine", "unwritten"), "no prompt", "'ravine'"),
    "two prompts": (added(*written("ravine", "Once more")), "2 prompts", "'ravine'"),
    "unknown prompt": (added(*written("valley", "And here?")), "'valley'", "[[written]]"),
    "no answer cell": (without("# BEGIN SOLUTION", "# END SOLUTION", masters.MODEL_ANSWER), "no cell to answer in"),
    "no end": (replaced("# END SOLUTION\n", "\n"), "Otter Assign refuses it", "without END SOLUTION"),
    "no beginning": (added(("raw", "# END QUESTION")), "Otter Assign refuses it", "no begin block"),
}


@pytest.mark.parametrize("slip", REFUSED)
def test_a_slip_in_the_master_is_named_and_nothing_is_written(slip, tmp_path):
    """What Otter says, what differs from lab.toml, and what students must not see, in a sentence each."""
    change, *words = REFUSED[slip]
    lab = small_lab(tmp_path / "project", change)
    with pytest.raises(InstructorError) as refusal:
        make_handout(lab, tmp_path / "out")
    message = " ".join(str(refusal.value).split())
    for word in words:
        assert word in message, message
    assert len(message) < 1200 and "Traceback" not in message
    assert not (tmp_path / "out").exists()


def test_what_students_must_not_see_is_named_with_its_cell(tmp_path):
    """Whatever slipped into an open cell: a definition without markers, lines of answers, hidden checks, paths."""
    lab = small_lab(tmp_path / "project", added(*(cell for cell, _ in LEAKS)))
    master = read_master(lab.master)
    notebook = assign(lab, master, lab.master, {})
    found = look_through(lab, notebook.files, notebook.content, master)
    for _, words in LEAKS:
        assert any(words in sentence for sentence in found), (words, found)
    assert len(found) == len(LEAKS), found
    with pytest.raises(InstructorError, match=r"students would see too much: .* and \d more"):
        make_handout(lab, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_cell_may_show_a_line_on_purpose_and_bare_calls_are_no_secret(tmp_path):
    """With the tag `shown`; and four lines in a row are a solution's where one alone would not be."""
    import nbformat

    loop = "optimizer.zero_grad()\nloss = loss_fn(model(x), y)\nloss.backward()\noptimizer.step()"
    solved = masters.SMOOTH.replace(
        "    mean, smoothed", "    if False:\n" + re.sub("^", " " * 8, loop, flags=re.M) + "\n    mean, smoothed"
    )
    lab = small_lab(
        tmp_path, lambda cells: [*replaced(masters.SMOOTH, solved)(cells), ("code", f"model.train()\n{loop}")]
    )
    with pytest.raises(InstructorError, match=r"optimizer\.zero_grad"):
        contents(lab)
    notebook = nbformat.read(lab.master, as_version=4)
    notebook.cells[-1].metadata["tags"] = ["shown"]
    nbformat.write(notebook, lab.master)
    assert "lab.ipynb" in contents(lab)


def test_files_of_the_handout_are_looked_through_too(tmp_path):
    """A stub that was solved, an answer under another name, one of the instructors' notebooks, a link."""
    lab = tiny_lab(tmp_path, given={"base.py": "x = 1\n", "answers.py": "class Answer:\n    value = 1\n"})
    with pytest.raises(InstructorError, match=r"answers\.py defines Answer fully"):
        contents(lab)
    stub = "class Answer:\n    def __init__(self):\n        raise NotImplementedError('Answer')\n"
    write_files(lab.handout, {"answers.py": stub})
    assert {*contents(lab)} == {"base.py", "answers.py"}
    write_files(lab.handout, {"tool.py": (lab.reference / "answers.py").read_bytes()})
    with pytest.raises(InstructorError, match=r"tool\.py is reference/tiny/answers\.py"):
        contents(lab)
    (lab.handout / "tool.py").unlink()
    write_files(lab.master.parent, {"practice.ipynb": "as it was", "handout/extra/practice.ipynb": "as it is"})
    with pytest.raises(InstructorError, match=r"extra/practice\.ipynb .* stays with the instructors"):
        contents(lab)
    (lab.handout / "extra" / "practice.ipynb").unlink()
    (lab.handout / "link.py").symlink_to(lab.reference / "answers.py")
    with pytest.raises(InstructorError, match="is a link"):
        contents(lab)


def test_what_tools_leave_behind_stays_behind(tmp_path):
    """Bytecode, checkpoints, hidden files."""
    lab = tiny_lab(tmp_path, given={"base.py": "x = 1\n"})
    write_files(lab.handout, {"__pycache__/a.pyc": b"", ".ipynb_checkpoints/lab.ipynb": b"{}", ".DS_Store": b""})
    assert {*contents(lab)} == {"base.py"}


@pytest.mark.parametrize("module", ["nbformat", "otter"])
def test_a_missing_package_is_named(module, tmp_path, monkeypatch):
    """With what brings it."""
    monkeypatch.setattr(master, "find_spec", lambda name: None if name == module else object())
    with pytest.raises(UsageError, match=rf"needs {module}.*\[notebook\]"):
        contents(small_lab(tmp_path))


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 1, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', ""])
def test_a_master_that_is_no_notebook_is_refused(text, tmp_path):
    """Whatever is wrong with it."""
    lab = small_lab(tmp_path)
    lab.master.write_text(text)
    with pytest.raises(InstructorError, match="is no valid notebook"):
        contents(lab)


# The master's own protection


def test_the_lessons_prose_decides_no_grade_but_is_an_answer(tmp_path):
    """Editing master or practice leaves the lab's digest as it is, by which grades are kept."""
    lab = tiny_lab(tmp_path)
    write_files(lab.master.parent, {"master.ipynb": "one", "practice.ipynb": "one"})
    digest = Lab.find(lab.name, tmp_path).digest
    write_files(lab.master.parent, {"master.ipynb": "two", "practice.ipynb": "two"})
    again = Lab.find(lab.name, tmp_path)
    assert again.digest == digest == lab.digest
    assert [path.name for path in again.notebooks()] == ["master.ipynb", "practice.ipynb"]
    tempting = {Path(path).name for path in sandbox._temptations(again, 1)["files"]}
    assert {"master.ipynb", "practice.ipynb", "answers.py"} <= tempting  # what a worker must fail to read


@pytest.mark.parametrize("isolation", PROFILES)
def test_graded_code_cannot_read_the_master(isolation, tmp_path):
    """Nor the live demonstrations: they are among what a worker tries to reach before anything is graded."""
    lab = tiny_lab(tmp_path)
    write_files(lab.master.parent, {"master.ipynb": json.dumps({"cells": []}), "practice.ipynb": "{}"})
    source = f"""
        class Answer:
            def __init__(self, path):
                self.value = len(open({str(lab.master.parent)!r} + "/" + path).read())
    """
    with sandbox_of(isolation, lab) as held:
        for name in ("master.ipynb", "practice.ipynb"):
            with pytest.raises(StudentError, match=r"FileNotFoundError|PermissionError"):
                answer_of(held, lab, source, path=name)
