"""The public checks in a notebook: the same functions as everywhere, silent when all pass, and kind when not."""

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[2]
HANDOUT = ROOT / "assignments" / "optimization" / "handout"
REFERENCE = ROOT / "reference" / "optimization"
MODULES = ("optimizers", "schedulers", "lr_finder", "training")
QUESTIONS = tomllib.loads((HANDOUT.parent / "lab.toml").read_text("utf-8"))["questions"]

# For each line of its input, a folder and a notebook's cells, a fresh kernel in which PyTorch is imported already; it
# answers with what each cell printed.
KERNELS = """
import contextlib, io, json, os, sys
import pytest, torch
from IPython.core.interactiveshell import InteractiveShell

torch.optim.SGD([torch.zeros(1)], lr=0.1).step()

def run(shell, cell):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        shell.run_cell(cell, store_history=True)
    return printed.getvalue()

for line in sys.stdin:
    if os.fork() == 0:
        folder, cells = json.loads(line)
        os.chdir(folder)
        shell = InteractiveShell.instance()
        print(json.dumps([run(shell, cell) for cell in cells]), flush=True)
        os._exit(0)
    os.wait()
"""
START = "import torch\nfrom base import LRScheduler, Optimizer\nfrom checks.notebook import check"


Say = Callable[..., list[str]]


@pytest.fixture(scope="module")
def handout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("student") / "optimization"
    return shutil.copytree(HANDOUT, copy, ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="module")
def said() -> Iterator[Say]:
    """said(folder, *cells) is what each cell of a notebook in `folder` printed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", KERNELS], text=True, env=environment, **pipes) as kernels:

        def ask(folder: Path, *cells: str) -> list[str]:
            kernels.stdin.write(json.dumps([str(folder), [dedent(cell).strip() for cell in cells]]) + "\n")
            kernels.stdin.flush()
            answers: list[str] = json.loads(kernels.stdout.readline())
            return answers

        yield ask
        kernels.stdin.close()


def defined_in(folder: Path) -> list[str]:
    """A cell for each module: in a notebook all of it lies flat."""
    return [(folder / f"{module}.py").read_text("utf-8") for module in MODULES]


def checked(*questions: str) -> list[str]:
    return [f"check({question!r}, globals())" for question in questions]


def test_silence_means_that_every_check_of_the_question_ran_and_passed(said, handout):
    """The reference's classes in the notebook: nothing is said of any question."""
    ids = [question["id"] for question in QUESTIONS]
    answers = said(handout, START, *defined_in(REFERENCE), *checked(*ids))
    assert answers == [""] * len(answers), answers


def test_stubs_are_named_and_nothing_else_is_said(said, handout):
    """One line a question for what is missing, though all of its checks lack it, and how many pass."""
    ids = [question["id"] for question in QUESTIONS]
    answers = said(handout, START, *defined_in(HANDOUT), *checked(*ids))[-len(ids) :]
    for question, answer in zip(QUESTIONS, answers, strict=True):
        missing, count = answer.splitlines()
        assert missing.startswith(f"Not written yet: {question['name']}"), answer
        assert count.startswith(f"{question['id']}: 0 of ")


def test_what_no_cell_has_defined_yet_is_told_so(said, handout):
    """A class and a function whose cells were not run; and a question that has no checks is not a pass."""
    _, adam, smooth, nothing, prefix = said(handout, START, *checked("adam", "smooth", "adamm", "ada"))
    assert adam.startswith(
        "There is no class named Adam in this notebook yet: run the cell that defines it.\nadam: 0 of 3"
    )
    assert "no function named smooth" in smooth
    for answer in (nothing, prefix):
        assert "There is no check of a question called" in answer and "nothing was tried" in answer


def test_a_wrong_number_is_told_with_the_promise_and_where_it_differs_first(said, handout):
    """The docstring of the check, then step, parameter, expected and got, and no traceback."""
    sgd = """
        class SGD(Optimizer):
            def __init__(self, params, lr, weight_decay=0.0):
                super().__init__(params, lr)
            def update(self, param, grad, state):
                param -= self.lr * grad
    """
    *_, answer = said(handout, START, sgd, *checked("sgd"))
    promise, where, count = answer.splitlines()
    assert promise == "✗ SGD adds the weight decay to the gradient."
    assert (
        where.startswith("    step 1, learning rate 0.1, parameter 'weight'") and "expected" in where and "got" in where
    )
    assert count == "sgd: 2 of 3 checks pass."


def test_an_exception_is_told_by_the_students_own_cell_and_line(said, handout):
    """Its words, the cell's number and the line; no frame of ours or PyTorch's, and the same is not said again."""
    adam = """
        class Adam(Optimizer):
            def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
                self.betas = betas
                super().__init__(params, lr)
            def update(self, param, grad, state):
                m = averages(state, grad, self.betas[0])
        def averages(state, grad, beta):
            return beta * state["m"] + (1 - beta) * grad
    """
    *_, answer = said(handout, START, "x = 1", adam, *checked("adam"))
    assert "Traceback" not in answer and "notebook.py" not in answer and "base.py" not in answer
    assert answer.splitlines()[1:4] == [
        "    KeyError: 'm'",
        "    cell [3], line 6: m = averages(state, grad, self.betas[0])",
        '    cell [3], line 8: return beta * state["m"] + (1 - beta) * grad',
    ]
    assert answer.count("KeyError") == 1 and answer.count("(the same)") == 2


