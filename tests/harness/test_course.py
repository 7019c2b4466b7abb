"""course.toml: who takes part, what lateness costs, what people entered; and that a student who asks gets an answer."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import commands
import pytest
import runs
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.course.lateness import charge, days_late
from autograder.course.manifest import LabRules, LateRules
from autograder.course.points import brief, exact, rounded
from autograder.course.record import Record, Results
from autograder.course.results import results
from autograder.course.rules import read_course
from autograder.course.runs import read_run
from autograder.course.scoring import Change, Scale, score
from autograder.errors import AutograderError, InstructorError
from autograder.lab import Lab, Written

ZURICH = ZoneInfo("Europe/Zurich")
DUE = datetime(2026, 2, 3, 23, 59, tzinfo=ZURICH)
HEAD = """
timezone = "Europe/Zurich"

[labs.optimization]
due = 2026-02-03T23:59:00
"""


def course_file(folder: Path, text: str = HEAD, **tables: str) -> Path:
    """course.toml with its tables (by name without .csv) beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        (folder / f"{name}.csv").write_text(dedent(content).lstrip())
    path = folder / "course.toml"
    path.write_text(dedent(text))
    return path


def handed_in(time: str | None = None, late: bool | None = None, **others: object) -> dict[str, object]:
    entry: dict[str, object] = {"path": "", "handed_in": time, "late": late, "system": "canvas", "id": "", "name": "",
                                "email": "", "members": []}  # fmt: skip
    return entry | others


def outcome(
    folder: Path,
    text: str = HEAD,
    reports: tuple[Mapping[str, object], ...] | None = None,
    hand_ins: Mapping[str, Mapping[str, object]] | None = None,
    lab: Lab = runs.OPTIMIZATION,
    **tables: str,
) -> Results:
    """The records of a run with these reports (by default ada's, all right) by this course.toml."""
    course = read_course(course_file(folder, text, **tables))
    run = runs.write_run(folder / "run", reports or (runs.report("ada", lab),), hand_ins, lab)
    return results(course, lab, read_run(run, lab.name))


def record(found: Results, student: str) -> Record:
    return next(each for each in found.records if each.student == student)


def final(found: Results, student: str = "ada") -> Fraction | None:
    return record(found, student).final


def notes(found: Results, student: str = "ada") -> str:
    return " ".join(record(found, student).notes)


# course.toml itself


