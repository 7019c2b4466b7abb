"""What the page of a class of 1,000 costs: to make, and to open, sort and search in a headless Chromium.

`python benchmarks/pages.py`; it prints the figures and puts them into docs/benchmarks.md.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from notebooks import cost
from playwright.sync_api import Browser, Page, sync_playwright
from report import machine, write

from autograder.folder import INDEX
from autograder.lab import ROOT, Lab
from autograder.records import read_record
from autograder.report.board import Board
from autograder.report.remaking import remake

sys.path.append(str(ROOT / "tests" / "harness"))
from classes import clones
from runs import write_run

LAB = Lab.find("optimization")
SUBMISSIONS = ROOT / "tests" / "submissions"
SAMPLES = [path for kind in ("right", "wrong") for path in sorted((SUBMISSIONS / kind).iterdir()) if path.is_dir()][::8]
STUDENTS, ROUNDS = 1000, 7
COLUMNS = ["student", "score", "status", "lost", "mistakes", "look at", "time"]
# Until what was changed is painted: a frame begins after it, and the task after that frame.
PAINTED = "await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
SORT = f"""async (column) => {{
    const begun = performance.now();
    [...document.querySelectorAll("#table thead button")].find((each) => each.textContent === column).click();
    {PAINTED}
    return performance.now() - begun;
}}"""
SEARCH = f"""async (word) => {{
    const begun = performance.now();
    const box = document.getElementById("q");
    box.value = word;
    box.dispatchEvent(new Event("input"));
    {PAINTED}
    return performance.now() - begun;
}}"""


def graded(folder: Path) -> tuple[Path, float]:
    """A run of real submissions, by replay, and its CPU seconds a student."""
    command = [sys.executable, "grade.py", "run", *SAMPLES, "--out", folder, "--convergence", "replay"]

    def grade() -> None:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    grade()  # the reference is in the cache afterwards
    shutil.rmtree(folder)
    return folder, cost(grade)[0] / len(SAMPLES)


def in_batch(reports: Path, folder: Path) -> tuple[float, float]:
    """CPU seconds that a batch spends on its page when it ends, and on what it shows an onlooker once."""
    board = Board(folder, LAB, lambda name, why: sys.exit(f"{name}: {why}"), STUDENTS)
    used = 0.0
    for path in sorted(path for path in reports.iterdir() if path.is_dir()):
        report = read_record(path)
        assert report is not None
        used += cost(lambda path=path, report=report: board.add(path.name, report))[0]
    live = cost(board.open)[0]
    return used + cost(board.close)[0], live


def opened(browser: Browser, page: Path) -> tuple[Page, float, float]:
    """A tab, and seconds until all is painted: by our clock, and by the browser's since it began to navigate."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    begun = time.monotonic()
    tab.goto(page.as_uri())
    inside = tab.evaluate(f"async () => {{ {PAINTED} return performance.now(); }}")
    return tab, time.monotonic() - begun, inside / 1000


def measured(page: Path) -> dict[str, list[float]]:
    """Seconds of opening, milliseconds of sorting and searching; each of several times."""
    found: dict[str, list[float]] = {"wall": [], "inside": [], "sort": [], "search": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened(browser, page)[0].close()
        for _ in range(ROUNDS):
            tab, wall, inside = opened(browser, page)
            found["wall"].append(wall)
            found["inside"].append(inside)
            found["sort"] += [tab.evaluate(SORT, column) for column in COLUMNS * 2]
            found["search"] += [tab.evaluate(SEARCH, word) for word in ("student0", "student01", "")]
            tab.close()
    return found


def spread(values: list[float], digits: int, show: Callable[[list[float]], float] = max) -> str:
    return f"{median(values):.{digits}f} ({show(values):.{digits}f})"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        run, each = graded(root / "graded")
        reports = [report for path in sorted(run.iterdir()) if path.is_dir() and (report := read_record(path))]
        write_run(root / "class", list(clones(reports, STUDENTS)))
        again = cost(lambda: remake(root / "class", LAB, sys.exit))[0]
        (root / "batch").mkdir()
        batch, live = in_batch(root / "class", root / "batch")
        page = root / "class" / INDEX
        size, found = page.stat().st_size, measured(page)
    text = "\n".join(
        [
            machine(),
            "",
            f"| the page of a class of {STUDENTS:,}, its reports cloned from {len(SAMPLES)} real ones | |",
            "|---|--:|",
            f"| size, MB | {size / 1e6:.2f} |",
            f"| made by a batch when it ends, CPU s in all | {batch:.2f} |",
            f"| … of what grading such a class by replay takes ({each:.2f} CPU s a student) "
            f"| {batch / STUDENTS / each:.2%} |",
            f"| what an onlooker is shown each time (`--open`), CPU s with all {STUDENTS:,} there | {live:.2f} |",
            f"| made anew from the records with every student's page (`pages`), CPU s | {again:.1f} |",
            f"| opening it until it is painted, wall s: median (most) of {ROUNDS} | {spread(found['wall'], 2)} |",
            f"| … by the browser's own clock | {spread(found['inside'], 2)} |",
            f"| sorting by any column until it is painted, ms: median (most) of {len(found['sort'])} "
            f"| {spread(found['sort'], 0)} |",
            f"| a letter more to search for, ms: median (most) of {len(found['search'])} "
            f"| {spread(found['search'], 0)} |",
        ]
    )
    print(text)
    write(ROOT / "docs" / "benchmarks.md", text, "pages")


if __name__ == "__main__":
    main()
