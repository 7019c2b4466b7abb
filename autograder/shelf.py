"""What the lab's own code computes, kept on disk: the same lab on the same machine need not do it anew each time.

A book is a tree of dicts, lists, tensors and numbers in torch's own file format, read as data alone.  It lies in the
user's cache folder below a key that says all that decides its bits; books of older keys are thrown away.
"""

import contextlib
import hashlib
import platform
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from autograder.lab import ROOT, Lab, digest_files
from autograder.machine import processor

_KEPT = 2  # keys: a lab under work goes back and forth


class Shelf:
    """Where the books of one lab and one kind lie; a shelf that cannot be read or written is an empty one.

    Args:
        kind: what the books hold, a folder's name.
        code: the files of ours that make them.
    """

    def __init__(self, lab: Lab, kind: str, code: Iterable[Path]):
        import pooch

        self._folder = Path(pooch.os_cache("dl-lab-grader")) / kind / lab.name / _key(lab, code)

    def get(self, name: str) -> dict[str, Any] | None:
        try:
            book: dict[str, Any] = torch.load(self._folder / f"{name}.pt", mmap=True, weights_only=True)
            return book
        except Exception:  # missing, cut short, or somebody else's
            return None

    def put(self, name: str, book: dict[str, Any]) -> None:
        part = self._folder / f".{name}.{secrets.token_hex(6)}.part"  # containers that share it all have process 1
        with contextlib.suppress(OSError):
            if not self._folder.exists():
                self._folder.mkdir(parents=True)
                self._throw_away_older()
            torch.save(book, part)
            part.replace(self._folder / f"{name}.pt")

    def _throw_away_older(self) -> None:
        keys = sorted(self._folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for folder in keys[_KEPT:]:
            shutil.rmtree(folder, ignore_errors=True)


def _key(lab: Lab, code: Iterable[Path]) -> str:
    machine = platform.machine(), torch.backends.cpu.get_cpu_capability(), platform.processor(), processor()[0]
    parts = (lab.digest, digest_files(ROOT, code), torch.__version__, *machine)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
