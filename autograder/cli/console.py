"""Where everything that is printed goes through, and what all commands share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from autograder.errors import AutograderError, UsageError
from autograder.text import plain

_TEXT_LIMIT = 4000
GRADED, NEEDS_STAFF, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


class _Console(Console):
    """A console whose reader may go away (`| head`, a closed terminal, a full disk): what counts goes on."""

    def print(self, *objects: Any, **options: Any) -> None:
        try:
            super().print(*objects, **options)
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


class Device(StrEnum):
    """auto: a CUDA device where there is one; cpu; cuda."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


DeviceOption = Annotated[
    Device, typer.Option(help="Where networks are trained. **auto**: on a CUDA device where there is one.")
]


@contextmanager
def exit_codes(interrupted: str = "Interrupted. Nothing was written.") -> Iterator[None]:
    """Turn our errors into a sentence and an exit code."""
    try:
        yield
    except AutograderError as error:
        fail(str(error), WRONG_USAGE if isinstance(error, UsageError) else NEEDS_STAFF)
    except KeyboardInterrupt:
        fail(interrupted, INTERRUPTED)


def fail(message: str, code: int) -> NoReturn:
    err.print(f"[red]Error:[/red] {shown(message, lines=True)}")
    raise typer.Exit(code)


def shown(text: str, lines: bool = False) -> str:
    """`text` that somebody else wrote, without power over a terminal or over our own markup."""
    return escape(plain(text, _TEXT_LIMIT, lines))
