"""The page that shows two submissions side by side, as a real Chromium shows it."""

import random
from pathlib import Path

import commands
import disguises
import pytest
import runs
from conftest import DARK, DESK, LIGHT, PHONE
from labs import write_files

from autograder.lab import Lab
from autograder.likeness.record import find_likeness

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's finder beside a copy of it with other names, in another order, whose author has an evil name."""
    root = tmp_path_factory.mktemp("alike")
    text = (commands.SAMPLES / "right" / "torch_style" / "lr_finder.py").read_text()
    copy = disguises.in_another_order(disguises.with_other_names(text, random.Random(1)), random.Random(2))
    entries = {}
    for name, content in (("ada", text), (EVIL, copy + "\n\nX = '</code><script>alert(2)</script>'\n")):
        write_files(root / name[:3], {"lr_finder.py": content})
        entries[name] = {"path": str(root / name[:3])}
    folder = runs.write_run(root / "run", [runs.report(name) for name in entries], entries)
    for name in entries:
        (folder / name / "report.html").write_text("<!doctype html><title>report</title>")
    find_likeness(folder, Lab.find("optimization"))
    return folder / "likeness" / "1.html"


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_can_be_read_by_everybody(page, open_page, faults_of_access, scheme, viewport):
    """No fault of access, in both schemes; on a phone nothing has to be moved sideways."""
    tab = open_page(page, scheme, viewport)
    assert faults_of_access(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.locator("h1").inner_text().count(EVIL) == 1


def test_a_number_leads_to_the_other_side(page, open_page):
    """A click on a passage's number brings the same number of the other side into view, and back."""
    tab = open_page(page)
    tab.locator("#a2").click()
    assert tab.evaluate("location.hash") == "#b2" and tab.locator("#b2").is_visible()
    tab.locator("#b2").click()
    assert tab.evaluate("location.hash") == "#a2"


def test_the_sides_stand_beside_each_other_where_there_is_room(page, open_page):
    """… and below each other on a phone."""
    for viewport, beside in ((DESK, True), (PHONE, False)):
        one, other = (side.bounding_box() for side in open_page(page, LIGHT, viewport).locator(".side").all())
        assert one and other and (one["y"] == other["y"]) == beside


def test_both_reports_are_linked(page, open_page):
    """The links lead to the folders of both, whatever they are called."""
    tab = open_page(page)
    for side in tab.locator(".side").all():
        href = side.get_by_role("link", name="Report").evaluate("link => link.href")
        assert Path(tab.evaluate("href => decodeURIComponent(new URL(href).pathname)", href)).exists()
