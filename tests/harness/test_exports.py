"""Exports, read back as the systems read them that they are for: the same numbers, and nothing else changed."""

import base64
import csv
import io
import json
import operator
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import commands
import pytest
import runs
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from labs import write_files

from autograder.course.points import rounded
from autograder.course.record import Results
from autograder.course.results import results
from autograder.course.rules import Course, read_course
from autograder.course.runs import read_run
from autograder.errors import UsageError
from autograder.exports import canvas, classroom, moodle
from autograder.exports.final import HEADER as FINAL_HEADER
from autograder.exports.final import final_csv
from autograder.exports.junit import junit_xml
from autograder.exports.nbgrader import nbgrader_csv
from autograder.exports.sheet import Sheet

COURSE = """
timezone = "Europe/Zurich"
roster = "roster.csv"
[late]
percent_a_day = 10
[labs.optimization]
due = 2026-02-03T23:59:00
bonus = ["lookahead"]
[[adjustments]]
student = "bob"
lab = "optimization"
points = 0.333
reason = "a <b>better</b> idea"
[[excused]]
student = "frank"
lab = "optimization"
reason = "ill"
"""
ROSTER = """student,name,last_name,first_name,email,login,canvas,moodle,github
ada,Ada Lovelace,Lovelace,Ada,ada@x.y,alove,1101,201,ada-l
bob,"O'Neill, Bob",O'Neill,Bob,bob@x.y,boneill,1102,202,
carol,Carol Caro,Caro,Carol,carol@x.y,ccar,1103,203,
frank,Frank Färber,Färber,Frank,frank@x.y,ffar,1106,206,
gus,Gus Groot,Groot,Gus,gus@x.y,ggro,1107,207,
"""
REPORTS = [
    runs.report("ada"),
    runs.report("bob", share=0.123),
    runs.report("carol", adam=7 / 3, fit=0),
    runs.report("eve", share=0, status="needs staff"),
    runs.report("zoe", share=0.5),
]
HAND_INS = {
    "ada": {"handed_in": "2026-02-05T10:15:00+00:00", "late": True, "system": "canvas", "id": "1101"},
    "zoe": {"handed_in": "2026-02-01T10:15:00Z", "late": False, "system": "canvas", "id": "1199", "name": "Zoe Zander"},
}


def make(folder: Path, reports: Sequence[Mapping[str, Any]] = REPORTS, course: str | None = COURSE) -> Path:
    """A run in RUN, course.toml beside it; the path of the run."""
    run = runs.write_run(folder / "RUN", reports, HAND_INS)
    if course is not None:
        (folder / "course.toml").write_text(course)
        (folder / "roster.csv").write_text(ROSTER)
    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """ada is late, bob has an adjustment, frank is excused, gus has nothing, eve needs staff, zoe is in no roster."""
    folder = tmp_path_factory.mktemp("course")
    run = make(folder)
    return results(read_course(folder / "course.toml"), runs.OPTIMIZATION, read_run(run, "optimization"))


def finals(found: Results) -> dict[str, str]:
    """Final scores of those who have one, to two decimals."""
    return {each.student: f"{rounded(each.entry):f}" for each in found.records if each.entry is not None}


def test_the_class_is_what_these_tests_take_it_for(made):
    assert finals(made) == {"ada": "80.40", "bob": "12.63", "carol": "90.33", "zoe": "50.00"}
    assert made.with_status("excused", "missing", "needs staff") == ["eve", "frank", "gus"]


# Somebody else's CSV


texts = st.text(st.sampled_from('ab,;"\n\r\t =\ufeffé'), max_size=6)
tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), min_size=1, max_size=5)
)
dialects = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;"),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "quoting": st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    }
)


def written(table: Sequence[Sequence[str]], dialect: Mapping[str, Any]) -> str:
    if dialect["lineterminator"] == "\n":  # or csv.writer would leave a carriage return without quotes
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows([["Student", "a b"] + ["x"] * (len(table[0]) - 2), *table])
    return text.getvalue()


