"""The page of a class: what stands in its numbers, and that nothing in a student's data is more than text."""

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import classes
import commands
import labs
import pytest
import runs

from autograder.report.board import Board
from autograder.report.live import NAME as LIVE

Data = dict[str, Any]
HOSTILE = "</script><script>alert(1)</script><!--\u202e\x1b[31m"
SHA = "ab" * 32
OTHER = "cd" * 32


class _Page(HTMLParser):
    """The scripts of a page, by their attributes, and its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "script":
            self.scripts.append((found, ""))
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.scripts:
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)


def page_of(folder: Path) -> _Page:
    return _Page((folder / "index.html").read_text("utf-8"))


def data_of(folder: Path) -> Data:
    """What the page shows, read as the browser does."""
    (data,) = (text for attributes, text in page_of(folder).scripts if attributes.get("type") == "application/json")
    found: Data = json.loads(data)
    return found


def student(data: Data, name: str) -> Data:
    (found,) = (student for student in data["students"] if student["name"] == name)
    return found


def made(folder: Path, *reports: Data) -> Data:
    """The data of the page that `pages` makes of these reports."""
    runs.write_run(folder, reports)
    done = commands.grade("pages", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(folder / "index.html")]
    return data_of(folder)


def written(report: Data, *, trace: str = "", names: tuple[str, ...] = (), hash: str = "") -> Data:
    """The report with a wrong first question of this trace and diagnosis, and a file of this hash."""
    diagnosis = {"kind": "mistake" if names else "unknown", "names": list(names), "text": "words"}
    report["questions"][0] |= {"fingerprint": trace, "diagnosis": diagnosis}
    report["files"] = [{"name": "optimizers.py", "hash": hash}]
    return report


def test_the_page_of_a_run_has_everybody_and_their_numbers(tmp_path):
    """Scores, verdicts, mean, median, histogram, pass rates: as the reports have them."""
    data = made(
        tmp_path,
        runs.report("ada"),
        runs.report("bob", adam=0),
        runs.report("eve", share=0.0, status="unreadable"),
        runs.report("zoe", status="needs staff", share=0.0),
    )
    assert [each["name"] for each in data["students"]] == ["ada", "bob", "eve", "zoe"]
    assert [each["score"] for each in data["students"]] == [100, 93, 0, 0]
    assert (data["scores"]["mean"], data["scores"]["median"]) == (48.25, 46.5)
    counts = [bin_["count"] for bin_ in data["scores"]["bins"]]
    assert (counts[0], counts[18], counts[19], sum(counts)) == (2, 1, 1, 4)
    (adam,) = (check for check in data["checks"] if check["question"] == "adam")
    assert (adam["passed"], adam["tried"], adam["asked"]) == (1, 2, 4), "neither eve nor zoe tried"
    place = data["checks"].index(adam)
    verdicts = [data["verdicts"][each["verdicts"][place]] for each in data["students"]]
    assert verdicts == ["passed", "failed", "not attempted", "needs staff"]
    assert student(data, "eve")["problem"] and data["progress"]["kind"] == "done"
    assert {place for reason in data["staff"] for place in reason["students"]} == {3}
    assert all(reason["why"] and reason["checks"] for reason in data["staff"])


def test_mistakes_are_counted_by_name_over_all_questions(tmp_path):
    """A mistake in two questions of one student counts as one student's, and each question is told."""
    reports = [written(runs.report(name, sgd=0), names=("BetasSwapped",)) for name in ("ada", "bob")]
    reports[0]["questions"][4]["diagnosis"] = reports[0]["questions"][0]["diagnosis"]
    (mistake,) = made(tmp_path, *reports)["mistakes"]
    assert mistake["name"] == "betas swapped" and mistake["students"] == [0, 1]
    assert mistake["questions"] == {"sgd": 2, "adam": 1}


def test_equal_files_are_flagged_unless_they_are_the_handouts(tmp_path):
    """Who shares a file is told with whom; a stub left as it was handed out, or an empty file, says nothing."""
    from autograder.report.resemblance import handed_out

    stubs = sorted(handed_out(runs.OPTIMIZATION))
    reports = [written(runs.report(name), hash=SHA) for name in ("ada", "bob", "eve")]
    reports += [
        written(runs.report(f"{name}{number}"), hash=stub) for number, stub in enumerate(stubs) for name in "yz"
    ]
    data = made(tmp_path, *reports)
    assert [(group["kind"], group["students"]) for group in data["groups"]] == [("same file", [0, 1, 2])]
    (flag,) = student(data, "bob")["flags"]
    assert flag["text"] == "optimizers.py: byte for byte as ada, eve handed in"
    assert len(stubs) > 5 and not student(data, "y0")["flags"]


