"""Pages printed to PDF by a browser that is already there: Chromium without network, scripts or a window."""

import logging
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import HarnessError
from autograder.text import plain

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
_CHANNELS = ("chrome", "msedge")  # where these are installed and not in PATH, as on macOS and Windows
_TIMEOUT = 120_000  # milliseconds, to start, or to load the page of a whole class, on a busy machine
_PATIENCE = 600.0  # seconds for a page; that of 300 students needs some ten
_ARGUMENTS = ["--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"]
_WIDTH, _HEIGHT = 658, 980  # CSS pixels that the template's margins leave of A4
_MESSAGE_LIMIT = 300

# What is wider than the page would end at its edge, and an answer longer than a page need not begin on a new one.
# This script is ours; none of the page's own can run.
_FIT = """pageHeight => {
    for (const answer of document.querySelectorAll(".answer")) {
        const room = answer.clientWidth - 16;
        for (const wide of answer.querySelectorAll(".formula math, table")) {
            if (wide.tagName == "TABLE") wide.classList.toggle("crammed", wide.offsetWidth > 2 * room);
            const width = wide.getBoundingClientRect().width;
            if (width > room) wide.style.zoom = room / width;
        }
    }
    for (const section of document.querySelectorAll("section"))
        if (section.offsetHeight > pageHeight) section.style.breakInside = "auto";
}"""


class NoBrowserError(HarnessError):
    """There is no browser to print with, or none that starts."""


class Printer:
    """Prints pages one after the other in one tab, and in another browser's if that one breaks; see `printer`."""

    def __init__(self, chromium: "BrowserType"):
        self._chromium = chromium
        self._tab: Page | None = None
        self._start()

    def pdf(self, page: str) -> bytes:
        """`page`, which is HTML, on A4 with bookmarks; nothing in it runs, and nothing is fetched for it.

        Raises:
            HarnessError: the browser gave up on it.
        """
        from playwright.sync_api import Error

        try:
            tab = self._tab = self._tab or self._open_tab()
            with _ended_after(_PATIENCE, self._process):
                tab.set_content(page)
                tab.evaluate(_FIT, _HEIGHT)
                return tab.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
        except Error as error:
            self._tab = None
            raise HarnessError(f"The browser could not print it ({_first_line(error)}).") from error

    def close(self) -> None:
        self._browser.close()

    def _start(self) -> None:
        from playwright.sync_api import Error

        self._browser = _start(self._chromium)
        try:
            processes = self._browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        except Error as error:
            raise NoBrowserError(f"The browser ended as soon as it was started ({_first_line(error)}).") from error
        self._process = next(int(process["id"]) for process in processes if process["type"] == "browser")

    def _open_tab(self) -> "Page":
        if not self._browser.is_connected():
            self._start()
        context = self._browser.new_context(
            java_script_enabled=False,
            offline=True,
            service_workers="block",
            viewport={"width": _WIDTH, "height": _HEIGHT},
        )
        context.set_default_timeout(_TIMEOUT)
        context.route("**/*", lambda route: route.abort())
        tab = context.new_page()
        tab.emulate_media(media="print")
        return tab


@contextmanager
def printer() -> Iterator[Printer]:
    """A browser for as many pages as there are.

    Raises:
        NoBrowserError: the message says what to do about it.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise NoBrowserError(f"PDFs need {error.name}: pip install -e '.[notebook]', and run it again.") from error
    # ^C ends Playwright's own process too, which it then deplores in lines of its own.
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    with sync_playwright() as playwright:
        press = Printer(playwright.chromium)
        try:
            yield press
        finally:
            press.close()


@contextmanager
def _ended_after(seconds: float, process: int) -> Iterator[None]:
    """Printing knows no time limit; when its browser ends, it ends with an error."""
    timer = threading.Timer(seconds, _end, [process])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(process: int) -> None:
    with suppress(OSError):
        os.kill(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def _start(chromium: "BrowserType") -> "Browser":
    from playwright.sync_api import Error

    found = [path for path in map(shutil.which, _NAMES) if path]
    if Path(chromium.executable_path).exists():
        found.append(chromium.executable_path)
    places: list[dict[str, Any]] = [{"executable_path": path} for path in found]
    # Root cannot have Chromium's sandbox, nor can whom the kernel gives no namespaces; the pages hold no script, no
    # picture and no font that it would keep in.
    sandboxes = [False] if os.name == "posix" and os.geteuid() == 0 else [True, False]
    faults = []
    for place in [*places, *({"channel": channel} for channel in _CHANNELS)]:
        for sandbox in sandboxes:
            try:
                return chromium.launch(**place, chromium_sandbox=sandbox, args=_ARGUMENTS, timeout=_TIMEOUT)
            except Error as error:
                faults.append(_first_line(error))
    if found:
        raise NoBrowserError(f"{found[0]} does not start ({faults[0]}). Mend it, or install another Chromium.")
    raise NoBrowserError(
        "No browser was found to make PDFs with. Install one (on Debian or Ubuntu `apt-get install chromium "
        "fonts-dejavu`, elsewhere `python -m playwright install chromium`) and run the same command again."
    )


def _first_line(error: Exception) -> str:
    return plain(str(error).strip().partition("\n")[0], _MESSAGE_LIMIT)