@settings(deadline=None)
@given(tables, dialects, st.booleans(), texts, st.data())
def test_only_the_cell_that_is_written_changes(table, dialect, bom, value, data):
    """Any CSV that a program writes comes out byte for byte, but for that cell; and is read as csv reads it."""
    text = "\ufeff" * bom + written(table, dialect)
    sheet = Sheet(text, "file.csv")
    assert sheet.text() == text
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=dialect["delimiter"]))
    assert [sheet.row(row) for row in range(len(sheet))] == read
    row, column = data.draw(st.integers(1, len(table))), data.draw(st.integers(0, len(table[0]) - 1))
    sheet.write(row, column, value)
    again = Sheet(sheet.text(), "file.csv")
    read[row][column] = value
    assert [again.row(row) for row in range(len(again))] == read


def test_a_file_that_is_no_csv_in_utf8_is_refused(tmp_path):
    """A quote that is not closed, another encoding, a folder: said by name, with exit code 2."""
    run = make(tmp_path, course=None)
    for name, content in (("open.csv", b'Student,ID\n"a,1\n'), ("latin.csv", "Färber".encode("latin-1"))):
        (tmp_path / name).write_bytes(content)
        done = commands.grade("export", run, "--canvas", tmp_path / name)
        assert done.returncode == 2 and name in done.stderr and "Traceback" not in done.stderr
    assert not (run / "exports").exists(), "all files or none"


# Canvas


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Warm-up (70),Optimization (71),Assignments Current Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,,10.00,98.00,(read only)\r\n"
    '"Lovelace, Ada",1101,s-1,alove,"A and B","=HYPERLINK(""x"")",7.50,,75.0\r\n'
    '"O\'Neill, Bob",1102,s-2,boneill,A,-2,EX,3.00,\r\n'
    '"Caro, Carol",1103,s-3,ccar,A,,N/A,,\r\n'
    '"Färber, Frank",1106,s-6,ffar,A,,,,\r\n'
    '"Groot, Gus",1107,s-7,ggro,A,,9.00,1.00,90.0\r\n'
    '"Zander, Zoe",1199,s-9,zzan,B,,,EX,\r\n'
    '"=""=SUM(A1)""",1200,s-10,sum,B,,1.00,2.00,\r\n'
    '"Student, Test",1300,,a1b2c3,A,,,,\r\n'
)


def read_by_canvas(text: str, title: str) -> dict[str, str]:
    """The scores of one assignment by student's id, as Canvas's importer finds them."""
    first = text.splitlines()[:3]
    counts = {d: {len(row) for row in csv.reader(first, delimiter=d)} for d in ";,"}
    consistent = {d: max(sizes) for d, sizes in counts.items() if len(sizes) == 1}
    delimiter = max(consistent, key=lambda d: consistent[d])
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    assert "Student" in header[0] and "ID" in header[1]
    students = [row for row in rows if "Points Possible" not in row[0] and not all(
        re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.I) for cell in row)]  # fmt: skip
    grades = {row[1]: row[header.index(title)].strip() for row in students}
    return {student: grade.replace(",", ".") for student, grade in grades.items() if grade}


def test_canvas_reads_back_the_same_numbers_and_finds_nothing_else_changed(made):
    """Every other cell stays as it was, byte for byte; EX stays, and is what excused students get."""
    merged = canvas.merge(Sheet(CANVAS, "gradebook.csv"), made)
    assert read_by_canvas(merged.text, "Optimization (71)") == {
        "1101": "80.40", "1102": "12.63", "1103": "90.33", "1106": "EX", "1107": "1.00", "1199": "EX", "1200": "2.00"
    }  # fmt: skip
    assert read_by_canvas(merged.text, "Warm-up (70)") == read_by_canvas(CANVAS, "Warm-up (70)")
    before, after = (text.split("\r\n") for text in (CANVAS, merged.text))
    assert [line for line, old in zip(after, before, strict=True) if line == old] == [*before[:3], *before[7:]]
    assert after[3] == before[3].replace("7.50,,", "7.50,80.40,")
    assert merged.written == 4 and merged.absent == ("eve",)
    assert merged.remarks == ("zoe stays excused (EX in Canvas) and would have 50.",)


