"""Kept books: found again as they were, never trusted when damaged, few."""

import pytest
import torch

from autograder import shelf
from autograder.lab import Lab
from autograder.shelf import Shelf

LAB = Lab.find("optimization")
BOOK = {"losses": torch.arange(3.0), "state": torch.ones(2, 2)}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def shelf_of(lab):
    return Shelf(lab, "reference", [])


def books(cache):
    return sorted(cache.rglob("*.pt"))


def test_a_book_is_found_again_by_another_shelf_of_the_same_lab(cache):
    shelf_of(LAB).put("sgd-1", BOOK)
    found = shelf_of(LAB).get("sgd-1")
    assert found and all(torch.equal(found[name], BOOK[name]) for name in BOOK)
    assert shelf_of(LAB).get("sgd-2") is None and len(books(cache)) == 1


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_damaged_book_is_none(cache, content):
    """Empty, not a book at all, or cut short."""
    shelf_of(LAB).put("sgd-1", BOOK)
    (path,) = books(cache)
    path.write_bytes(path.read_bytes()[:-40] if content is None else content)
    assert shelf_of(LAB).get("sgd-1") is None


def test_another_lab_file_is_another_key(monkeypatch):
    """Whatever decides a run's bits: the lab's files, the code, torch, the processor."""
    shelf_of(LAB).put("sgd-1", BOOK)
    monkeypatch.setattr(torch, "__version__", "0.0")
    assert shelf_of(LAB).get("sgd-1") is None


def test_few_keys_are_kept(cache, monkeypatch):
    for version in ("1", "2", "3", "4"):
        monkeypatch.setattr(torch, "__version__", version)
        shelf_of(LAB).put("sgd-1", BOOK)
    assert len(books(cache)) == shelf._KEPT


def test_a_shelf_that_cannot_be_written_to_is_an_empty_one(cache):
    (cache / "dl-lab-grader").touch()
    shelf_of(LAB).put("sgd-1", BOOK)
    assert shelf_of(LAB).get("sgd-1") is None