EXTENSION = '[[extensions]]\nlab = "optimization"\n'
ADJUSTMENT = '[[adjustments]]\nstudent = "ada"\npoints = 1\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[late]\npercent_per_day = 1",
            "[late] percent_per_day: there is no such line; there is: grace_minutes, percent",
        ),
        ("[late]\npercent_a_day = 110", "[late] percent_a_day: Input should be less than or equal to 100"),
        ("[labs.optimization]\ndue = 2026-02-03T23:59:00", "due dates need a time zone"),
        ("timezone = 'Zurich'", "timezone: no time zone is called 'Zurich' here; write one as in Europe/Zurich"),
        (
            HEAD.replace("T23:59:00", ""),
            "[labs.optimization] due: the time of day is missing; write 2026-02-03T23:59:00",
        ),
        (HEAD.replace("2026-02-03T23:59:00", "'soon'"), "[labs.optimization] due: a date and time is wanted"),
        (HEAD + "[labs.optimization.late]\nslip_days = 3", "[labs.optimization.late] slip_days: there is no such line"),
        (HEAD + EXTENSION + "student = 'ada'\ndays = 1", "[[extensions]] number 1, reason: Field required"),
        (HEAD + EXTENSION + "student = 'ada'\nreason = 'ill'", "[[extensions]] number 1: say `due` or `days`"),
        (
            HEAD + EXTENSION + "group = 'g'\ndays = 1\nreason = 'ill'",
            "number 1: no group is called 'g'; the roster has none",
        ),
        (
            HEAD + ADJUSTMENT + "lab = 'x'\nreason = 'y'",
            "adjustments 1 is about the lab 'x', and [labs] has optimization",
        ),
        (
            HEAD + ADJUSTMENT + "lab = 'optimization'\nreason = ' '",
            "number 1, reason: String should have at least 1 char",
        ),
        ("timezone = ", "is not valid TOML: Invalid value (at end of document)"),
        ("roster = 'class.csv'", "class.csv cannot be read: No such file or directory"),
        ("[[students]]\ngroup = 'g'", "[[students]] number 1: nobody is named"),
        ("[[students]]\nstudent = 'ada'\n[[students]]\nstudent = 'ada'", "student 'ada' stands in "),
    ],
)
def test_what_is_wrong_in_course_toml_is_said_with_its_place(tmp_path, text, words):
    """A misspelt line, a due date without a time, a lab that there is not: file, table and what to write."""
    with pytest.raises(InstructorError) as caught:
        read_course(course_file(tmp_path, text))
    assert words in str(caught.value) and str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ADJUSTMENT.replace("ada", "bob"), "number 1: nobody is called 'bob', in the roster or in the run"),
        (ADJUSTMENT + 'question = "adan"\n', "no question is called 'adan'; there is sgd, momentum"),
        ('[[students]]\nstudent = "ada"\n[[excused]]\nstudent = "carl"\n', "number 1: nobody is called 'carl'"),
        ("[labs.optimisation]\n[[excused]]\nstudent = 'ada'\n", "no such lab. Is optimization meant?"),
        ('bonus = ["lookahed"]\n[[excused]]\nstudent = "ada"\n', "bonus: no question is called lookahed"),
        (
            'hand_ins = "times.csv"\n[[excused]]\nstudent = "ada"\n',
            "times.csv, line 3: '4 Feb' is no time; write it as",
        ),
    ],
)
def test_what_does_not_fit_the_class_is_said_with_its_place(tmp_path, text, words):
    """Entries about nobody, about questions that there are not, or with no time in them are refused."""
    times = "student,handed_in\nada,2026-02-03 10:15\nada,4 Feb\n"
    with pytest.raises(InstructorError) as caught:
        outcome(tmp_path, f'{HEAD}{text}lab = "optimization"\nreason = "so it is"', times=times)
    assert words in str(caught.value)


def test_the_command_line_says_what_is_wrong_and_writes_nothing(tmp_path):
    """A fault in course.toml is a sentence and an exit code, and no half-made files."""
    run = runs.write_run(tmp_path / "run", [runs.report("ada")])
    done = commands.grade("export", run, "--course", course_file(tmp_path, "[late]\ngrace = 1"))
    assert done.returncode == 1 and "grace: there is no such line" in done.stderr and "Traceback" not in done.stderr
    missing = commands.grade("export", run, "--course", tmp_path / "rules.toml")
    assert missing.returncode == 2 and "rules.toml cannot be read" in missing.stderr
    assert not (run / "exports").exists()


# Who is who


ROSTER = """
    Student,Name,E-Mail,Canvas ID,SIS User ID,Login,Group,Tutorial
    ada,Ada Lovelace,ada@x.y,1101,s1,alove,g1,Mon
    bob,"Bobson, Bob",bob@x.y,1102,s2,bbob,g1,Tue
    carol,Carol Caro,carol@x.y,1103,s3,ccar,,Tue
    dan,Dan Dean,dan@x.y,1104,s4,ddea,,Tue
    dan2,Dan Dean,dan2@x.y,1105,s5,ddea2,,Tue
"""