@pytest.mark.parametrize(
    ("column", "found"),
    [("Warm-up", 6), ("Warm-up (70)", 6), ("70", 6), ("Notes", 5), (None, 7)],
)
def test_the_assignment_is_found_by_title_id_or_heading(made, column, found):
    """Without --canvas-column it is the lab's title."""
    merged = canvas.merge(Sheet(CANVAS, "gradebook.csv"), made, column)
    assert Sheet(merged.text, "").cell(3, found) == "80.40"


@pytest.mark.parametrize(
    ("old", "new", "column", "words"),
    [
        ("Optimization (", "Week 3 (", None, "called 'Optimization'. Pass --canvas-column with one of: Warm-up (70);"),
        ("Warm-up", "Optimization", None, "has several columns called 'Optimization'"),
        ("", "", "Section", "has no column called 'Section'"),
        ("", "", "Assignments Current Score", "Canvas computes Assignments Current Score itself"),
        ("Student,ID", "Name,Number", None, "is no gradebook of Canvas"),
    ],
)  # fmt: skip
def test_a_column_that_is_not_clear_is_asked_for(made, old, new, column, words):
    """No column is invented, and none that Canvas computes is written."""
    with pytest.raises(UsageError, match=re.escape(words)):
        canvas.merge(Sheet(CANVAS.replace(old, new, 1), "gradebook.csv"), made, column)


def test_canvas_scores_are_scaled_only_if_asked(made):
    """Where the points possible differ it is said; --scale makes our maximum theirs."""
    other = CANVAS.replace("98.00", "49.00")
    kept, scaled = (canvas.merge(Sheet(other, "gradebook.csv"), made, scaled=scale) for scale in (False, True))
    assert "Canvas has 49 points possible for Optimization (71), and the lab 98" in kept.remarks[0]
    assert read_by_canvas(kept.text, "Optimization (71)")["1101"] == "80.40"
    assert read_by_canvas(scaled.text, "Optimization (71)")["1101"] == "40.20"
    assert not any("points possible" in remark for remark in scaled.remarks)


def test_a_gradebook_with_semicolons_and_decimal_commas_stays_so(made):
    """As Canvas writes it for some countries, names in two columns included."""
    text = "\ufeff" + (
        "LastName;FirstName;ID;SIS Login ID;Section;Optimization (71)\n"
        "    Points Possible;;;;;98,00\n"
        "Lovelace;Ada;1101;alove;A;\n"
        "O'Neill;Bob;;;A;\n"
    )
    merged = canvas.merge(Sheet(text, "gradebook.csv"), made)
    assert merged.text == text.replace("alove;A;", "alove;A;80,40").replace(";;A;", ";;A;12,63")


def test_canvas_students_who_may_be_several_are_left_alone(tmp_path):
    """Two of one name, or one row for two: nobody gets a score that may be somebody else's."""
    roster = "student,name,canvas\nx1,Dan Dean,\nx2,Dan Dean,\ny,Eva Eng,7\nz,Zed,\nt,Test Student,\n"
    (tmp_path / "roster.csv").write_text(roster)
    (tmp_path / "course.toml").write_text('roster = "roster.csv"')
    run = runs.write_run(tmp_path / "RUN", [runs.report(name) for name in ("x1", "x2", "y", "z", "t")])
    found = results(read_course(tmp_path / "course.toml"), runs.OPTIMIZATION, read_run(run, "optimization"))
    text = (
        "Student,ID,SIS Login ID,Section,Optimization (71)\n    Points Possible,,,,100.00\n"
        '"Dean, Dan",5,,A,\n"Eng, Eva",8,,A,1.00\n"Eng, Eva",7,,A,\n"Zed",9,,A,\n"Zed",10,,A,\n'
        '"Student, Test",11,,A,\n'
    )
    merged = canvas.merge(Sheet(text, "gradebook.csv"), found)
    assert read_by_canvas(merged.text, "Optimization (71)") == {"8": "1.00", "7": "100.00"}
    assert "Dean, Dan may be x1, x2; Zed may be z; Zed may be z" in merged.remarks[0] and merged.absent == ("t",)


