"""The page that a student gets: what to fix first, nothing that is not theirs to see, and never at a grade's cost."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
import runs
from student_reports import HINT, SCRIPT, check, file, hostile, of_every_kind, question, report

from autograder.errors import Verdict
from autograder.records import read_record
from autograder.report.advice import Advice, things_to_fix
from autograder.report.student import PAGE_LIMIT, student_page, write_reports
from autograder.report.verdicts import mark_of

MISSING = "{} is missing: hand it in under exactly this name. Found: notes.py."


class Page(HTMLParser):
    """The text and the elements of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._in_style = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.text += data

    def open_questions(self) -> set[str | None]:
        return {attrs["id"] for tag, attrs in self.elements if tag == "details" and "open" in attrs}


def subjects(found: list[Advice]) -> list[str]:
    """A thing's file or questions, and what it is worth."""
    return [f"{a.subject or ' '.join(q['id'] for q in a.questions)}: {a.points:g}" for a in found]


# What to fix first


def test_a_file_that_cannot_be_used_comes_first_and_files_that_are_missing_are_one_thing() -> None:
    """Before a mistake worth more points: all of a file's questions come back with one repair."""
    missing = [check("not attempted", MISSING.format(name)) for name in ("a.py", "b.py")]
    raised = "ImportError in c.py, line 1 (`import c`): no"
    found = things_to_fix(
        report(
            question("adam", check("failed", f"wrong. {HINT}", points=9), hint=HINT),
            question("one", missing[0]),
            question("two", missing[1]),
            question("three", check("error", raised, points=1)),
            files=[*(file(name, MISSING.format(name)) for name in ("a.py", "b.py")), file("c.py", raised)],
        )
    )
    assert subjects(found) == ["a.py and b.py: 4", "c.py: 1", "adam: 9"]
    assert found[0].text == "Each is missing: hand it in under exactly this name. Found: notes.py."


def test_one_exception_is_one_thing_however_many_checks_it_cost() -> None:
    """At whatever line it was raised; another exception is another thing."""
    same = [f"NameError in o.py, line {n} (`math.sqrt({n})`): name 'math' is not defined" for n in (7, 30)]
    other = "TypeError in o.py, line 9 (`1 + None`): no"
    found = things_to_fix(
        report(
            question("sgd", check("error", same[0]), check("error", same[0]), check("error", other)),
            question("adam", check("error", same[1])),
        )
    )
    assert subjects(found) == ["sgd adam: 6", "sgd: 2"] and found[0].text == same[0]


def test_a_line_that_costs_several_questions_is_one_thing() -> None:
    """As where all of them leave their work to another library in one line."""
    said = "{} leaves its work to torch.optim in o.py, line 7 (`import torch.optim`). Write the rule itself."
    questions = [question(name, check("failed", said.format(name))) for name in ("SGD", "Adam")]
    assert subjects(things_to_fix(report(*questions))) == ["SGD Adam: 4"]


def test_what_has_a_name_comes_before_what_is_only_wrong_and_more_points_before_fewer() -> None:
    """A named mistake says where to look; numbers alone do not."""
    found = things_to_fix(
        report(
            question("wrong", check("failed", "expected 1, got 2", points=8, title="It does right.")),
            question("little", check("failed", "expected 3, got 4. Small.", points=1), hint="Small."),
            question("great", check("failed", f"expected 1, got 3. {HINT}", points=3), check("failed"), hint=HINT),
        )
    )
    assert subjects(found) == ["great: 5", "little: 1", "wrong: 8"]
    assert [each.text for each in found] == [HINT, "Small.", "expected 1, got 2"]
    assert [each.rule for each in found] == ["", "", "It does right."]


