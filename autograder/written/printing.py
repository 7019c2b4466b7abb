"""Documents written as PDFs, or as HTML where nothing prints them."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import HarnessError
from autograder.written.browser import NoBrowserError, Printer, printer
from autograder.written.pages import Document, page

Plan = Sequence[tuple[str, Callable[[], Document]]]  # a file's path without suffix, and how to make what goes into it


@dataclass(frozen=True)
class Printed:
    """How many files there are of each kind; why single ones were not printed; why none was, or ""."""

    pdfs: int
    pages: int
    faults: tuple[str, ...]
    unprinted: str


def print_all(folder: Path, plan: Plan, on_file: Callable[[int, int], None]) -> Printed:
    """Write a PDF for each document of `plan` below `folder`, or a page of HTML in its place.

    Raises:
        OSError: one cannot be written.
    """
    press, unprinted, pdfs, faults = None, "", 0, []
    with ExitStack() as stack:
        try:
            press = stack.enter_context(printer())
        except NoBrowserError as error:
            unprinted = str(error)
        for done, (name, make) in enumerate(plan, 1):
            fault = _write(folder / name, page(make()), press)
            if fault:
                faults.append(f"{name}.pdf: {fault} {name}.html stands in for it.")
            pdfs += press is not None and not fault
            on_file(done, len(plan))
    return Printed(pdfs, len(plan) - pdfs, tuple(faults), unprinted)


def _write(path: Path, html: str, press: Printer | None) -> str:
    """Why the PDF could not be printed, or ""; without a printer, it was not to be."""
    fault = ""
    if press is not None:
        try:
            _write_whole(path.with_name(f"{path.name}.pdf"), press.pdf(html))
            path.with_name(f"{path.name}.html").unlink(missing_ok=True)  # what stood in for it
            return ""
        except HarnessError as error:
            fault = str(error)
    _write_whole(path.with_name(f"{path.name}.html"), html.encode("utf-8", "backslashreplace"))
    return fault


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
