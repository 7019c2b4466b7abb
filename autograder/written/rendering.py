"""Answers made HTML in a process of its own, which is ended when one of them takes for ever.

Markdown is read with regular expressions, and for some texts these need hours.
"""

import multiprocessing
import signal
from dataclasses import dataclass
from multiprocessing.pool import Pool
from types import TracebackType
from typing import Self

from autograder.written import markup

_PATIENCE = 10.0  # seconds for an answer; the longest that anybody writes takes a tenth of one
_START = 120.0  # seconds for the process to be there, on a machine that has much else to do


@dataclass(frozen=True)
class Shown:
    """An answer fit to be put into a page.

    `left_out` counts the characters at its end that are not shown; `as_written` says that it could not be read as
    markdown, and is shown as it was typed.
    """

    html: str
    left_out: int = 0
    as_written: bool = False


class Renderer:
    """Makes answers HTML, one after the other; a context manager."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._pool: Pool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def render(self, text: str) -> Shown:
        text, left_out = markup.cut(text)
        try:
            return Shown(self._ready().apply_async(markup.as_html, (text,)).get(self._patience), left_out)
        except multiprocessing.TimeoutError:
            self._stop()
        except Exception:  # what a parser raises at a text that it was not made for
            pass
        return Shown(markup.as_written(text), left_out, as_written=True)

    def _ready(self) -> Pool:
        if self._pool is None:
            self._pool = multiprocessing.get_context("spawn").Pool(1, _leave_interrupts_to_the_caller)
            self._pool.apply_async(markup.as_html, ("",)).get(_START)
        return self._pool

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool.join()
            self._pool = None


def _leave_interrupts_to_the_caller() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
