"""The page of a class in a real browser: opened, sorted, filtered, looked at while its class is graded, printed."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import classes
import commands
import pytest
import runs
from conftest import DARK, DESK, LIGHT, PHONE, Open
from playwright.sync_api import Browser, Page, expect
from waiting import wait_for

COUNT = 1000
HOSTILE = '</script><script>alert("owned")</script><img src=x onerror=alert(1)>'
SAMPLES = ("right/update_hook", "right/numpy_inside", "wrong/adam_without_bias_correction", "broken/colon_forgotten",
           "wrong/sgd_rate_cached", "hostile/prints_a_score")  # fmt: skip
COLUMNS = ("student", "score", "status", "lost", "mistakes", "look at", "time")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a thousand students."""
    return page_of(classes.large_class(tmp_path_factory.mktemp("large"), COUNT))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a few: one hostile by name and by what is said of it, one who needs staff, one unreadable, two alike."""
    folder = tmp_path_factory.mktemp("small")
    mallory = runs.report(HOSTILE.replace("/", "∕"), sgd=0, status="needs staff")
    mallory["flags"] = [{"kind": HOSTILE, "file": "", "line": 1, "text": HOSTILE}]
    for question in mallory["questions"]:
        question["diagnosis"] = {"kind": "mistake", "names": [HOSTILE], "text": ""}
        for check in question["checks"]:
            check |= {"message": HOSTILE, "title": HOSTILE}
    wrong = [runs.report(name, adam=0) for name in ("ada", "bob")]
    for report in wrong:
        report["questions"][4] |= {
            "fingerprint": "ab" * 32,
            "diagnosis": {"kind": "unknown", "names": [], "text": "No known mistake matches."},
        }
    wrong[0]["receipt"] = {"status": "intact", "packed_at": "2026-02-03T10:15:00+01:00", "number": "1"}
    unreadable = runs.report("#1 50% ünï", share=0.0, status="unreadable")
    return page_of(runs.write_run(folder, [*wrong, unreadable, runs.report("zoe"), mallory]))


def page_of(folder: Path) -> Path:
    done = commands.grade("pages", folder)
    assert done.returncode == 0, done.stderr
    return folder / "index.html"


def data_of(page: Path) -> dict[str, Any]:
    text = page.read_text("utf-8").partition('<script type="application/json" id="data">')[2]
    found: dict[str, Any] = json.loads(text.partition("</script>")[0])
    return found


def names(tab: Page) -> list[str]:
    """Of the rows that are shown, from the top."""
    shown: list[str] = tab.eval_on_selector_all(
        "#table tbody tr", "rows => rows.filter(row => row.offsetParent).map(row => row.cells[0].textContent)"
    )
    return shown


def sort(tab: Page, column: str) -> str | None:
    """Click the column's heading; returns what it says of its order then."""
    tab.get_by_role("columnheader", name=column, exact=True).get_by_role("button").click()
    return tab.get_by_role("columnheader", name=column, exact=True).get_attribute("aria-sort")


def test_a_thousand_students_are_there_and_sort_by_every_column(large: Path, open_page: Open) -> None:
    """Every heading sorts one way and then the other, says so, and loses nobody; equal ones go by name."""
    tab = open_page(large)
    assert len(names(tab)) == COUNT and tab.locator("#count").inner_text() == f"{COUNT} students"
    for column in COLUMNS:
        first, second = sort(tab, column), sort(tab, column)
        assert {first, second} == {"ascending", "descending"}
        assert len(set(names(tab))) == COUNT
        assert tab.locator("[aria-sort]").count() == 1
    scores = {each["name"]: each["score"] for each in data_of(large)["students"]}
    assert sort(tab, "score") == "descending"
    assert names(tab) == sorted(scores, key=lambda name: (-scores[name], name))
    assert sort(tab, "score") == "ascending"
    assert names(tab) == sorted(scores, key=lambda name: (scores[name], name))


