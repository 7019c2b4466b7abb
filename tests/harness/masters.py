"""A lab of three questions with a master notebook, cut out of the optimization lab; small enough for a test."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.lab import Lab

ROOT = Path(__file__).parents[2]
NAME = "optimization"  # it has this lab's own handout, reference and hidden checks
QUESTIONS = {"sgd": ("optimizers", "SGD"), "adam": ("optimizers", "Adam"), "smooth": ("lr_finder", "smooth")}

CONFIG = """# ASSIGNMENT CONFIG
init_cell: false
export_cell: false
check_all_cell: false
generate: false
run_tests: false
tests:
    files: true
    ok_format: true"""
INIT = """# Run this cell first. In Colab it asks for optimization.zip, the file that you were given.
import sys
from pathlib import Path

if "google.colab" in sys.modules and not Path("checks").is_dir():
    import os
    import zipfile

    from google.colab import files

    %pip install -q otter-grader
    if not Path("optimization.zip").exists():
        files.upload()
    zipfile.ZipFile("optimization.zip").extractall()
    os.chdir("optimization")
    sys.path.insert(0, os.getcwd())

from checks.notebook import start

grader = start()"""
IMPORTS = "import torch\n\nfrom base import Optimizer"
SGD = '''class SGD(Optimizer):
    """Down the gradient."""

    def __init__(self, params, lr, weight_decay=0.0):
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        # BEGIN SOLUTION NO PROMPT
        param -= self.lr * (grad + self.weight_decay * param)
        # END SOLUTION
        """ # BEGIN PROMPT
        raise NotImplementedError("SGD.update")
        """ # END PROMPT'''
ADAM = '''class Adam(Optimizer):
    """Momentum in units of the root mean square."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        super().__init__(params, lr)

    def update(self, param, grad, state):
        """Move `param` one step in place."""
        # BEGIN SOLUTION NO PROMPT
        b1, b2 = self.betas
        grad = grad + self.weight_decay * param
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * grad
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * grad**2
        param -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
        # END SOLUTION
        """ # BEGIN PROMPT
        raise NotImplementedError("Adam.update")
        """ # END PROMPT'''
SMOOTH = '''def smooth(losses, beta=0.9):
    """A running mean that corrects its bias."""
    # BEGIN SOLUTION NO PROMPT
    mean, smoothed = 0.0, []
    for t, loss in enumerate(losses, start=1):
        mean = beta * mean + (1 - beta) * loss
        smoothed.append(mean / (1 - beta**t))
    return smoothed
    # END SOLUTION
    """ # BEGIN PROMPT
    raise NotImplementedError("smooth")
    """ # END PROMPT'''
PLOT = """%matplotlib inline
import matplotlib.pyplot as plt

plt.plot(torch.linspace(0, 1, 5), [1.0, 0.5, 0.4, 0.3, 0.2]);"""
MODEL_ANSWER = "The gradient points across the ravine, since it is steepest there, and only a little along it."

Cell = tuple[str, str]


def question(name: str, prompt: str, solution: str) -> list[Cell]:
    """The cells of a question about code."""
    return [
        ("raw", f"# BEGIN QUESTION\nname: {name}"),
        ("markdown", prompt),
        ("raw", "# BEGIN SOLUTION"),
        ("code", solution),
        ("raw", "# END SOLUTION"),
        ("raw", "# BEGIN TESTS"),
        ("code", f'from checks.notebook import check\ncheck("{name}", globals())'),
        ("raw", "# END TESTS"),
        ("raw", "# END QUESTION"),
    ]


def written(name: str, prompt: str, answer: str = MODEL_ANSWER) -> list[Cell]:
    """The cells of a question that a person grades."""
    return [
        ("raw", f"# BEGIN QUESTION\nname: {name}\nmanual: true\npoints: 3"),
        ("markdown", f"### {prompt}\n<!-- written: {name} -->"),
        ("raw", "# BEGIN SOLUTION"),
        ("markdown", answer),
        ("raw", "# END SOLUTION"),
        ("raw", "# END QUESTION"),
    ]


def cells() -> list[Cell]:
    """A right master."""
    return [
        ("raw", CONFIG),
        ("markdown", "# Optimization\n\nThree questions, and one to answer in words."),
        ("code", INIT),
        ("code", IMPORTS),
        *question("sgd", "## SGD\n\nDown the gradient.", SGD),
        *written("ravine", "Why does it zigzag?"),
        ("code", PLOT),
        *question("adam", "## Adam", ADAM),
        *question("smooth", "## Smoothed losses", SMOOTH),
        ("markdown", "## The end"),
    ]


def as_notebook(cells: list[Cell]) -> Any:
    from nbformat import v4

    make = {"raw": v4.new_raw_cell, "markdown": v4.new_markdown_cell, "code": v4.new_code_cell}
    return v4.new_notebook(cells=[make[kind](source) for kind, source in cells])


Change = Callable[[list[Cell]], list[Cell]]


def small_lab(root: Path, change: Change = lambda cells: cells) -> Lab:
    """The lab below `root`, with the master's cells changed."""
    import nbformat

    for folder in (f"assignments/{NAME}/handout", f"reference/{NAME}", f"tests/hidden/{NAME}"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / f"assignments/{NAME}/lab.toml").write_text(manifest(), "utf-8")
    nbformat.write(as_notebook(change(cells())), str(root / f"assignments/{NAME}/master.ipynb"))
    return Lab.find(NAME, root)


def small_project(root: Path, change: Change = lambda cells: cells) -> Path:
    """A project with that lab alone, in which `python grade.py` works."""
    small_lab(root, change)
    shutil.copytree(ROOT / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "grade.py", root)
    return root


def manifest() -> str:
    files = [f"{module}.py" for module, _ in QUESTIONS.values()]
    head = f'title = "Small"\nversion = "1"\ngiven = ["base.py", "model.py"]\nrequired_files = {sorted(set(files))}\n'
    tables = [
        f'[[questions]]\nid = "{name}"\ntitle = "{name}"\nfile = "{module}.py"\nname = "{part}"\npoints = 5\n'
        for name, (module, part) in QUESTIONS.items()
    ]
    return head + "\n".join(tables) + '\n[[written]]\nid = "ravine"\ntitle = "Why does it zigzag?"\npoints = 3\n'