def test_equal_wrong_answers_are_flagged_where_the_mistake_has_no_name(tmp_path):
    """Numbers that only one mistake makes are natural; wrong ones that nobody knows are for a person to look at."""
    named = [written(runs.report(name, sgd=0), trace=SHA, names=("BetasSwapped",)) for name in ("ada", "bob")]
    unknown = [written(runs.report(name, sgd=0), trace=OTHER) for name in ("eve", "zoe")]
    right = [written(runs.report(name), trace=SHA) for name in ("kim", "lou")]
    data = made(tmp_path, *named, *unknown, *right)
    assert [(group["kind"], group["what"]) for group in data["groups"]] == [("same wrong answers", "sgd")]
    assert {each["name"] for each in data["students"] if each["flags"]} == {"eve", "zoe"}


def test_pairs_that_were_found_alike_are_shown_with_their_page(tmp_path):
    """likeness.json's pairs become flags with a link; who is not in the class, or a link elsewhere, is left out."""
    pairs = [
        {"a": "ada", "b": "bob", "share": 0.93, "href": "likeness/ada-bob.html"},
        {"a": "ada", "b": "eve", "share": 0.8, "href": "javascript:alert(1)"},
        {"a": "ada", "b": "nobody", "share": 0.8, "href": ""},
        {"a": "broken"},
    ]
    (tmp_path / "likeness.json").write_text(json.dumps({"schema": 1, "pairs": pairs}))
    data = made(tmp_path, *map(runs.report, ("ada", "bob", "eve")))
    assert [(flag["href"], flag["text"][:14]) for flag in student(data, "ada")["flags"]] == [
        ("likeness/ada-bob.html", "93% alike with"), ("", "80% alike with"),
    ]  # fmt: skip


def test_links_lead_to_the_reports_whatever_a_folder_is_called(tmp_path):
    """Quotes, #, ?, %, spaces, other scripts and bytes that are no text: a link is relative and names the file."""
    names = ["=HYPERLINK(1)+cmd", "a\"b'c", "50%25 #1?x=y&z", "Ünï çøde", "javascript:alert(1)", "\udcff\udcfe"]
    data = made(tmp_path, *map(runs.report, names))
    hrefs = [each["href"] for each in data["students"]]
    assert all(re.fullmatch(r"[\w.~%-]+/report\.html", href) for href in hrefs)
    assert all(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + unquote_to_bytes(href))).is_file() for href in hrefs)
    targets = {unquote_to_bytes(href).rpartition(b"/")[0].decode("utf-8", "surrogateescape") for href in hrefs}
    assert targets == set(names)


def test_nothing_in_a_report_becomes_markup(tmp_path):
    """Names, messages, flags and mistakes stay data: two scripts, ours by its hash, and no character that hides."""
    report = written(runs.report("mallory", sgd=0, status="needs staff"), names=(HOSTILE,))
    report["student"] = HOSTILE
    report["flags"] = [{"kind": HOSTILE, "file": HOSTILE, "line": 1, "text": HOSTILE}]
    report["receipt"] = {"status": "intact", "packed_at": HOSTILE, "number": HOSTILE}
    for question in report["questions"]:
        for check in question["checks"]:
            check |= {"message": HOSTILE, "title": HOSTILE}
    runs.write_run(tmp_path, [runs.report("ada")])
    folder = tmp_path / "mallory"
    folder.mkdir()
    (folder / "report.json").write_text(json.dumps(report))
    assert commands.grade("pages", tmp_path).returncode == 0
    page = page_of(tmp_path)
    assert [attributes for attributes, _ in page.scripts] == [{"type": "application/json", "id": "data"}, {}]
    assert re.search(r"script-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'$", page.policy)
    text = (tmp_path / "index.html").read_text("utf-8")
    assert "\u202e" not in text and "\x1b" not in text and "alert(1)</" not in text
    assert "<script>alert(1)" in student(data_of(tmp_path), HOSTILE.replace("\u202e", r"\u202e").replace(
        "\x1b", r"\x1b"))["name"]  # fmt: skip


def test_the_scripts_hold_no_way_to_make_markup_of_data():
    """Not one innerHTML, eval or document.write in the page's own scripts."""
    for script in (commands.ROOT / "autograder" / "report" / "templates").glob("class*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|eval\(|Function\(|document\.write", script.read_text()
        )


