"""Takes the pictures of README: a student's page and the class's, in light, in dark and on a phone.

    python docs/screenshots.py RUN STUDENT

RUN is the folder that `grade.py run` wrote to, as `make demo` does.  Needs Chromium.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent / "images"
DESK, PHONE = {"width": 1200, "height": 1000}, {"width": 390, "height": 844}
LOOKS = {"light": ("light", DESK), "dark": ("dark", DESK), "phone": ("light", PHONE)}


def main(run: Path, student: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for look in LOOKS:
            take(browser, run / "index.html", look, "class")
            take(browser, run / student / "report.html", look, "report")


def take(browser: Browser, page: Path, look: str, name: str) -> None:
    scheme, viewport = LOOKS[look]
    tab = browser.new_page(color_scheme=scheme, viewport=viewport)  # type: ignore[arg-type]
    tab.goto(page.resolve().as_uri())
    path = IMAGES / f"{name}-{look}.png"
    tab.screenshot(path=path)
    tab.close()
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
