"""The public checks in the lab's notebook: `check("adam", globals())`, or `grader.check("adam")` by way of Otter.

They are the very functions in test_*.py that `python -m pytest checks` runs. Here they find your classes and functions
in the notebook, where they would find them in your files.
"""

import contextlib
import inspect
import io
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from textwrap import dedent, indent
from types import FrameType
from typing import Any

CHECKS = Path(__file__).resolve().parent
HANDOUT = CHECKS.parent
FINDERS = {"optimizers", "schedulers", "lr_finder", "training"}  # what the checks ask for; see conftest.py
GIVEN = {"base.py", "model.py"}

_MESSAGE_LIMIT = 600
_FRAMES = _PRINTED_LINES = 3


@dataclass(frozen=True)
class Outcome:
    """How one check ended; `problem` is empty when it passed, and for a stub that is still empty it is `unwritten`."""

    promise: str
    problem: str = ""
    unwritten: bool = False


def check(question: str, namespace: Mapping[str, object]) -> None:
    """Try what `namespace` has for `question`: silence means that every check passed.

    Otherwise it says what is missing, or what the check promised and where your numbers first differ.
    """
    words = report(question, namespace)
    if words:
        print(words)


def start() -> Any:
    """Otter's grader for this notebook, for cells such as `grader.check("adam")`; it takes a moment, once.

    Without otter-grader, something that can do just that.
    """
    _take_a_first_step()
    try:
        from otter import Notebook
    except ModuleNotFoundError:
        return _Plain()

    class Grader(Notebook):  # type: ignore[misc]
        """Shows the words of `check`, without those that doctest puts around them."""

        def check(self, question: str, global_env: dict[str, Any] | None = None) -> Any:
            names = sys._getframe(1).f_globals if global_env is None else global_env
            if not (HANDOUT / "tests" / f"{question}.py").exists():
                return print(report(question, names))
            result = super().check(question, names)
            for case in result.test_case_results:
                words = case.message.partition("\nGot:\n")[2]
                if words:
                    case.message = dedent(words).rstrip()
            return result

    return Grader(tests_dir=str(HANDOUT / "tests"))


class _Plain:
    """What `grader` is where Otter is not installed."""

    def check(self, question: str) -> None:
        print(report(question, sys._getframe(1).f_globals) or f"{question}: every check passes.")