def test_a_download_alone_is_enough_for_canvas(tmp_path):
    """Without a roster, the ids in the names of the folders find their rows."""
    run = runs.write_run(tmp_path, [runs.report("lovelaceada_1101_88231"), runs.report("boneill", share=0.5)])
    found = results(Course(), runs.OPTIMIZATION, read_run(run, "optimization"))
    merged = canvas.merge(Sheet(CANVAS.replace("98.00", "100.00"), "gradebook.csv"), found)
    scores = read_by_canvas(merged.text, "Optimization (71)")
    assert (scores["1101"], scores["1102"]) == ("100.00", "50.00") and merged.absent == () and merged.remarks == ()


# Moodle


MOODLE = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\r\n'
    'Participant 201,"Ada Lovelace",ada@x.y,"Submitted for grading - ",,100.00,Yes,'
    '"Thursday, 5 February 2026, 11:15 AM",-,\r\n'
    'Participant 902,"Bob O\'Neill",BOB@x.y,"Submitted for grading - ",3.00,100.00,Yes,-,'
    '"Sunday, 8 February 2026, 9:00 AM","<p>Well done, Bob</p>"\r\n'
    'Participant 903,"Carol Caro",,"Submitted for grading - ",,100.00,No,-,-,\r\n'
    'Participant 206,"Frank Färber",frank@x.y,"No submission - ",,100.00,Yes,-,-,\r\n'
    'Participant 990,"Nobody Known",n@x.y,"No submission - ",1.00,100.00,Yes,-,-,"=1+1"\r\n'
)


def read_by_moodle(text: str) -> dict[str, tuple[str, str]]:
    """Grades and comments by participant, as Moodle's offline grading finds them."""
    rows = runs.rows_of(text.removeprefix("\ufeff"))
    return {
        row["Identifier"].removeprefix("Participant "): (row["Grade"].replace(",", "."), row["Feedback comments"])
        for row in rows
    }


def test_moodle_reads_back_the_same_numbers_and_finds_nothing_else_changed(made):
    """BOM, CRLF, quotes and all other columns stay; what a person commented stays; a closed grade stays."""
    merged = moodle.merge(Sheet(MOODLE, "worksheet.csv"), made)
    found = read_by_moodle(merged.text)
    assert {number: grade for number, (grade, _) in found.items()} == {
        "201": "80.40", "902": "12.63", "903": "", "206": "", "990": "1.00"}  # fmt: skip
    assert found["201"][1].startswith("Graded automatically. Code: 98 of 98.") and "10 h" not in found["902"][1]
    assert found["902"][1] == "<p>Well done, Bob</p>" and found["990"][1] == "=1+1"
    rest = [name for name in runs.rows_of(MOODLE[1:])[0] if name not in ("Grade", "Feedback comments")]
    before, after = (runs.rows_of(text.removeprefix("\ufeff")) for text in (MOODLE, merged.text))
    assert [[row[name] for name in rest] for row in after] == [[row[name] for name in rest] for row in before]
    assert merged.text.startswith('\ufeffIdentifier,"Full name"') and merged.text.count("\r\n") == 6
    assert merged.absent == ("eve", "gus", "zoe") and merged.written == 2
    words = " ".join(merged.remarks)
    assert "Moodle's maximum grade is 100, and the lab's 98" in words
    assert "lets nobody change their grade: carol." in words and "knows no excuse" in words and "frank" in words


def test_moodle_comments_of_ours_are_renewed_and_escaped(made):
    """A second export replaces what the first one wrote; what students may have named things is no HTML."""
    first = moodle.merge(Sheet(MOODLE, "worksheet.csv"), made).text
    ours = Sheet(first, "").row(1)[-1]
    stale = first.replace(ours, "Graded automatically. <b>In all 3 of 98.</b>")
    assert moodle.merge(Sheet(stale, "worksheet.csv"), made).text == first
    uncommented = moodle.merge(Sheet(MOODLE.replace('"<p>Well done, Bob</p>"', ""), "worksheet.csv"), made)
    assert "+0.33: a &lt;b&gt;better&lt;/b&gt; idea." in read_by_moodle(uncommented.text)["902"][1]