def test_an_answer_of_the_wrong_kind_names_the_line_of_the_check(said, handout):
    """Where none of the student's lines raised, the check's own line says what it wanted."""
    cells = "def clip_grad_norm(params, max_norm): pass", "def fit(*args, **named): return {}"
    *_, clip, fit = said(handout, START, *cells, *checked("clip_grad_norm", "fit"))
    assert 'in the check: same(norm, 13.0, "the norm")' in clip and "NoneType" in clip
    assert "KeyError: 'train_loss'\n    in the check: same(history[" in fit


def test_odd_code_costs_no_kernel(said, handout):
    """Exiting, endless recursion, PyTorch's own NotImplementedError and a giant message are told like any exception."""
    cells = [
        "import sys\ndef smooth(losses, beta=0.9): sys.exit('bye')",
        "def diagnose(losses): return diagnose(losses)",
        "def suggest_lr(lrs, losses): raise NotImplementedError('the operator is not there')",
        "def evaluate(*args): raise ValueError('x' * 100_000)",
    ]
    answers = said(handout, START, *cells, *checked("smooth", "diagnose", "suggest_lr", "evaluate"))[-4:]
    for answer, words in zip(
        answers, ("SystemExit: bye", "RecursionError", "the operator", "ValueError: xxx"), strict=True
    ):
        assert words in answer and "0 of" in answer and len(answer) < 3000
    assert "Not written yet" not in answers[2]


def test_prints_are_no_failure_and_checks_leave_the_notebooks_random_numbers_alone(said, handout):
    """A debugging print in right code is not held against it; what a cell draws does not hang on the checks before."""
    noisy = defined_in(REFERENCE)[2].replace(
        "    average, smoothed = 0.0, []", "    print('hm'); average, smoothed = 0.0, []"
    )
    seed, draw = "_ = torch.manual_seed(3)", "print(torch.rand(1).item())"
    answers = said(handout, START, noisy, *checked("smooth"), seed, draw, seed, *checked("fit", "lr_range_test"), draw)
    assert "hm" not in answers[2] and answers[2] == ""
    assert answers[4] == answers[-1] != ""


def test_a_check_that_cannot_run_here_is_not_a_pass(said, tmp_path):
    """One that skips, or that asks for what a notebook has not, is said and not counted."""
    copy = shutil.copytree(HANDOUT, tmp_path / "h", ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "checks" / "test_training.py").open("a", encoding="utf-8") as file:
        file.write('\ndef test_odd_one(tmp_path):\n    """A file is written."""\n')
        file.write('\ndef test_odd_two():\n    """Only on Mondays."""\n    pytest.skip("not Monday")\n')
    _, answer = said(copy, START, *checked("odd"))
    assert "A file is written.\n    not tried: it asks for tmp_path" in answer
    assert "Only on Mondays.\n    not tried: not Monday" in answer and "odd: 0 of 2 checks pass." in answer


def test_checks_that_cannot_be_loaded_say_what_they_need(said, tmp_path):
    """A given file that was changed, a package that is not there: no traceback of ours."""
    copy = shutil.copytree(HANDOUT, tmp_path / "h", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "base.py").write_text("def broken(:\n")
    _, answer = said(copy, "from checks.notebook import check", *checked("adam"))
    assert answer.startswith("The checks cannot be loaded (SyntaxError") and "base.py as you got it" in answer


def test_grader_check_shows_our_words_alone(said, handout, tmp_path):
    """Through Otter: passed is passed, and a failure has none of doctest's lines around what `check` says."""
    copy = shutil.copytree(handout, tmp_path / "h")
    for question in ("sgd", "adam"):
        case = {"code": f'>>> from checks.notebook import check\n>>> check("{question}", globals())\n', "hidden": False}
        spec = {"name": question, "points": None, "suites": [{"cases": [case], "type": "doctest"}]}
        (copy / "tests").mkdir(exist_ok=True)
        (copy / "tests" / f"{question}.py").write_text(f"OK_FORMAT = True\n\ntest = {spec!r}\n", "utf-8")
    cells = [
        START + "\nfrom checks.notebook import start\ngrader = start()",
        defined_in(REFERENCE)[0],
        "del Adam",
        'print(grader.check("sgd"))',
        'print(grader.check("adam"))',
    ]
    *_, right, missing = said(copy, *cells)
    assert "All test cases passed" in right
    assert "no class named Adam" in missing
    for word in ("Expected nothing", "Failed example", "Trying", "check("):
        assert word not in missing


def test_without_otter_grader_the_checks_work_all_the_same(said, handout):
    """torch, numpy and pytest are enough: `grader.check` then prints, a pass too."""
    hide = "import sys\nsys.modules['otter'] = None\n" + START + "\nfrom checks.notebook import start\ngrader = start()"
    *_, right, missing = said(handout, hide, defined_in(REFERENCE)[0], "grader.check('sgd')", "grader.check('fit')")
    assert right == "sgd: every check passes.\n" and "no function named fit" in missing


def test_each_check_belongs_to_one_question_and_every_assert_has_words():
    """`check` finds them by the question's id; a bare assert would say nothing where pytest does not rewrite it."""
    for path in (HANDOUT / "checks").glob("test_*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        for name in names:
            owners = [question["id"] for question in QUESTIONS if f"{name}_".startswith(f"test_{question['id']}_")]
            assert len(owners) == 1, (name, owners)
        assert all(node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert)), path.name
