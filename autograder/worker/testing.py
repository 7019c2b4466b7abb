"""Runs a student's own tests, with pytest, on one variant of what they are tests of.

It knows neither whether that is right nor which one it is.  What comes out is one bit that counts, whether the tests
failed, and for the student's eyes the first failure, described as any other exception.
"""

import importlib
import os
import pickle
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Literal

import _pytest.config
import cloudpickle  # noqa: F401 - what is planted is made by its functions
import pytest

from .serve import describe, write_files

# Parts of pytest that write, print or wait for somebody, and such as a test has no use for and a start takes time.
_WITHOUT = frozenset(
    """
    terminal cacheprovider faulthandler logging warnings unraisableexception threadexception pastebin junitxml
    stepwise setuponly setupplan doctest legacypath terminalprogress
    """.split()  # noqa: SIM905 - names, not a list to be computed with
)
for _part in _pytest.config.default_plugins:  # or each worker would, since pytest imports them when it starts
    if _part not in _WITHOUT:
        importlib.import_module(f"_pytest.{_part}")
_NOTHING_FAILED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Make the modules, write the student's files, run the tests in `file` until one fails.

    The result: `tests`, how many there are; `failed`; of the first failure `test`, its name (none where the file
    itself failed), and `error` as in any reply.
    """
    _plant(pickle.loads(request["modules"]))  # the grader's own, and nothing of the student's has run yet
    write_files(request["files"])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    record = _Record()
    here = ["-c", os.devnull, "--rootdir", os.getcwd(), "--confcutdir", os.getcwd()]
    code = pytest.main([*here, "-sx", *(f"-pno:{name}" for name in _WITHOUT), request["file"]], [record])
    error = record.error and describe(record.error)
    return {"tests": record.tests, "failed": code not in _NOTHING_FAILED, "test": record.test, "error": error}


def _plant(modules: Mapping[str, Mapping[str, Any]]) -> None:
    """Have an import of each module find these contents."""
    for name, contents in modules.items():
        module = ModuleType(name)
        vars(module).update(contents)
        sys.modules[name] = module


class _Record:
    """What pytest reports of the first failure."""

    def __init__(self) -> None:
        self.tests = 0
        self.test = ""
        self.error: BaseException | None = None

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        self.tests += 1

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """A report without the listing that pytest would write for nobody, which takes longer than most tests."""
        assert call.when != "collect"
        skipped = call.excinfo is not None and isinstance(call.excinfo.value, pytest.skip.Exception)
        outcome: Literal["passed", "failed", "skipped"]
        outcome = "passed" if call.excinfo is None else "skipped" if skipped else "failed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)

    def pytest_exception_interact(self, node: Any, call: pytest.CallInfo[Any]) -> None:
        assert call.excinfo
        error = call.excinfo.value
        wrapped = isinstance(error, pytest.Collector.CollectError) and (error.__cause__ or error.__context__)
        self._note(wrapped or error, str(getattr(node, "originalname", None) or ""))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._note(excinfo.value)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        self._note(excinfo.value)
        return True  # or pytest would print its own traceback

    def _note(self, error: BaseException, test: str = "") -> None:
        if self.error is None:
            self.error, self.test = error, test
