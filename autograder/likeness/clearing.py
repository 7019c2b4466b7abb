"""What an earlier call left in a run's folder goes."""

from pathlib import Path

from autograder.folder import LIKENESS, LIKENESS_PAGES


def clear(folder: Path) -> None:
    """Take away likeness.json and then its pages, so that it never leads to a page that is gone or another pair's.

    Raises:
        OSError: something cannot be taken away.
    """
    (folder / LIKENESS).unlink(missing_ok=True)
    for path in (folder / LIKENESS_PAGES).glob("*.html"):
        if path.stem.isdecimal():
            path.unlink()