@pytest.mark.parametrize(
    ("folder", "entry"),
    [
        ("carol", {}),
        ("x", {"id": "1103"}),
        ("x", {"email": "Carol@X.y"}),
        ("x", {"name": "carol caro"}),
        ("x", {"name": "Caro, Carol"}),
        ("x", {"id": "s3", "system": "moodle"}),
        ("x", {"id": "ccar", "system": "nbgrader"}),
        ("carocarol_1103_88431", {}),
        ("Caro Carol_ccar_assignsubmission_file", {}),
    ],
)  # fmt: skip
def test_a_hand_in_finds_its_student(tmp_path, folder, entry):
    """By the folder's name, by what the course system says, or by an id in the folder's name."""
    text = 'roster = "roster.csv"\n' + HEAD
    found = outcome(tmp_path, text, (runs.report(folder),), {folder: handed_in(**entry)}, roster=ROSTER)
    assert final(found, "carol") == 100 and not found.unknown and not found.ambiguous
    assert [each.status for each in found.records] == ["missing", "missing", "graded", "missing", "missing"]
    assert found.remarks == ("Columns of roster.csv that are not used: tutorial.",)


def test_unknown_and_ambiguous_hand_ins_are_listed_and_kept(tmp_path):
    """Nobody is guessed and nobody is dropped: they have records of their own."""
    reports = tuple(runs.report(name) for name in ("x", "y", "z", "1101_1102"))
    entries = {
        "x": handed_in(name="Dan Dean"),
        "y": handed_in(name="Zoe Zander"),
        "z": handed_in(id="1103", email="dan@x.y"),  # an id of another year's, say
    }
    found = outcome(tmp_path, 'roster = "roster.csv"\n' + HEAD, reports, entries, roster=ROSTER)
    assert found.unknown == ("y",)
    assert dict(found.ambiguous) == {"x": ("dan", "dan2"), "z": ("carol", "dan"), "1101_1102": ("ada", "bob")}
    assert all(final(found, student) == 100 for student in ("x", "y", "z", "1101_1102"))
    assert found.with_status("missing") == ["ada", "bob", "carol", "dan", "dan2"]


def test_the_last_hand_in_of_a_group_counts_for_all_of_it(tmp_path):
    """Whoever of a group hands in last, all have it; one with no time leaves the choice to staff."""
    reports = (runs.report("ada", share=1), runs.report("bob", share=0.5))
    entries = {"ada": handed_in("2026-02-01T10:00:00Z"), "bob": handed_in("2026-02-02T10:00:00+00:00")}
    text = 'roster = "roster.csv"\n' + HEAD
    found = outcome(tmp_path / "a", text, reports, entries, roster=ROSTER)
    assert final(found, "ada") == final(found, "bob") == 50 and "Handed in as bob." in notes(found, "ada")
    unclear = outcome(tmp_path / "b", text, reports, {**entries, "bob": handed_in()}, roster=ROSTER)
    assert final(unclear, "ada") == final(unclear, "bob") == 100
    assert "not all have a time" in record(unclear, "bob").unsettled[0]


def test_members_that_the_course_system_names_share_the_hand_in(tmp_path):
    """With a roster or without, everybody who handed in together has a record; nobody has two."""
    members = [{"name": "Carol Caro", "email": "carol@x.y", "id": "7"}, {"name": "Eve", "email": "eve@x.y", "id": "8"}]
    entries = {"ada": handed_in(email="ada@x.y", members=members)}
    with_roster = outcome(tmp_path / "a", 'roster = "roster.csv"\n' + HEAD, None, entries, roster=ROSTER)
    assert [final(with_roster, student) for student in ("ada", "bob", "carol", "eve@x.y")] == [100] * 4
    without = outcome(tmp_path / "b", HEAD, (runs.report("ada"), runs.report("eve", share=0.25)),
                      {**entries, "eve": handed_in(email="eve@x.y")})  # fmt: skip
    assert [each.student for each in without.records] == ["ada", "carol@x.y", "eve"]
    assert without.unknown == ()


# Lateness


def moments(after: timedelta) -> datetime:
    return DUE.astimezone(UTC) + after


