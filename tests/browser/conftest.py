"""A real Chromium, Debian's, in which pages are opened as a reader opens them: from their file.

A page that writes an error to its console, or asks anything of anybody, fails the test that opened it.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

LIGHT, DARK = "light", "dark"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 740}

Open = Callable[..., Page]


@pytest.fixture(scope="module")  # a thread has one Playwright at a time, and printing starts its own
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "These tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """`open_page(path, scheme="light", viewport=DESK)` is a tab that shows the file."""
    complaints: list[str] = []
    tabs: list[Page] = []

    def open_file(path: Path, scheme: str = LIGHT, viewport: Any = DESK) -> Page:
        tab = browser.new_page(color_scheme=scheme, viewport=viewport)  # type: ignore[arg-type]
        tabs.append(tab)
        tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda dialog: (complaints.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        tab.on("request", lambda request: _note_outside(request.url, path, complaints))
        tab.goto(path.resolve().as_uri())
        return tab

    yield open_file
    for tab in tabs:
        tab.close()
    assert not complaints


def _note_outside(url: str, path: Path, complaints: list[str]) -> None:
    if not url.startswith(("data:", path.resolve().parent.as_uri())):
        complaints.append(f"asked for {url}")


@pytest.fixture(scope="session")
def faults_of_access() -> Callable[[Page], list[str]]:
    """What axe-core calls serious or critical on a page, in a line each."""
    axe = Axe()

    def find(tab: Page) -> list[str]:
        violations = axe.run(tab).response["violations"]
        return [
            f"{found['id']}: {found['help']} ({found['nodes'][0]['html'][:200]})"
            for found in violations
            if found["impact"] in ("serious", "critical")
        ]

    return find