def report(question: str, namespace: Mapping[str, object]) -> str:
    """The words of `check`; "" when every check of `question` ran and passed."""
    try:
        functions = list(_checks_of(question))
    except Exception as error:
        fault = _cut(f"{type(error).__name__}: {error}")
        return f"The checks cannot be loaded ({fault}). They need base.py as you got it, torch, numpy and pytest."
    if not functions:
        return f"There is no check of a question called {question!r}, so nothing was tried."
    printed = io.StringIO()
    with _nothing_disturbed(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        outcomes = [_outcome(question, function, namespace) for function in functions]
    failed = [outcome for outcome in outcomes if outcome.problem]
    if not failed:
        return ""
    passed = len(outcomes) - len(failed)
    lines = [*_told(failed), f"{question}: {passed} of {len(outcomes)} checks pass."]
    output = printed.getvalue().splitlines()
    if output and passed < len(outcomes):
        lines += ["Your code printed, last:", *(f"    {line[:_MESSAGE_LIMIT]}" for line in output[-_PRINTED_LINES:])]
    return "\n".join(lines)


def names_a_stub(error: NotImplementedError) -> bool:
    """Whether a stub raised it, which names itself in one word; a sentence comes from PyTorch, and is an error."""
    return " " not in str(error)


def _told(failed: list[Outcome]) -> Iterator[str]:
    """What is missing, each once; then the promises that were broken, with the same problem said once."""
    yield from dict.fromkeys(outcome.problem for outcome in failed if outcome.unwritten)
    said = ""
    for outcome in failed:
        if not outcome.unwritten:
            yield f"✗ {outcome.promise}"
            yield "    (the same)" if outcome.problem == said else indent(outcome.problem, "    ")
            said = outcome.problem


def _checks_of(question: str) -> Iterator[Callable[..., object]]:
    """The functions called test_<question>, or test_<question>_…, in the order in which they are written."""
    if str(HANDOUT) not in sys.path:
        sys.path.insert(0, str(HANDOUT))
    for path in sorted(CHECKS.glob("test_*.py")):
        for name, function in vars(import_module(f"{__package__}.{path.stem}")).items():
            if inspect.isfunction(function) and f"{name}_".startswith(f"test_{question}_"):
                yield function


def _outcome(question: str, function: Callable[..., object], namespace: Mapping[str, object]) -> Outcome:
    import pytest

    promise = (inspect.getdoc(function) or function.__name__).partition("\n")[0]
    asked = list(inspect.signature(function).parameters)
    unknown = [name for name in asked if name not in FINDERS]
    if unknown:
        return Outcome(promise, f"not tried: it asks for {', '.join(unknown)}. Run `python -m pytest checks` for it.")
    try:
        function(**{name: _finder(namespace) for name in asked})
    except _Missing as missing:
        return Outcome(promise, str(missing), unwritten=True)
    except pytest.fail.Exception as failure:
        return Outcome(promise, _cut(str(failure.msg)))
    except pytest.skip.Exception as skipped:
        return Outcome(promise, f"not tried: {_cut(str(skipped.msg))}")
    except NotImplementedError as error:
        if names_a_stub(error):
            return Outcome(promise, f"Not written yet: {_cut(str(error) or question)}", unwritten=True)
        return Outcome(promise, _explained(error, namespace))
    except (Exception, SystemExit) as error:
        return Outcome(promise, _explained(error, namespace))
    return Outcome(promise)


class _Missing(Exception):
    """A name that a check asks for and the notebook lacks."""


def _finder(namespace: Mapping[str, object]) -> Callable[[str], object]:
    def find(name: str) -> object:
        if name not in namespace:
            kind = "class" if name[0].isupper() else "function"
            raise _Missing(f"There is no {kind} named {name} in this notebook yet: run the cell that defines it.")
        return namespace[name]

    return find


def _explained(error: BaseException, namespace: Mapping[str, object]) -> str:
    """The exception's own words, and where in the notebook it came from; else, which line of the check it met."""
    frames = list(traceback.walk_tb(error.__traceback__))
    own = [(frame, line) for frame, line in frames if _is_own(frame, namespace)]
    checks = [(frame, line) for frame, line in frames if Path(frame.f_code.co_filename).parent == CHECKS]
    last_frame, last_line = frames[-1]
    words = str(error)
    if isinstance(error, AssertionError) and (last_frame, last_line) in checks:
        return _cut(words or f"this does not hold: {_source(last_frame, last_line)}")
    summary = _cut(f"{type(error).__name__}: {words}" if words else type(error).__name__)
    if own:
        return "\n".join([summary, *(f"{_place(f, n)}: {_source(f, n)}" for f, n in own[-_FRAMES:])])
    _, *inside = checks  # the first is our own call
    return "\n".join([summary, *(f"in the check: {_source(f, n)}" for f, n in inside[:1])])


def _is_own(frame: FrameType, namespace: Mapping[str, object]) -> bool:
    """Whether the student wrote it, in a cell or in a file beside the notebook."""
    path = Path(frame.f_code.co_filename)
    return frame.f_globals is namespace or (path.parent == HANDOUT and path.name not in GIVEN)


def _place(frame: FrameType, line: int) -> str:
    name = frame.f_code.co_filename
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    number = getattr(getattr(shell, "compile", None), "_filename_map", {}).get(name)  # which In[…] a cell was
    return f"{f'cell [{number}]' if number is not None else Path(name).name}, line {line}"


def _source(frame: FrameType, line: int) -> str:
    return linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()[:_MESSAGE_LIMIT]


def _cut(text: str) -> str:
    return text if len(text) <= _MESSAGE_LIMIT else f"{text[:_MESSAGE_LIMIT]} …"


@contextlib.contextmanager
def _nothing_disturbed() -> Iterator[None]:
    """What a cell computes must not hang on which checks were run before it."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        yield


def _take_a_first_step() -> None:
    """PyTorch imports another second's worth of itself when an optimizer of its own is first made."""
    import torch

    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1).step()