@pytest.mark.parametrize(
    ("due", "handed_in_at", "days"),
    [
        ("2026-02-03 23:59", "2026-02-03 23:59", 0),
        ("2026-02-03 23:59", "2026-02-04 00:14", 0),  # within the grace
        ("2026-02-03 23:59", "2026-02-04 00:15", 1),
        ("2026-02-03 23:59", "2026-02-05 00:14", 1),  # each day has it
        ("2026-02-03 23:59", "2026-02-05 00:15", 2),
        ("2026-03-28 12:00", "2026-03-29 12:00", 1),  # a day of 23 hours
        ("2026-03-28 12:00", "2026-03-29 12:16", 2),
        ("2026-10-24 12:00", "2026-10-25 12:00", 1),  # a day of 25
        ("2026-10-24 12:00", "2026-10-25 12:16", 2),
        ("2026-02-03 23:59", "2030-02-03 23:59", 1461),
    ],
)
def test_days_end_at_the_time_of_day_at_which_the_lab_is_due(due, handed_in_at, days):
    """Whatever the clocks do in between; with a quarter of an hour of grace at each end."""
    times = [datetime.fromisoformat(text).replace(tzinfo=ZURICH) for text in (due, handed_in_at)]
    assert days_late(times[1], times[0], timedelta(minutes=15), ZURICH) == days
    assert days_late(times[1].astimezone(UTC), times[0].astimezone(UTC), timedelta(minutes=15), ZURICH) == days