def test_stubs_that_were_left_are_one_thing_and_say_so() -> None:
    """Of whatever file; and so are the names that a file lacks."""
    stub, lacking = check("not attempted", "X is not written yet."), check("not attempted", "o.py has no X.")
    found = things_to_fix(
        report(
            *(question(name, stub) for name in ("sgd", "adam", "fit")),
            question("lost", lacking),
            files=[file("o.py", missing=["lost"], unfinished=["sgd", "adam"]), file("t.py", unfinished=["fit"])],
        )
    )
    assert subjects(found) == ["Not written yet: 6", "Missing from o.py: 2"]


def test_a_hand_in_that_cannot_be_opened_is_the_only_thing() -> None:
    """Said once, with all points, and no question is opened to say it again."""
    lost = [question(str(n), check("not attempted", "me.zip is cut short. Pack it again.")) for n in range(3)]
    unreadable = report(*lost, status="unreadable", files=[])
    assert subjects(things_to_fix(unreadable)) == ["Nothing that was handed in could be opened: 6"]
    page = Page(student_page(unreadable))
    assert "Fix this first" in page.text and not page.open_questions()


def test_full_marks_leave_nothing_to_fix() -> None:
    """And no question is open."""
    page = Page(student_page(report(question("sgd", check()), question("adam", check(), check()))))
    assert "Nothing to fix" in page.text and "All 3 checks passed." in page.text and not page.open_questions()


def test_what_needs_staff_is_no_fault_of_the_students() -> None:
    """The score is called unfinished, and nothing is asked of the student for it."""
    one = report(question("sgd", check("needs staff", "BROKEN"), check()))
    assert not things_to_fix(one)
    text = Page(student_page(one)).text
    assert "Not final" in text and "no fault of yours" in text and "so far" in text and "Nothing to fix" in text


# What the page shows, and what it does not


def test_the_page_leads_from_the_score_to_three_things_to_each_check() -> None:
    """Score, three things with links to their questions, and those questions open with message, hint and lines."""
    many = [question(f"q{n}", check("failed", f"expected {n}, got 0"), title=f"Question {n}") for n in range(5)]
    every = of_every_kind()
    page = Page(student_page({**every, "questions": [*every["questions"], *many]}))
    links = {attrs["href"] for tag, attrs in page.elements if tag == "a"}
    assert links == {"#question-adam", "#question-momentum", "#question-lookahead", "#code-adam-1-42"}
    assert "5 more things are to be mended" in page.text
    assert page.open_questions() >= {"question-adam", "question-momentum", "question-adamw"}
    assert not {"question-sgd", "question-lookahead"} & page.open_questions()
    for words in ("of 20 points", "after step 1, parameter 0: expected 0.5, got 0.25", "class Adam(Optimizer):",
                  "Graded again on 2026-03-07 09:00:00 UTC", "not as you packed it", "So it is.", "81.0 % with seed 1",
                  "No answer was found to: What is a spike?"):  # fmt: skip
        assert words in page.text, words


def test_a_hint_is_said_in_its_own_place_and_not_again_in_the_check() -> None:
    """Once at the top, once in its question."""
    page = Page(student_page(of_every_kind()))
    assert page.text.count(HINT) == 2
    assert page.text.count("NameError in optimizers.py, line 90") == 2, "of two checks that say the same, once"


def test_lines_that_a_message_points_at_are_set_off_for_every_reader() -> None:
    """By a mark and by words; and the listing can be reached and is named for those who scroll by keyboard."""
    page = Page(student_page(of_every_kind()))
    (region,) = (attrs for tag, attrs in page.elements if attrs.get("role") == "region")
    assert region["tabindex"] == "0" and "optimizers.py" in str(region["aria-label"])
    assert sum(tag == "mark" for tag, _ in page.elements) == 1 and "42 pointed at:     wide" in page.text