def test_a_thousand_students_take_little_room(tmp_path):
    """The page of a large class stays small enough to be mailed."""
    assert len(list(classes.large_class(tmp_path, 1000).iterdir())) == 1001
    assert commands.grade("pages", tmp_path).returncode == 0
    assert len(data_of(tmp_path)["students"]) == 1000
    assert (tmp_path / "index.html").stat().st_size < 1_000_000


def test_pages_refuses_what_is_no_run_and_what_is_another_labs(tmp_path):
    """A folder that is not there is not made; one without reports of ours, or of another lab, is named."""
    missing = commands.grade("pages", tmp_path / "missing")
    assert missing.returncode == 2 and "does not exist" in missing.stderr and not (tmp_path / "missing").exists()
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "report.json").write_text(
        '{"schema": 1, "student": 1, "lab": 2, "key": 3, "status": 4, "questions": 5}'
    )
    assert "holds no report" in commands.grade("pages", tmp_path).stderr
    runs.write_run(tmp_path / "run", [runs.report("ada")])
    other = commands.grade("pages", tmp_path / "run", "--lab", "break_it")
    assert other.returncode == 2 and "pass --lab optimization" in other.stderr
    assert not (tmp_path / "run" / "index.html").exists()


def test_pages_shows_those_whom_the_lab_as_it_is_now_graded(tmp_path):
    """As grades.csv has it; where nobody is left, the run is an old one, and everybody is shown."""
    old = runs.report("old")
    old["lab"]["hash"] = "another version"
    assert [each["name"] for each in made(tmp_path / "old", old)["students"]] == ["old"]
    assert [each["name"] for each in made(tmp_path / "both", old, runs.report("new"))["students"]] == ["new"]


def test_a_page_that_cannot_be_made_costs_no_grade(tmp_path, monkeypatch):
    """The table is written; that the page is not is said once, whatever went wrong."""
    told: list[tuple[str, str]] = []
    board = Board(tmp_path, runs.OPTIMIZATION, lambda *words: told.append(words))
    report = runs.report("ada")
    report["files"] = 7
    board.add("ada", report)
    board.add("bob", report)
    (tmp_path / "index.html").mkdir()
    board.write_table()
    board.close()
    assert [name for name, _ in told] == ["index.html"] and "TypeError" in told[0][1]
    assert [row["student"] for row in runs.rows_of((tmp_path / "grades.csv").read_text())] == ["ada", "ada"]


WRONG = "class Answer:\n    def __init__(self, number=1):\n        self.value = 3.0 * number\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a tiny lab, and in RUN a class of it: ada is right and bob wrong."""
    root = runs.project(tmp_path_factory.mktemp("pages") / "project")
    for name, answer in {"ada": labs.REFERENCE, "bob": WRONG}.items():
        labs.write_files(root / "class" / name, {"answers.py": answer})
    done = runs.grade_in(root, "run", root / "class", "--out", "RUN", "--isolation", "local")
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == str(Path("RUN", "index.html")), done.stderr
    return root


def test_a_late_call_keeps_the_class_on_its_page(project):
    """The page shows whom grades.csv shows: who is kept, who is new, and who was graded by earlier calls."""
    assert {each["name"]: each["score"] for each in data_of(project / "RUN")["students"]} == {"ada": 4, "bob": 0}
    labs.write_files(project / "late" / "zoe", {"answers.py": WRONG})
    late = project / "late" / "zoe", project / "class" / "ada"
    done = runs.grade_in(project, "run", *late, "--out", "RUN", "--isolation", "local")
    assert done.returncode == 0, done.stderr
    assert [each["name"] for each in data_of(project / "RUN")["students"]] == ["ada", "bob", "zoe"]
    assert not [path.name for path in (project / "RUN").iterdir() if path.name in (LIVE, ".index.html.part")]


def test_a_regrade_that_is_written_changes_the_page(project):
    """index.html follows the records, as grades.csv does."""
    reference = project / "reference" / runs.NAME / "answers.py"
    reference.write_text(reference.read_text().replace("2 *", "3 *"))
    done = runs.grade_in(project, "regrade", "RUN", "--write", "--isolation", "local")
    assert done.returncode == 0 and done.stdout.splitlines()[-1].endswith("index.html"), done.stderr
    assert student(data_of(project / "RUN"), "bob")["score"] == 4