def test_an_hour_that_comes_twice_is_told_apart():
    """Due in the first 2:30 of the night in which clocks go back, handed in the second: late."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZURICH)
    second = first.replace(fold=1)
    assert days_late(second, first, timedelta(0), ZURICH) == 1 and days_late(first, second, timedelta(0), ZURICH) == 0


rules = st.builds(
    LateRules,
    grace_minutes=st.integers(0, 120).map(Decimal),
    percent_a_day=st.decimals(0, 100, places=1),
    most_percent=st.decimals(0, 100, places=1),
    last_day=st.none() | st.integers(0, 10),
    slip_days_at_once=st.none() | st.integers(0, 5),
)
lateness = st.timedeltas(timedelta(days=-3), timedelta(days=15))
points = st.fractions(0, 10, max_denominator=12)
change = st.builds(Change, st.fractions(-20, 20, max_denominator=4), st.just("x"), st.sampled_from([None, "a", "b"]))
cases = st.tuples(
    st.fixed_dictionaries({question: points for question in "abw"}),
    st.lists(change, max_size=3),
    st.sampled_from(["on top", "up to the maximum", "dropped"]),
)


Case = tuple[dict[str, Fraction], list[Change], str]


def final_of(after: timedelta, law: LateRules, slip: int, case: Case) -> Fraction:
    got, given_, counts = case
    scale = Scale({"a": Fraction(10), "b": Fraction(10)}, {"w": Fraction(10)}, frozenset("b"), counts)
    days = days_late(moments(after), DUE, timedelta(minutes=float(law.grace_minutes)), ZURICH)
    return score(scale, got, got, charge(days, law, slip), given_).final


@settings(deadline=None)
@given(lateness, lateness, rules, st.integers(0, 5), cases)
def test_the_late_policy_is_fair(one, other, law, slip, case):
    """No score is below nothing, none rises by being later, and slip days never make it worse."""
    early, late = sorted((one, other))
    finals = [final_of(after, law, slip, case) for after in (early, late)]
    assert finals[0] >= finals[1] >= 0
    assert finals[1] >= final_of(late, law, 0, case)
    assert final_of(late, law, slip + 1, case) >= finals[1]
    assert final_of(timedelta(0), law, 0, case) >= finals[0], "nobody gains by the policy"


@settings(deadline=None)
@given(st.integers(0, 15), rules, st.integers(0, 5))
def test_slip_days_are_spent_first_and_never_for_nothing(days, law, slip):
    """They are spent before any percent are lost, as many as save something, and within what there is."""
    cost = charge(days, law, slip)
    assert 0 <= cost.slip_days <= min(days, slip)
    assert cost.percent <= law.most_percent
    if cost.slip_days:
        assert charge(days, law, cost.slip_days - 1).percent > cost.percent
    if days <= slip and law.slip_days_at_once is None and law.last_day is None:
        assert cost.percent == 0


LATE = """
timezone = "Europe/Zurich"
[late]
grace_minutes = 10
percent_a_day = 10
most_percent = 25
last_day = 4
slip_days = 2
[labs.optimization]
due = 2026-02-03T23:59:00
"""


@pytest.mark.parametrize(
    ("time", "expected", "words"),
    [
        ("2026-02-03T22:00:00Z", 100, "Code: 100 of 100. In all 100 of 100."),
        ("2026-02-03T23:05:00Z", 100, "6 min after 2026-02-03 23:59, which is within the grace."),
        ("2026-02-05T12:00:00Z", 100, "1 day 13 h 1 min after 2026-02-03 23:59: 2 days begun, 2 slip days used"),
        ("2026-02-06T12:00:00Z", 90, "3 days begun, 2 slip days used (0 left); 10 % of 100 are lost: 10."),
        ("2026-02-07T12:00:00Z", 80, "4 days begun, 2 slip days used (0 left); 20 % of 100 are lost: 20."),
        ("2026-02-08T12:00:00Z", 0, "4 days 13 h 1 min after 2026-02-03 23:59: too late to count."),
    ],
)  # fmt: skip
def test_what_lateness_costs_is_told_step_by_step(tmp_path, time, expected, words):
    found = outcome(tmp_path, LATE, None, {"ada": handed_in(time)})
    assert final(found) == expected and words in notes(found)


def test_slip_days_are_one_stock_for_the_course(tmp_path):
    """What was spent in the labs that were due before is gone; who handed those in on time has it still."""
    course = read_course(course_file(tmp_path, LATE + "[labs.warmup]\ndue = 2026-01-20T12:00:00\n"))
    reports = [runs.report("ada"), runs.report("bob")]
    late = {name: handed_in("2026-02-05T12:00:00Z") for name in ("ada", "bob")}
    run = read_run(runs.write_run(tmp_path / "run", reports, late), "optimization")
    warmup = [{**each, "lab": {**each["lab"], "name": "warmup"}} for each in reports]
    times = {"ada": handed_in("2026-01-21T10:00:00Z"), "bob": handed_in("2026-01-20T10:00:00Z")}
    before = read_run(runs.write_run(tmp_path / "warmup", warmup, times), "warmup")
    found = results(course, runs.OPTIMIZATION, run, {"warmup": before})
    assert (final(found, "ada"), final(found, "bob")) == (90, 100)
    assert "1 slip day used (0 left); 10 %" in notes(found, "ada")
    unknown = results(course, runs.OPTIMIZATION, run)
    assert "Slip days spent in warmup are not known" in unknown.remarks[0] and final(unknown, "ada") == 100


def test_late_without_a_time_is_on_time_and_for_staff_to_settle(tmp_path):
    """Nothing is lost for what nobody knows; the table of hand-ins settles it, and goes before the course system."""
    found = outcome(tmp_path / "a", LATE, None, {"ada": handed_in(None, True)})
    assert final(found) == 100 and "does not say since when" in record(found, "ada").unsettled[0]
    text = LATE + 'hand_ins = "times.csv"\n'
    times = "student,handed_in\nada,2026-02-06 13:00\n"
    for entry in (handed_in(None, True), handed_in("2026-02-01T00:00:00Z", False)):
        settled = outcome(tmp_path / "b", text, None, {"ada": entry}, times=times)
        assert final(settled) == 90 and not record(settled, "ada").unsettled
    undue = outcome(tmp_path / "c", "title = 'x'", None, {"ada": handed_in("2026-02-01T00:00:00Z", True)})
    assert "course.toml has no due date" in record(undue, "ada").unsettled[0]


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ('student = "ada"\nlab = "optimization"\ndays = 1', 90),
        ('student = "Ada Lovelace"\nlab = "optimization"\ndue = 2026-02-06T14:00:00', 100),
        ('group = "g1"\nlab = "optimization"\ndays = 3', 100),
        ('student = "ada"\ndays = 2', 100),
        ('student = "bob"\nlab = "optimization"\ndays = 9', 80),
        ('student = "ada"\nlab = "optimization"\ndue = 2026-02-01T00:00:00', 80),  # never a shorter time
    ],
)
def test_extensions_move_the_due_date_and_are_told(tmp_path, extension, expected):
    """For a student, a group, one lab or all of them; by days or to a date, and with the reason."""
    text = 'roster = "roster.csv"\n' + LATE.replace("slip_days = 2", "slip_days = 1")
    text += f'[[extensions]]\n{extension}\nreason = "ill"\n'
    found = outcome(tmp_path, text, None, {"ada": handed_in("2026-02-06T12:00:00Z")}, roster=ROSTER)
    assert final(found) == expected and ("ill" in notes(found)) == (expected != 80)


def test_a_lab_may_have_late_rules_of_its_own(tmp_path):
    """What [labs.….late] says goes before [late]; what it does not say stays."""
    text = LATE + "[labs.optimization.late]\npercent_a_day = 5\nslip_days_at_once = 1\n"
    found = outcome(tmp_path, text, None, {"ada": handed_in("2026-02-06T12:00:00Z")})
    assert final(found) == 90 and "1 slip day used (1 left); 10 %" in notes(found)


# Bonus, written answers, adjustments, excuses


@pytest.mark.parametrize(
    ("counts", "all_right", "adam_missed"),
    [("on top", 100, 93), ("up to the maximum", 98, 93), ("dropped", 98, 91)],
)
def test_bonus_points_count_as_the_course_says(tmp_path, counts, all_right, adam_missed):
    """The maximum is without them; they come on top, fill up, or are dropped."""
    text = HEAD + f'bonus = ["lookahead"]\nbonus_counts = "{counts}"\n'
    found = outcome(tmp_path, text, (runs.report("ada"), runs.report("bob", adam=0)))
    assert found.maximum == 98 and (final(found, "ada"), final(found, "bob")) == (all_right, adam_missed)


@pytest.fixture(scope="module")
def written_lab() -> Lab:
    manifest = runs.OPTIMIZATION.manifest
    written = (Written(id="ravine", title="Why does it zigzag?", points=3), Written(id="curve", title="?", points=2))
    return replace(runs.OPTIMIZATION, manifest=manifest.model_copy(update={"written": written}))


MARKS = 'student,question,score,comment\nada,ravine,"2,5",well said\nada,curve,,\nbob,curve,0,\n'


def test_written_answers_count_once_their_scores_are_there(tmp_path, written_lab):
    """Scores come from a table; who lacks one is listed, unless there is no answer to be graded."""
    blank = {**runs.report("carol", written_lab), "written": [{"id": q, "text": " "} for q in ("ravine", "curve")]}
    reports = (runs.report("ada", written_lab), runs.report("bob", written_lab), blank)
    found = outcome(tmp_path / "a", HEAD + 'written = "marks.csv"', reports, lab=written_lab, marks=MARKS)
    assert found.maximum == 105 and [final(found, s) for s in ("ada", "bob", "carol")] == [exact(102.5), 100, 100]
    assert "Written answer ravine: 2.5 of 3 (well said)." in notes(found)
    assert [record(found, student).unsettled for student in ("ada", "bob", "carol")] == [
        ("no score yet for curve",), ("no score yet for ravine",), ()]  # fmt: skip
    early = outcome(tmp_path / "c", HEAD + 'written = "marks.csv"', reports, lab=written_lab)
    assert final(early) == 100 and any("marks.csv is not there yet" in remark for remark in early.remarks)
    without = outcome(tmp_path / "b", HEAD, reports, lab=written_lab)
    assert without.maximum == 100 and not record(without, "ada").unsettled


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ada,ravine,3.5,", "line 2: 3.5 is not between 0 and 3"),
        ("ada,ravine,-1,", "line 2: -1 is not between 0 and 3"),
        ("ada,ravine,nan,", "line 2: 'nan' is no number of points"),
        ("ada,ravine,two,", "line 2: 'two' is no number of points"),
        ("ada,ravin,1,", "line 2: no written question is called 'ravin'; lab.toml has ravine, curve"),
        ("eve,ravine,1,", "line 2: nobody is called 'eve', in the roster or in the run"),
        ("ada,ravine,1,\n\nada,ravine,1,", "line 4: ada has a score for ravine already"),
        ('ada,ravine,1,"open', "line 2: not a line of CSV"),
    ],
)
def test_a_wrong_line_among_the_scores_is_refused_with_file_and_line(tmp_path, written_lab, line, words):
    """Out of range, unknown, twice, or no number: nothing is guessed."""
    marks = f"student,question,score,comment\n{line}\n"
    with pytest.raises(AutograderError) as caught:
        outcome(tmp_path, HEAD + 'written = "marks.csv"', lab=written_lab, marks=marks)
    assert words in str(caught.value) and "marks.csv" in str(caught.value)


def test_tables_may_name_students_by_their_folders(tmp_path, written_lab):
    """As the table does that `export --pdf` writes, for a download whose folders have the course system's names."""
    roster = '[[students]]\nstudent = "ada"\ncanvas = "1002"\n'
    marks = "student,question,score\nlovelaceada_1002,ravine,3\n"
    reports = (runs.report("lovelaceada_1002", written_lab),)
    text = f'{HEAD}written = "marks.csv"\n{roster}'
    assert final(outcome(tmp_path, text, reports, lab=written_lab, marks=marks)) == 103