def test_the_page_shows_nothing_that_is_for_staff() -> None:
    """No flag, hash, key, name of a check or of a misconception in the code, and no word of a check that broke."""
    flags = [{"kind": "delegation", "file": "o.py", "line": 3, "text": "FLAGGED"}]
    page = student_page({**of_every_kind(), "flags": flags})
    for secret in ("BROKEN", "FLAGGED", "test_hidden", "SecretClass", "0123456789abcdef", "fedcba9876543210", "0.123"):
        assert secret not in page, secret


def test_a_student_s_output_is_not_on_the_page(tmp_path: Path) -> None:
    """A student's code sees hidden inputs and may print them: the log is for staff alone."""
    assert not write_reports(tmp_path, of_every_kind(), "SECRET 0.7311 was the hidden gradient")
    assert "SECRET" in (tmp_path / "worker.log").read_text()
    assert "SECRET" not in (tmp_path / "report.html").read_text("utf-8")


def test_markup_in_anybody_s_words_stays_text() -> None:
    """In names, titles, messages, hints, code, answers and files, a script is letters."""
    page = Page(student_page(hostile(of_every_kind())))
    harmless = Page(student_page(hostile(of_every_kind(), " word")))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
    assert not [attrs for _, attrs in page.elements if any(name.startswith("on") for name in attrs)]
    assert page.text.count(SCRIPT) > 20


@pytest.mark.parametrize("text", ["&" * 50_000, "😀" * 50_000])
def test_no_page_grows_beyond_a_megabyte(text: str) -> None:
    """Whatever a student wrote: what is too long loses its middle, and the score and the verdicts stay."""
    page = student_page(hostile(of_every_kind(), text))
    assert len(page.encode()) <= PAGE_LIMIT
    assert "characters left out" in page and page.count("not graded yet") >= 2


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_word_and_a_shape(verdict: Verdict) -> None:
    """No meaning hangs on a colour."""
    mark = mark_of(verdict)
    assert mark.word and mark.shape and (mark.shape == "✓") == (verdict == Verdict.PASSED)


# How it comes to lie there


def test_a_class_gets_its_pages_and_a_page_costs_no_grade(tmp_path: Path) -> None:
    """`run` writes report.html beside report.json, makes a lost one anew, and says whose cannot be made."""
    project, out = runs.project(tmp_path), tmp_path / "out"
    answer = "class Answer:\n    def __init__(self, number=1.0):\n        self.value = number\n"
    for student in ("ada", "bob"):
        (project / "class" / student).mkdir(parents=True)
        (project / "class" / student / "answers.py").write_text(answer)
    (out / "bob" / "report.html").mkdir(parents=True)
    arguments = ("run", project / "class", "--out", out, "--isolation", "local")
    done = runs.grade_in(project, *arguments)
    assert done.returncode == 0 and "    0 / 4  bob" in done.stdout and (out / "bob" / "report.json").exists()
    assert "bob: report.html could not be made (Is a directory)" in done.stderr and "ada: report" not in done.stderr
    page, record = out / "ada" / "report.html", out / "ada" / "report.json"
    assert page.read_text("utf-8") == student_page(json.loads(record.read_bytes()))
    written = record.stat().st_mtime_ns

    page.unlink()
    again = runs.grade_in(project, *arguments)
    assert again.stdout.count("(kept)") == 2 and page.exists() and record.stat().st_mtime_ns == written


def test_a_page_that_cannot_be_written_leaves_its_record_whole(tmp_path: Path) -> None:
    """Where something lies in its way, say."""
    (tmp_path / "report.html").mkdir()
    assert "report.html could not be made (Is a directory)" in write_reports(tmp_path, of_every_kind(), "")
    assert read_record(tmp_path) is not None


def test_an_old_page_does_not_outlive_its_record(tmp_path: Path) -> None:
    """A report that no page can be made of takes the earlier report's page with it."""
    assert not write_reports(tmp_path, of_every_kind(), "")
    problem = write_reports(tmp_path, {**of_every_kind(), "environment": {}}, "")
    assert "UndefinedError" in problem and not (tmp_path / "report.html").exists()
