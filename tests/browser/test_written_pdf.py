"""PDFs of written answers as a real Chromium makes them: what is in them, and that nothing goes out or comes in.

Needs Chromium, and poppler's pdftotext to read what was printed: `apt-get install chromium poppler-utils`.
"""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import prose
import pytest

from autograder.errors import HarnessError
from autograder.written import browser
from autograder.written.browser import printer

CLASS = 30
PROSE = "The ravine has *two* scales: $\\lambda_{\\max} \\gg \\lambda_{\\min}$.\n\n$$\\frac{a}{b}$$\n\n"
HOSTILE = """</div></section></body><script>document.body.textContent = "owned"; fetch("{url}/script")</script>

<img src="{url}/img"> ![picture]({url}/picture) <link rel=stylesheet href="{url}/css"> <style>body {{ display: none }}

[link]({url}/link) $\\href{{{url}/href}}{{h}}$ <iframe src="{file}"></iframe> <object data="{file}"></object>

<meta http-equiv=refresh content="0; url={url}/refresh"> <base href="{url}"> <!-- and never closed

```
an open fence, $$ and an open formula \u202e
"""


class Web(ThreadingHTTPServer):
    """A server on this machine that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Web)
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prose.project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def written(root: Path, web: Web, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of a class of thirty; mallory's neighbours by name are lucy and nina."""
    folder = tmp_path_factory.mktemp("class")
    secret = folder / "secret.txt"
    secret.write_text("the secret of the file system")
    run = folder / "run"
    names = ["lucy", "mallory", "nina", *(f"student{number:02}" for number in range(CLASS - 4)), "zoe"]
    for name in names:
        prose.write_report(run, name, {"ravine": PROSE + f"Thus spoke {name}.", "spikes": f"{name} on spikes. " * 100})
    prose.write_report(run, "mallory", {i: HOSTILE.format(url=web.url, file=secret.as_uri()) for i in prose.QUESTIONS})
    prose.write_report(run, "zoe", None)
    done = prose.export(root, run, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert f"{CLASS + 2} PDFs in" in done.stderr
    return folder / "written"


def words(pdf: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True)
    return done.stdout


def bookmarks(pdf: Path) -> list[str]:
    done = subprocess.run(["pdftohtml", "-xml", "-i", "-stdout", pdf], capture_output=True, text=True, check=True)
    return re.findall(r"<item [^>]*>([^<]*)</item>", done.stdout)


def test_every_student_and_every_question_has_a_pdf(written: Path) -> None:
    """Thirty files by student and one a question, on A4, and no page of HTML left."""
    assert len([*written.glob("students/*.pdf")]) == CLASS
    assert {path.stem for path in written.glob("questions/*.pdf")} == {*prose.QUESTIONS}
    assert not [*written.rglob("*.html")] and not [*written.rglob(".*")]
    info = subprocess.run(
        ["pdfinfo", written / "questions" / "ravine.pdf"], capture_output=True, text=True, check=True
    ).stdout
    assert "(A4)" in info and re.search(r"JavaScript:\s+no", info)


def test_a_question_holds_the_class_in_order(written: Path) -> None:
    """Each answer below its student's name, with room for the score, and a bookmark to find it."""
    text = words(written / "questions" / "ravine.pdf")
    spoken = re.findall(r"Thus spoke (\w+)\.", text)
    assert spoken == sorted(spoken) and len(spoken) == CLASS - 2
    assert text.count("/3") + text.count("/ 3") >= CLASS and "No answer. Nothing in the submission" in text
    assert bookmarks(written / "questions" / "ravine.pdf") == ["Why does it zigzag?", "lucy", "mallory", "nina",
                                                               *sorted(spoken)[2:], "zoe"]  # fmt: skip


def test_formulas_are_drawn(written: Path) -> None:
    """No dollars and no commands are left of LaTeX, but letters."""
    text = words(written / "students" / "lucy.pdf")
    assert "\\frac" not in text and "$" not in text and "max" in text


def test_a_hostile_answer_is_text_and_reaches_nobody_else(written: Path) -> None:
    """Script, comment, fence and closing tags are read as words; the next student's answer comes after as ever."""
    text = words(written / "questions" / "ravine.pdf")
    for shown in ("<script>document.body", "and never closed", "an open fence", "</section></body>", "<iframe src="):
        assert shown in text
    assert text.index("and never closed") < text.index("Thus spoke nina")
    assert "secret of the file" not in text and "\u202e" not in text


def test_nothing_leaves_the_machine(written: Path, web: Web) -> None:
    """Not one request came of pictures, styles, scripts, frames or links in an answer."""
    assert written.is_dir() and web.asked == []


def test_a_page_of_raw_markup_can_do_nothing_either(web: Web, tmp_path: Path) -> None:
    """Were all of the sanitising to fail, the browser would still run, load and read nothing."""
    (tmp_path / "secret.txt").write_text("the secret of the file system")
    page = HOSTILE.format(url=web.url, file=(tmp_path / "secret.txt").as_uri()).partition("<style>")[0]
    with printer() as press:
        (tmp_path / "page.pdf").write_bytes(press.pdf(f"<p>before {page} <p>after"))
        (tmp_path / "next.pdf").write_bytes(press.pdf("<p>the next one"))
    assert "before" in words(tmp_path / "page.pdf") and "owned" not in words(tmp_path / "page.pdf")
    assert "secret" not in words(tmp_path / "page.pdf") and words(tmp_path / "next.pdf").strip() == "the next one"
    assert web.asked == []


def test_wide_answers_are_made_to_fit_and_others_keep_their_size(root: Path, tmp_path: Path) -> None:
    """The last term of a long formula and the last column of a wide table are on the page; one student's width
    changes nobody else's letters."""
    terms = "+".join(f"x_{{{number}}}" for number in range(40))
    columns = "|".join(f"column{number}" for number in range(14))
    table = f"|{columns}|\n|{'-|' * 14}\n|{columns}|"
    prose.write_report(tmp_path / "run", "wide", {"ravine": f"$${terms} + \\text{{the end}}$$\n\n{table}"})
    prose.write_report(tmp_path / "run", "zoe", {"ravine": "narrow words"})
    assert prose.export(root, tmp_path / "run", "--out", tmp_path).returncode == 0
    done = subprocess.run(
        ["pdftotext", "-bbox", tmp_path / "written" / "questions" / "ravine.pdf", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    boxes = re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>', done.stdout
    )
    edges = {word: float(right) for _, _, right, _, word in boxes}
    assert max(edges.values()) <= 595 - 49 and "end" in edges and "column13" in edges
    heights = {word: float(bottom) - float(top) for _, top, _, bottom, word in boxes}
    assert heights["narrow"] > 11


def test_a_browser_that_breaks_is_replaced(tmp_path: Path) -> None:
    """What it was printing is said to have failed; the next page has another browser."""
    with printer() as press:
        assert press.pdf("<p>one").startswith(b"%PDF")
        press._browser.close()
        with pytest.raises(HarnessError, match="could not print"):
            press.pdf("<p>two")
        assert press.pdf("<p>three").startswith(b"%PDF")


def test_a_page_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs its time limit and its browser, and the next page has another."""
    monkeypatch.setattr(browser, "_PATIENCE", 5.0)
    with browser.printer() as press:
        assert press.pdf("<p>one").startswith(b"%PDF")
        with pytest.raises(HarnessError, match="could not print"):
            press.pdf("<p>" + "x<u>" * 20_000)
        assert press.pdf("<p>two").startswith(b"%PDF")


def test_a_browser_that_does_not_start_is_named(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are there as HTML, and the sentence says which browser it was."""
    (tmp_path / "chromium").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    prose.write_report(tmp_path / "run", "ada", {"ravine": "words"})
    done = prose.export(root, tmp_path / "run", "--out", tmp_path)
    assert done.returncode == 1 and f"{tmp_path / 'chromium'} does not start" in done.stderr
    assert (tmp_path / "written" / "students" / "ada.html").exists()


def test_the_tools_are_there() -> None:
    """Without them the tests above would say nothing."""
    assert shutil.which("pdftotext") and shutil.which("pdftohtml")