def test_a_table_without_its_columns_says_what_they_are(tmp_path, written_lab):
    """Which are missing, and all that its first line must name."""
    with pytest.raises(InstructorError, match=r"marks\.csv lacks the column question, score\. .* student, question"):
        outcome(tmp_path, HEAD + 'written = "marks.csv"', lab=written_lab, marks="student,points_given\nada,1\n")


def test_adjustments_stay_right_when_a_regrade_gives_the_same_points(tmp_path):
    """Of a question they end at what it is worth; of the whole they count after the late policy; each tells why."""
    text = HEAD + "".join(
        f'[[adjustments]]\nstudent = "ada"\nlab = "optimization"\n{line}\nreason = "{why}"\n'
        for line, why in (
            ('question = "adam"\npoints = 3', "the handout was wrong"),
            ("points = -0.5", "no names in it"),
        )
    )
    before = outcome(tmp_path / "a", text, (runs.report("ada", adam=4),))
    after = outcome(tmp_path / "b", text, (runs.report("ada", adam=7),))
    assert final(before) == final(after) == exact(99.5)
    assert "+3 in adam: the handout was wrong. -0.5: no names in it." in notes(before)
    assert "+3 in adam, as far as the question's points go: the handout was wrong." in notes(after)


def test_excused_missing_and_ungraded_students_have_no_number(tmp_path):
    """Excused is EX, missing is nothing, and what the grader failed at is never a zero on the quiet."""
    text = 'roster = "roster.csv"\n' + HEAD + '[[excused]]\nstudent = "ada"\nlab = "optimization"\nreason = "ill"\n'
    reports = (runs.report("ada"), runs.report("bob", share=0, status="needs staff"))
    entries = {"carol": handed_in("2026-02-01T00:00:00Z")}  # in the download, and not graded yet
    found = outcome(tmp_path, text, reports, entries, roster=ROSTER.replace("g1", ""))
    assert [each.status for each in found.records] == ["excused", "needs staff", "not graded", "missing", "missing"]
    assert [each.entry for each in found.records] == [None] * 5
    assert "run the class again" in record(found, "bob").unsettled[0] and notes(found) == "Excused: ill."


