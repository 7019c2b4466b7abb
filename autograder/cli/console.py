"""Where everything that is printed goes through, and what all commands share."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

from autograder.errors import AutograderError, UsageError
from autograder.records import as_inert_json
from autograder.text import plain

_TEXT_LIMIT = 4000
_JSON_SCHEMA = 1  # of what `--json` prints
GRADED, NEEDS_STAFF, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


# What is piped is plain.  For these, rich and typer would colour it: rich looks at them when a console is made.
for _name in ("FORCE_COLOR", "PY_COLORS", "TTY_COMPATIBLE", "GITHUB_ACTIONS"):
    os.environ.pop(_name, None)


class _Console(Console):
    """A console whose reader may go away (`| head`, a closed terminal, a full disk): what counts goes on."""

    def print(self, *objects: Any, **options: Any) -> None:
        try:
            super().print(*objects, **options)
        except OSError:
            self.on_broken_pipe()

    def write(self, text: str) -> None:
        """Write `text` as it is, whether the console is quiet or not."""
        try:
            self.file.write(text)
            self.file.flush()
        except OSError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        self.quiet = True
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.file.fileno())  # or Python would try once more, and fail, as it exits
        os.close(null)


out = _Console(highlight=False, soft_wrap=True, emoji=False)  # or a student called :bomb: would go off
err = _Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


LabName = Annotated[str, typer.Option(help="A folder of assignments/.")]


def keep_stdout_for_json(wanted: bool = True) -> bool:
    """From now on nothing but `print_json` writes to stdout, if that is wanted."""
    out.quiet = wanted
    return wanted


JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=keep_stdout_for_json,
        help="Print the result as one JSON document, and nothing else to stdout.",
    ),
]


class Device(StrEnum):
    """auto: a CUDA device where there is one; cpu; cuda."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


DeviceOption = Annotated[
    Device, typer.Option(help="Where networks are trained. **auto**: on a CUDA device where there is one.")
]


def progress(*more: ProgressColumn) -> Progress:
    """A bar of what is done, where somebody looks, with the columns that it has `more`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *more)
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def print_json(content: Mapping[str, Any]) -> None:
    """Print `content`, which may bring a `schema` of its own, as the document that `--json` promises.

    Whatever a student wrote in it has no power over a terminal or a page.
    """
    out.write(as_inert_json({"schema": _JSON_SCHEMA, **content}) + "\n")


def heed_ends() -> None:
    """What ends a batch from outside ends it as ^C does, from now on."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup's
            signal.signal(number, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


@contextmanager
def exit_codes(interrupted: str = "Interrupted. Nothing was written.") -> Iterator[None]:
    """Turn our errors into a sentence and an exit code."""
    try:
        yield
    except AutograderError as error:
        fail(str(error), WRONG_USAGE if isinstance(error, UsageError) else NEEDS_STAFF)
    except KeyboardInterrupt:
        err.print(interrupted)
        raise typer.Exit(INTERRUPTED) from None


def note(notice: str) -> None:
    """Say something on the way that stops nothing."""
    err.print(f"[yellow]Note:[/yellow] {shown(notice)}")


def fail(message: str, code: int) -> NoReturn:
    err.print(f"[red]Error:[/red] {shown(message, lines=True)}")
    raise typer.Exit(code)


def shown(text: str, lines: bool = False) -> str:
    """`text` that somebody else wrote, without power over a terminal or over our own markup."""
    return escape(plain(text, _TEXT_LIMIT, lines))