def test_moodle_in_a_language_with_decimal_commas_keeps_them(made):
    """Numbers go back as they came; the maximum is theirs if asked."""
    text = MOODLE.replace("100.00", '"100,00"').replace("3.00", '"3,00"')
    merged = moodle.merge(Sheet(text, "worksheet.csv"), made, scaled=True)
    grades = {number: grade for number, (grade, _) in read_by_moodle(merged.text).items()}
    assert '"82,04"' in merged.text and grades["201"] == "82.04" and grades["902"] == "12.89"


def test_moodle_says_what_it_would_pass_over(made):
    """A grade above its maximum is dropped in silence there, so not here; a worksheet in German is asked for anew."""
    merged = moodle.merge(Sheet(MOODLE.replace("100.00", "50.00"), "worksheet.csv"), made)
    assert "ada has 80.40, and Moodle passes over grades above 50." in merged.remarks
    with pytest.raises(UsageError, match="Set Moodle's language to English"):
        moodle.merge(Sheet(MOODLE.replace("Grade,", "Bewertung,"), "worksheet.csv"), made)


# Tables of our own


def test_the_table_holds_every_step_and_no_formula(tmp_path):
    """Names that a spreadsheet would compute are quoted; text in notes cannot break out of its cell."""
    text = COURSE.replace("a <b>better</b> idea", r"=1+1\",\"x")
    run = make(tmp_path, [*REPORTS, runs.report("=cmd()|x"), runs.report("-2 a\u202eb")], text)
    found = results(read_course(tmp_path / "course.toml"), runs.OPTIMIZATION, read_run(run, "optimization"))
    rows = runs.rows_of(final_csv(found))
    assert list(rows[0]) == FINAL_HEADER
    assert {row["student"] for row in rows if row["student"][0] == "'"} == {"'=cmd()|x", "'-2 a\\u202eb"}
    by_name = {row["student"]: row for row in rows}
    assert by_name["bob"]["notes"].startswith("Code: 12.05 of 98. Bonus: 0.25")
    assert {row["student"]: row["final"] for row in rows if row["final"]} == {
        "ada": "80.4", "bob": "12.63", "carol": "90.33", "gus": "0", "zoe": "50", "'=cmd()|x": "100",
        "'-2 a\\u202eb": "100"}  # fmt: skip
    assert by_name["eve"]["status"] == "needs staff" and "To settle" in by_name["eve"]["notes"]
    for row in rows:
        if row["final"]:
            parts = [Fraction(row[name]) for name in ("raw", "bonus", "written", "adjustments", "late_points")]
            assert abs(sum(parts[:4]) - parts[4] - Fraction(row["final"])) <= Fraction(2, 100)


def test_nbgrader_reads_back_the_same_numbers(made):
    """Its columns, its times, and its rule: score is raw_score less the penalty, and not below zero."""
    text = nbgrader_csv(made)
    header = text.splitlines()[0]
    assert header == ("assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
                      "late_submission_penalty,score,max_score")  # fmt: skip
    rows = {row["student_id"]: row for row in runs.rows_of(text)}
    assert {student: row["score"] for student, row in rows.items()} == {**finals(made), "gus": "0.00"}
    for row in rows.values():
        raw, penalty, score = (Fraction(row[name]) for name in ("raw_score", "late_submission_penalty", "score"))
        assert score == max(Fraction(0), raw - penalty) and row["max_score"] == "98"
    assert rows["ada"]["timestamp"] == "2026-02-05 10:15:00" and rows["ada"]["duedate"] == "2026-02-03 22:59:00"
    assert rows["ada"]["last_name"] == "Lovelace" and rows["ada"]["late_submission_penalty"] == "19.60"
    assert rows["gus"]["timestamp"] == "" and not {"eve", "frank"} & set(rows)


# JUnit and GitHub Classroom