@settings(deadline=None)
@given(st.integers(-(10**6), 10**6))
def test_points_are_rounded_half_up_from_exact_numbers(thousandths):
    """1.005 is 1.01, which floating point does not know; and nothing is lost on the way."""
    value = Fraction(thousandths, 1000)
    below, last = divmod(abs(thousandths), 10)
    expected = Decimal(below + (last >= 5)).scaleb(-2)
    assert abs(rounded(value)) == expected and exact(Decimal(brief(value))) == exact(rounded(value))


def test_a_run_without_course_toml_has_raw_scores(tmp_path):
    """No rules, no roster: the report's own score, and nobody is unknown."""
    run = runs.write_run(tmp_path / "run", [runs.report("ada", adam=3), runs.report("bob", share=0)])
    done = commands.grade("export", run, "--lab", "optimization")
    assert done.returncode == 0 and "By raw scores" in done.stderr, done.stderr
    rows = runs.rows_of((run / "exports" / "final.csv").read_text())
    assert [(row["student"], row["final"]) for row in rows] == [("ada", "96"), ("bob", "0")]
    assert done.stdout.strip() == str(run / "exports" / "final.csv")


def test_a_course_is_found_beside_and_its_rules_reach_the_table(tmp_path):
    """./course.toml and the last run of runs/LAB are taken; the table has every step, the screen whom to see."""
    text = 'roster = "roster.csv"\n' + LATE
    course_file(tmp_path, text, roster=ROSTER)
    entries = {"ada": handed_in("2026-02-06T12:00:00Z"), "x": handed_in(name="Zoe")}
    parent = tmp_path / "runs" / "optimization"
    runs.write_run(parent / "2026-02-01_10-00-00", [runs.report("ada", share=0)])
    runs.write_run(parent / "2026-02-09_10-00-00", [runs.report("ada"), runs.report("x")], entries)
    done = commands.grade("export", cwd=tmp_path)
    assert done.returncode == 1, "somebody is not in the roster"
    assert "Not in the roster: x" in done.stderr and "Handed in nothing: carol, dan, dan2" in done.stderr
    ada = runs.rows_of((parent / "2026-02-09_10-00-00" / "exports" / "final.csv").read_text())[0]
    expected = {"late_minutes": "3661", "late_days": "3", "slip_days": "2", "late_percent": "10", "late_points": "10",
                "final": "90"}  # fmt: skip
    assert expected.items() <= ada.items()
    course_file(tmp_path, text + 'run = "runs/optimization/2026-02-01_10-00-00"\n')
    named = commands.grade("export", cwd=tmp_path)
    assert named.stdout.strip() == "runs/optimization/2026-02-01_10-00-00/exports/final.csv", "the run that counts"