def test_filters_search_and_address_agree(large: Path, open_page: Open) -> None:
    """What is chosen narrows the table, is counted, stands in the address, and is there again for whoever opens it."""
    data = data_of(large)
    place = [question["id"] for question in data["questions"]].index("adam")
    worth = data["questions"][place]["points"]
    lost = {each["name"] for each in data["students"] if each["questions"][place] < worth}
    named = {data["students"][at]["name"] for at in data["mistakes"][0]["students"]}
    tab = open_page(large)
    tab.get_by_label("Lost points in").select_option("adam")
    assert set(names(tab)) == lost
    tab.locator("#mistake").select_option(data["mistakes"][0]["name"])
    assert set(names(tab)) == lost & named
    tab.get_by_label("Search").fill("STUDENT00")
    few = {name for name in lost & named if name.startswith("student00")}
    assert set(names(tab)) == few and f"{len(few)} of {COUNT} students" in tab.locator("#count").inner_text()
    sort(tab, "score")
    shown = names(tab)
    again = open_page(large)
    again.goto(tab.url)
    again.reload()
    assert names(again) == shown and again.get_by_label("Lost points in").input_value() == "adam"
    again.get_by_role("button", name="Clear").click()
    assert len(names(again)) == COUNT


def test_flags_and_mistakes_lead_to_their_students(small: Path, open_page: Open) -> None:
    """A click on a sign or on a mistake shows the students whom it is about; the others of a group are links."""
    tab = open_page(small)
    tab.locator("#flags").get_by_role("link", name="same wrong answers").click()
    assert names(tab) == ["ada", "bob"] and tab.url.endswith("#flag=same+wrong+answers")
    assert tab.locator("#flags").get_by_role("link", name="bob").get_attribute("href") == "bob/report.html"
    tab.locator("#mistakes a").first.click()
    assert len(names(tab)) == 1 and "script" in names(tab)[0]


def test_links_open_the_reports(small: Path, open_page: Open) -> None:
    """Also that of a folder whose name means something in an address."""
    tab = open_page(small)
    for name in ("#1 50% ünï", HOSTILE.replace("/", "∕")):
        tab.goto(small.as_uri())
        tab.locator("#table").get_by_role("link", name=name).click()
        expect(tab.locator("body")).to_contain_text(name)


def test_markup_in_names_and_messages_stays_text(small: Path, open_page: Open) -> None:
    """No element comes of a student's data, and its text is there to be read, in the table and in every list."""
    tab = open_page(small)
    assert tab.locator("img").count() == 0 and tab.locator("script").count() == 2
    for part in ("#table", "#staff", "#flags", "#mistakes"):
        assert "onerror=alert(1)" in tab.locator(part).inner_text()
    assert tab.locator("#packed, th.packed").first.is_visible()


def test_the_whole_table_goes_by_keyboard(small: Path, open_page: Open) -> None:
    """From the search to a heading to a report by Tab and Enter, and what has the focus keeps it."""
    tab = open_page(small)
    tab.get_by_label("Search").focus()
    tab.keyboard.type("ada")
    assert names(tab) == ["ada"]
    for _ in range(20):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.textContent") == "score":
            break
    tab.keyboard.press("Enter")
    assert tab.locator("th.score").get_attribute("aria-sort") == "descending"
    assert tab.evaluate("document.activeElement.textContent") == "score"
    for _ in range(20):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.textContent") == "ada":
            break
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert tab.url.endswith("/ada/report.html")


def test_the_map_follows_the_table_and_names_what_is_under_the_pointer(small: Path, open_page: Open) -> None:
    """As many lines as there are rows; a cell says student, verdict and check, and opens the report."""
    tab = open_page(small)
    heat = tab.locator("#heat")
    expect(heat).to_have_attribute("aria-label", re.compile("5 students"))
    tab.get_by_label("Search").fill("bob")
    expect(heat).to_have_attribute("aria-label", re.compile("1 student in"))
    place = [check["question"] for check in data_of(small)["checks"]].index("adam")
    heat.scroll_into_view_if_needed()
    heat.hover(position={"x": tab.evaluate(f"map.left + map.columns[{place}]") + 3, "y": 4})
    expect(tab.locator("#tip")).to_contain_text("bobfailed: What Adam")
    with tab.expect_navigation():
        heat.click(position={"x": 4, "y": 4})
    assert tab.url.endswith("/bob/report.html")


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_nothing_keeps_anybody_from_reading_it(
    scheme: str, small: Path, large: Path, open_page: Open, faults_of_access: Any
) -> None:
    """No serious fault of access in either scheme."""
    assert faults_of_access(open_page(small, scheme)) == []
    tab = open_page(large, scheme)
    tab.get_by_label("Search").fill("student00")
    assert faults_of_access(tab) == []


