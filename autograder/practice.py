"""The reference behind an import, for an instructor's live demonstrations: whoever watches sees no solution.

    from autograder.practice import optimization as lab

    lab.optimizers.Adam, lab.model.SmallCNN, lab.lesson.panels, …

Each lab has its own name here. It gives the modules of the reference and, for names that the reference does not have,
of the handout. It works wherever the project is installed from its checkout, whatever the working folder.
"""

from functools import cache
from types import SimpleNamespace

from autograder.lab import Lab
from autograder.worker import modules


def __getattr__(name: str) -> SimpleNamespace:
    """The modules of the lab `name`.

    Raises:
        UsageError: there is no such lab.
    """
    if name.startswith("_"):
        raise AttributeError(name)
    return _modules(name)


@cache
def _modules(name: str) -> SimpleNamespace:
    lab = Lab.find(name)
    folders = [lab.reference, lab.handout]
    names = sorted({path.stem for folder in folders for path in folder.glob("*.py")})
    return modules.load([str(folder) for folder in folders], names)
