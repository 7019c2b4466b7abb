"""The instructor's own code in a student's place: in this process, with a time limit, every answer made afresh."""

import contextlib
import io
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, SimpleNamespace
from typing import Any, NoReturn

import torch

from autograder.errors import Raised, StudentError, Verdict
from autograder.inprocess import InProcess
from autograder.judge import Check, CheckResult, Judge
from autograder.reference import run_afresh


class TooLongError(BaseException):
    """A call did not end in time; no `except Exception` of the code that hangs stops it."""


class Impersonator(InProcess):
    """Answers with some modules of the lab in a student's place.

    Args:
        modules: as `Reference.modules`.
        seconds: that one call may take.
    """

    def __init__(self, modules: SimpleNamespace, seconds: float):
        self._modules, self._seconds = modules, seconds

    def place(self, file: object, line: object) -> str:
        return ""

    def run(self, scenario: Callable[..., Any], inputs: Mapping[str, Any], expected_bytes: int = 0) -> Any:
        try:
            with _time_limit(self._seconds), torch.enable_grad(), _quiet():
                return run_afresh(self._modules, scenario, inputs).trace
        except TooLongError as error:
            raise StudentError(Verdict.TIMEOUT, f"No end after {self._seconds:g} s.") from error
        except Exception as error:
            raised = Raised(type(error).__name__, str(error))
            raise StudentError(Verdict.ERROR, f"{raised.type}: {raised.text}", raised) from error


def results(judge: Judge, checks: Sequence[Check], modules: SimpleNamespace, seconds: float) -> Iterator[CheckResult]:
    """What `checks` say of `modules`, one after the other."""
    return judge.judge(checks, Impersonator(modules, seconds))


@contextmanager
def _quiet() -> Iterator[None]:
    """What a variant prints, or is warned of, nobody has asked for."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        yield


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Of the main thread, which is the only one here."""
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _too_long(signum: int, frame: FrameType | None) -> NoReturn:
    raise TooLongError


@contextmanager
def importable(modules: SimpleNamespace) -> Iterator[None]:
    """For the time of an import, a lab's modules under their own names."""
    before = {name: sys.modules.get(name) for name in vars(modules)}
    sys.modules.update(vars(modules))
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
