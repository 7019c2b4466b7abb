"""A lab's files as modules: `lab.optimizers`, `lab.schedulers`, …, imported from flat folders when first asked for."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace


class LabModules:
    """Attribute access imports the module of that name; the folders must be on `sys.path`."""

    def __getattr__(self, name: str) -> ModuleType:
        if name.startswith("_"):
            raise AttributeError(name)
        module = importlib.import_module(name)
        setattr(self, name, module)
        return module


def load(folders: Sequence[str], names: Sequence[str]) -> SimpleNamespace:
    """Import the modules `names` from `folders`, whatever else goes by those names, and leave no trace of it."""
    with _importing_from(folders, names):
        return SimpleNamespace(**{name: importlib.import_module(name) for name in names})


@contextmanager
def _importing_from(folders: Sequence[str], names: Sequence[str]) -> Iterator[None]:
    hidden = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    path = sys.path.copy()
    sys.path[:0] = folders
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)