def test_junit_is_valid_xml_whatever_students_print(tmp_path):
    """Controls, a byte that is no text, `]]>`, half a character: any reader takes the file, and its counts are true."""
    hostile = "\x1b[31m\x00]]></system-out><evil/>&amp;\ud800\ufffe\u202e"
    bad = runs.report("mallory", adam=3)
    verdicts = ("failed", "timeout", "skipped", "needs staff", "not attempted")
    (check,) = bad["questions"][0]["checks"]
    bad["questions"][0]["checks"] = [{**check, "verdict": verdict, "message": hostile} for verdict in verdicts]
    run = make(tmp_path, [*REPORTS, bad], None)
    found = results(Course(), runs.OPTIMIZATION, read_run(run, "optimization"))
    root = ElementTree.fromstring(junit_xml(found, lambda hand_in: hostile).encode())
    assert root.tag == "testsuites" and [suite.get("name") for suite in root] == sorted(
        report["student"] for report in [*REPORTS, bad]
    )
    suite = root[-2]
    assert set(suite.attrib) == {"name", "tests", "errors", "failures", "skipped", "time", "timestamp", "hostname"}
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("3", "2", "1")
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.get("tests", "")) == 27 and cases[0].get("classname") == "optimization.sgd"
    failure = cases[0].find("failure")
    assert failure is not None and failure.get("message", "").startswith("\\x1b[31m\\x00]]></system-out><evil/>")
    assert root.find(".//evil") is None and "[31m" in (suite.findtext("system-out") or "")


def added_up(tests: Sequence[Mapping[str, Any]]) -> float:
    """As the reporter adds: one after the other, from zero."""
    total: float = reduce(operator.add, (test["score"] for test in tests), 0)
    return total


def test_classroom_adds_up_to_the_final_score(made):
    """What the reporter decodes has the fields it reads, and its sum is the final score to the last digit."""
    found = classroom.classroom_results(made)
    assert set(found) == {"ada-l.txt", "bob.txt", "carol.txt", "zoe.txt"}
    for name, student in (("ada-l", "ada"), ("bob", "bob"), ("carol", "carol"), ("zoe", "zoe")):
        data = json.loads(base64.b64decode(found[f"{name}.txt"]))
        assert set(data) == {"status", "max_score", "tests"} and data["max_score"] == 98
        assert added_up(data["tests"]) == float(finals(made)[student])
        for test in data["tests"]:
            assert set(test) == {"name", "status", "message", "test_code", "line_no", "score"}
            assert test["status"] in ("pass", "fail", "error") and test["test_code"] == ""
    assert json.loads(base64.b64decode(found["ada-l.txt"]))["tests"][-1] == {
        "name": "Late", "status": "fail", "message": "", "test_code": "", "line_no": 0, "score": pytest.approx(-19.6)
    }  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.fractions(0, 10, max_denominator=97), max_size=60))
def test_any_shares_add_up(points):
    """Thirds and sevenths in two decimals add up to what was rounded once."""
    total = sum(points, Fraction(0))
    shares = classroom._shares(points, total)
    assert reduce(operator.add, shares, 0) == pytest.approx(float(rounded(total)), abs=1e-9)


def test_results_for_classroom_fit_into_a_variable(tmp_path):
    """However long the messages are, the value stays below what GitHub takes."""
    long = runs.report("ada", share=0.5)
    for question in long["questions"]:
        question["checks"] = [{**check, "message": "x y " * 500} for check in question["checks"] for _ in range(4)]
    run = runs.write_run(tmp_path, [long])
    found = results(Course(), runs.OPTIMIZATION, read_run(run, "optimization"))
    assert len(classroom.classroom_results(found)["ada.txt"]) <= 48_000


def test_the_workflow_hands_over_what_the_export_wrote():
    """Named as Classroom wants it, one job, and the results in LAB_RESULTS for the runner `lab`; no secrets in it."""
    text = classroom.workflow()
    flow = yaml.safe_load(text)
    assert flow["name"] == "Autograding Tests" and list(flow["jobs"]) == ["run-autograding-tests"]
    steps = flow["jobs"]["run-autograding-tests"]["steps"]
    reporter = steps[-1]
    assert reporter["uses"] == "classroom-resources/autograding-grading-reporter@v1"
    assert reporter["with"] == {"runners": "lab"} and reporter["env"] == {"LAB_RESULTS": "${{ vars.LAB_RESULTS }}"}
    assert any(step.get("run") == "python -m pytest checks" for step in steps) and "secrets" not in text


# The command