@pytest.mark.parametrize("viewport", [PHONE, DESK])
def test_no_page_scrolls_sideways(viewport: Any, small: Path, large: Path, open_page: Open) -> None:
    """On a phone and on a desk; wide things scroll in boxes of their own."""
    for page in (small, large):
        tab = open_page(page, viewport=viewport)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(tab.locator("#table tbody a").first).to_be_visible()


def test_printed_it_has_every_row_and_figure(large: Path, open_page: Open, tmp_path: Path) -> None:
    """The PDF holds all students, not those alone that the box on the screen has room for, in dark ink on white."""
    tab = open_page(large, DARK)
    tab.pdf(path=tmp_path / "class.pdf", print_background=True)
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "class.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert all(f"student{number:04}" in text for number in range(COUNT))
    assert text.count("look at") > 5, "the headings are on every page"
    for words in ("Scores", "Mistakes by name", "Verdicts", "Pass rates", "Time"):
        assert words in text or words == "Pass rates"


@pytest.fixture
def onlooker(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A tab, and what it complained of."""
    tab = browser.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab, complaints
    tab.close()


def test_rows_arrive_while_the_class_is_graded(tmp_path: Path, onlooker: tuple[Page, list[str]]) -> None:
    """`run --open`: the page is there from the start, fills, keeps what was chosen, and becomes the final one."""
    tab, complaints = onlooker
    out = tmp_path / "out"
    samples = [commands.SAMPLES / name for name in SAMPLES]
    process = commands.start("run", *samples, "--out", out, "--jobs", 1, "--open")
    wait_for(lambda: (out / "index.html").exists(), seconds=60)
    tab.goto(f"{(out / 'index.html').as_uri()}#sort=-score")
    expect(tab.locator("#state")).to_contain_text(f"Getting ready to grade {len(SAMPLES)}")
    expect(tab.locator("#state")).to_contain_text(f"of {len(SAMPLES)}", timeout=120_000)
    early = len(names(tab))
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    expect(tab.locator("#state")).to_contain_text(f"{len(SAMPLES)} students, as of", timeout=10_000)
    scores = [float(score) for score in tab.locator("#table tbody td.score").all_inner_texts()]
    assert 0 < early < len(SAMPLES) == len(scores) and scores == sorted(scores, reverse=True)
    assert not (out / ".live.js").exists() and not complaints


def test_after_control_c_the_onlooker_sees_what_was_graded(tmp_path: Path, onlooker: tuple[Page, list[str]]) -> None:
    """The final page says that the run was cut short, and takes the other's place by itself."""
    tab, complaints = onlooker
    out = tmp_path / "out"
    class_folder = commands.copies_of_reference(tmp_path / "class", 8)
    process = commands.start("run", class_folder, "--out", out, "--jobs", 1, "--open")
    wait_for(lambda: (out / "index.html").exists(), seconds=60)
    tab.goto((out / "index.html").as_uri())
    wait_for(lambda: len([*out.glob("*/report.json")]) >= 2, seconds=120)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130 and f"Open in a browser: {(out / 'index.html').as_uri()}" in errors
    expect(tab.locator("#state")).to_contain_text("Cut short", timeout=10_000)
    assert set(names(tab)) == {path.parent.name for path in out.glob("*/report.json")}
    assert not (out / "grades.csv").exists() and not (out / ".live.js").exists() and not complaints
    assert "strict-dynamic" not in (out / "index.html").read_text("utf-8")