def test_the_course_in_the_guide_is_one(tmp_path):
    """Whoever copies docs/course.md has a course that is read, with all its tables."""
    text = (commands.ROOT / "docs" / "course.md").read_text().split("```toml")[1].split("```")[0]
    course = read_course(course_file(tmp_path, text, roster="student,group\nalice,g3\nbob,\ncarol,\n"))
    assert course.late_rules("optimization").percent_a_day == 20
    rules_ = course.manifest
    assert len(rules_.extensions) == len(rules_.adjustments) == len(rules_.excused) == 1
    written = set(LateRules.model_fields) | {"slip_days"}
    assert rules_.late.model_fields_set == written, "the guide shows every line of [late]"
    assert rules_.labs["optimization"].model_fields_set == set(LabRules.model_fields)


def test_a_broken_table_of_hand_ins_is_named(tmp_path):
    """hand_ins.json that is none is no traceback; another lab's run is refused."""
    run = runs.write_run(tmp_path / "run", [runs.report("ada")])
    (run / "hand_ins.json").write_text(json.dumps({"students": {"ada": {"handed_in": "soon"}}}))
    done = commands.grade("export", run)
    assert done.returncode == 1 and "hand_ins.json cannot be read" in done.stderr and "Traceback" not in done.stderr
    other = commands.grade("export", run, "--lab", "break_it")
    assert other.returncode in (1, 2) and "Traceback" not in other.stderr