def test_all_formats_in_one_call(tmp_path):
    """A line a file written; the instructor's files stay; whom staff must see is listed, with exit code 1."""
    run = make(tmp_path)
    for name, text in (("gradebook.csv", CANVAS), ("worksheet.csv", MOODLE)):
        (tmp_path / name).write_bytes(text.encode())
    done = commands.grade("export", run, "--course", tmp_path / "course.toml", "--canvas", tmp_path / "gradebook.csv",
                          "--moodle", tmp_path / "worksheet.csv", "--nbgrader", "--junit", "--classroom", "--scale",
                          "--out", tmp_path / "out")  # fmt: skip
    names = ["final.csv", "canvas.csv", "moodle.csv", "nbgrader.csv", "junit.xml", "classroom"]
    assert done.stdout.splitlines() == [str(tmp_path / "out" / name) for name in names] and done.returncode == 1
    for words in ("canvas.csv: 4 scores", "Not in canvas.csv, and nobody was added: eve", "Excused: frank",
                  "Handed in nothing: gus", "Not in the roster: eve, zoe", "eve: grading did not finish"):  # fmt: skip
        assert words in done.stderr, done.stderr
    assert (tmp_path / "gradebook.csv").read_bytes() == CANVAS.encode()
    assert (tmp_path / "worksheet.csv").read_bytes() == MOODLE.encode()
    assert (tmp_path / "out" / "moodle.csv").read_bytes().startswith(b"\xef\xbb\xbfIdentifier")
    assert (tmp_path / "out" / "classroom" / "classroom.yml").exists()
    commands_log = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()[0].findtext("system-out")
    assert commands_log == "printed by ada\n"


def test_the_instructors_file_is_never_written_over(tmp_path):
    """Not even if it lies where ours would go, under the same name."""
    run = make(tmp_path, course=None)
    for option, name, text in (("--canvas", "canvas.csv", CANVAS), ("--moodle", "moodle.csv", MOODLE)):
        (tmp_path / name).write_bytes(text.encode())
        done = commands.grade("export", run, option, tmp_path / name, "--out", tmp_path)
        assert done.returncode == 2 and "is the file that you passed" in done.stderr
        assert (tmp_path / name).read_bytes() == text.encode() and not (tmp_path / "final.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "There is no run in runs/optimization"),
        (["nowhere"], "nowhere does not exist"),
        (["."], ". holds no report"),
        (["--lab", "cooking"], "no lab 'cooking'"),
    ],
)
def test_wrong_usage_is_a_sentence(tmp_path, arguments, sentence):
    done = commands.grade("export", *arguments, cwd=tmp_path)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_graded_class_goes_to_canvas_and_moodle_and_back(tmp_path):
    """Graded for real: the numbers of grades.csv are those that both systems read."""
    project = runs.project(tmp_path / "project")
    answers = {"ada": "2 * number", "bob": "3 * number"}
    for student, answer in answers.items():
        source = f"class Answer:\n    def __init__(self, number=1.0):\n        self.value = {answer}\n"
        write_files(project / "class" / student, {"answers.py": source})
    graded = runs.grade_in(project, "run", "class", "--out", "RUN", "--isolation", "local")
    assert graded.returncode == 0, graded.stderr
    gradebook = "Student,ID,SIS Login ID,Section,Tiny (71)\n    Points Possible,,,,4\n"
    worksheet = "Identifier,Full name,Grade,Maximum grade,Last modified (grade)\n"
    for number, student in enumerate(answers, 1):
        gradebook += f"{student},{number},{student},A,\n"
        worksheet += f"Participant {number},{student},,4.00,-\n"
    write_files(project, {"gradebook.csv": gradebook, "worksheet.csv": worksheet})
    done = runs.grade_in(project, "export", "RUN", "--canvas", "gradebook.csv", "--moodle", "worksheet.csv")
    assert done.returncode == 0, done.stderr
    scores = {row["student"]: row["score"] for row in runs.rows_of((project / "RUN" / "grades.csv").read_text())}
    assert scores == {"ada": "4", "bob": "0"}
    out = project / "RUN" / "exports"
    assert read_by_canvas((out / "canvas.csv").read_text(), "Tiny (71)") == {"1": "4.00", "2": "0.00"}
    grades = {row["Full name"]: row["Grade"] for row in runs.rows_of((out / "moodle.csv").read_text())}
    assert grades == {"ada": "4.00", "bob": "0.00"}
