"""The page that a student gets, in a real browser: by day and night, on a phone, by keyboard, on paper.

Needs Chromium, and poppler's pdftotext to read what was printed: `apt-get install chromium poppler-utils`.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DARK, DESK, LIGHT, PHONE, Open
from playwright.sync_api import Page
from student_reports import HINT, SCRIPT, hostile, of_every_kind

from autograder.report.student import student_page

LONG = "W" * 400  # no place to break it


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(student_page(of_every_kind()), "utf-8")
    return path


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_the_page_opens_everywhere_and_never_scrolls_sideways(page: Path, open_page: Open, scheme, viewport) -> None:
    """With no error and no request, in both schemes; what is too wide scrolls in a place of its own."""
    for source in (of_every_kind(), hostile(of_every_kind(), LONG)):
        page.write_text(student_page(source), "utf-8")
        tab = open_page(page, scheme, viewport)
        assert tab.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert tab.locator("h1").is_visible() and tab.locator(".listing [role=region]").is_visible()
        light = tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert light == (scheme == LIGHT)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_axe_finds_no_serious_fault(
    page: Path, open_page: Open, faults_of_access: Callable[[Page], list[str]], scheme
) -> None:
    """In both schemes, with every question open."""
    tab = open_page(page, scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert not faults_of_access(tab)


def test_a_question_opens_by_keyboard_and_a_listing_is_reached(page: Path, open_page: Open) -> None:
    """Tab goes from link to question to listing; Enter opens."""
    tab = open_page(page)
    reached = []
    for _ in range(10):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.tagName + ' ' + document.activeElement.textContent.trim()"))
        if reached[-1].startswith("SUMMARY Gradient descent"):
            assert not tab.locator("#question-sgd ul").is_visible()
            tab.keyboard.press("Enter")
    assert reached[0].startswith("A ") and tab.locator("#question-sgd ul").is_visible()
    assert any(each.startswith("DIV") and "class Adam" in each for each in reached)


def test_a_link_leads_to_its_question(page: Path, open_page: Open) -> None:
    """From the things to fix, the page goes there."""
    tab = open_page(page, viewport=PHONE)
    tab.locator(".things a", has_text="Momentum").click()
    assert tab.locator("#question-momentum summary").bounding_box()["y"] < PHONE["height"] / 2


def test_what_is_closed_on_the_screen_is_on_paper(page: Path, open_page: Open, tmp_path: Path) -> None:
    """The whole of every question, answer and listing, in dark text though the screen is dark."""
    tab = open_page(page, DARK)
    assert not tab.locator("#question-sgd ul").is_visible()
    pdf = tmp_path / "report.pdf"
    tab.pdf(path=pdf, format="A4")
    printed = " ".join(subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True)
                       .stdout.split())  # fmt: skip
    for words in ("The loss follows.", "Lookahead is not written yet.", "Two *scales*. So it is.", HINT[:40],
                  "y" * 20, "82 pass", "expected 0.5, got 0.25"):  # fmt: skip
        assert words in printed, words
    assert printed.count("pass") >= 40, "a long listing is printed to its end"


def test_a_script_in_anybody_s_words_stays_text(page: Path, open_page: Open) -> None:
    """It is read as it was written, and nothing runs: a dialog would fail this test."""
    page.write_text(student_page(hostile(of_every_kind())), "utf-8")
    tab = open_page(page)
    assert SCRIPT in tab.locator("h1").inner_text()
    assert tab.locator("script, img").count() == 0 and tab.locator("#question-adam .message").count() > 2
