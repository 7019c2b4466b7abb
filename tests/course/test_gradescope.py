"""Gradescope: what its page is told, and the zip that is uploaded there."""

import json
import shutil
import zipfile
from dataclasses import replace

import autograder_box
import commands
import pytest
from labs import tiny_lab

from autograder import gradescope
from autograder.account import FileAccount, account
from autograder.authoring.bundle import Choices, contents
from autograder.delegation import Flag
from autograder.errors import HarnessError, InstructorError, Verdict
from autograder.exports.gradescope import Circumstances, Told, not_graded, results
from autograder.grading import CheckReport, QuestionReport, Report
from autograder.lab import Lab, Limits
from autograder.machine import GRADER_MB, fitting, memory_mb
from autograder.submission import Submission

LATER = ("after_due_date", "after_published", "hidden")
SECRET = "the seventh step halves the rate"  # what only a hidden check knows
CHOICES = Choices("after_due_date", "replay")


def check(verdict=Verdict.PASSED, message="", points=3.0, title=SECRET, runs=()):
    score = points if verdict == Verdict.PASSED else 0
    return CheckReport("test_x.py::test_x", title, verdict, score, points, message, 0.1, runs)


def question(*checks, id="adam", title="Adam"):
    return QuestionReport(id, title, sum(c.score for c in checks), sum(c.max_score for c in checks), checks)


READ = (FileAccount("optimizers.py"),)


def report(*questions, status="graded", flags=(), files=READ, **more):
    made = Report(
        student="submission",
        status=status,
        lab={"name": "optimization", "title": "Optimization", "version": "1.1", "hash": "0" * 64},
        isolation="slots",
        environment={},
        score=sum(q.score for q in questions),
        max_score=sum(q.max_score for q in questions),
        questions=questions,
        flags=flags,
        key="k",
        files=files,
    )
    return {**json.loads(json.dumps(made.as_json())), **more}


def shown(content, told="visible", **circumstances):
    made = results(content, told if isinstance(told, Told) else Told(told), Circumstances(**circumstances))
    autograder_box.assert_shape(made)
    return made


def test_every_check_is_a_test_with_its_points():
    """Title, number, question and points; the points are the score, and the score is the report's."""
    lost = "after step 1: expected 0.5, got 0.7"
    made = shown(
        report(question(check()), question(check(points=2), check(Verdict.FAILED, lost, 5, "decay"), id="sgd"))
    )
    of_checks = [test for test in made["tests"] if test.get("tags")]
    assert [(t["number"], t["tags"], t["score"], t["max_score"], t["status"]) for t in of_checks] == [
        ("1.1", ["adam"], 3, 3, "passed"),
        ("2.1", ["sgd"], 2, 2, "passed"),
        ("2.2", ["sgd"], 0, 5, "failed"),
    ]
    assert (of_checks[2]["name"], of_checks[2]["output"]) == ("decay", lost)
    assert made["score"] == sum(t["score"] for t in of_checks) == 5
    assert "5 of 10 points" in made["output"]


@pytest.mark.parametrize("verdict", [Verdict.TIMEOUT, Verdict.FORBIDDEN, Verdict.NOT_ATTEMPTED, Verdict.SKIPPED])
def test_a_check_that_ended_otherwise_says_how(verdict):
    """A verdict that is neither passed nor failed is named before its words, and costs the points."""
    (test,) = (t for t in shown(report(question(check(verdict, "So it went."))))["tests"] if t.get("tags"))
    assert (test["output"], test["score"], test["status"]) == (f"{verdict}: So it went.", 0, "failed")


@pytest.mark.parametrize("feedback", LATER)
def test_before_their_time_neither_results_nor_score_are_seen(feedback):
    """Whatever the hidden checks found, what a student sees at once is the same."""
    good = report(question(check(), check(title="other")))
    bad = report(question(check(Verdict.FAILED, "expected 0.73104"), check(Verdict.TIMEOUT, "5 s", title="other")))
    texts = {autograder_box.seen_at_once(shown(content, feedback)) for content in (good, bad)}
    assert len(texts) == 1
    assert SECRET not in texts.pop()
    made = shown(bad, feedback)
    assert made["visibility"] == feedback
    assert {t["visibility"] for t in made["tests"] if t.get("tags")} == {feedback}


def test_results_that_are_never_shown_do_not_let_the_score_out_early():
    """Gradescope may show a total beside tests that are hidden for good; not beside one that waits for publication."""
    waiting = [t for t in shown(report(question(check())), "hidden")["tests"] if t["visibility"] == "after_published"]
    assert len(waiting) == 1 and "score" not in waiting[0]


def test_a_check_that_needs_staff_is_no_zero():
    """It has no score, says so to everybody, and staff find the reason and the log; the rest keeps its points."""
    content = report(
        question(check(), check(Verdict.NEEDS_STAFF, "This check itself did not work.", 4, "decay")),
        status="needs staff",
    )
    for feedback in ("visible", *LATER):
        made = shown(content, feedback, log="Traceback: KeyError")
        (test,) = (t for t in made["tests"] if t["name"] == "decay")
        assert "score" not in test and "max_score" not in test
        assert "NOT GRADED" in test["output"] and "4 points" in test["output"]
        assert made["score"] == 3
        assert "NOT FINAL: 1 check" in made["output"] and "no fault of yours" in made["output"]
        (staff,) = (t for t in made["tests"] if t["name"] == "For staff")
        assert staff["visibility"] == "hidden" and "KeyError" in staff["output"]
        assert made["extra_data"]["status"] == "needs staff"


def test_where_no_check_was_graded_there_is_no_score_at_all():
    """Neither at the top nor in a test, and no tests whose sum could be taken for one."""
    lost = check(Verdict.NEEDS_STAFF, "The judge was killed by SIGKILL.")
    made = shown(report(question(lost, lost), status="needs staff"), "after_due_date")
    assert "score" not in made and "tests" not in made
    assert made["output"].startswith("NOT GRADED.") and "no fault of yours" in made["output"]


def test_what_cannot_be_read_is_told_at_once():
    """That nothing could be opened is no secret, and the student has time to hand in again."""
    problem = "work.zip is not a readable zip archive. Pack it again."
    content = report(question(check(Verdict.NOT_ATTEMPTED, problem)), status="unreadable", files=())
    made = shown(content, "after_due_date", students=["Ada Lovelace", "Alan Turing"])
    seen = autograder_box.seen_at_once(made)
    assert problem in seen and "Ada Lovelace, Alan Turing" in seen
    assert made["tests"][0]["status"] == "failed" and made["score"] == 0


def test_what_was_read_is_told_at_once():
    """Files, what is wrong with them, what is not there and what is not finished, and the written answers."""
    files = (
        FileAccount("optimizers.py", missing=("sgd",), unfinished=("adam",)),
        FileAccount("schedulers.py", "SyntaxError in schedulers.py, line 3 (`x = (`)"),
        FileAccount("helpers.py"),
    )
    written = [{"id": "a", "title": "Why zigzag?", "max_score": 3, "text": "Because."},
               {"id": "b", "title": "Why warm up?", "max_score": 3, "text": " "}]  # fmt: skip
    content = report(question(check()), question(check(), id="sgd", title="SGD"), files=files, written=written)
    lines = shown(content, "hidden")["tests"][0]["output"].splitlines()
    assert lines == [
        "Read: optimizers.py, helpers.py.",
        "Cannot be used: SyntaxError in schedulers.py, line 3 (`x = (`)",
        "Not there, or under another name: SGD.",
        "Not finished, as a stub still raises NotImplementedError: Adam.",
        "A person grades your answers to: Why zigzag?.",
        "No answer was found to: Why warm up?.",
    ]


def test_texts_of_students_are_inert():
    """No control character, no bidi override, nothing that is taken for markup, and none without bounds."""
    nasty = "\x1b[31m\u202e<script>alert(1)</script> **bold** " + "x" * 100_000
    content = report(
        question(check(Verdict.ERROR, nasty, title=nasty)), files=(FileAccount(nasty, nasty), FileAccount(nasty))
    )
    made = shown(content, "visible", students=[nasty], log=nasty)
    for text in (made["output"], *(t[field] for t in made["tests"] for field in ("name", "output"))):
        assert text.replace("\n", "").isprintable() and len(text) < 50_000
    assert len(json.dumps(made)) < 100_000
    named = shown(report(question(check())), students=["Ada\nRead: everything."])["tests"][0]["output"]
    assert named.splitlines() == ["Handed in by Ada\\nRead: everything..", "Read: optimizers.py."]


def test_flags_are_for_staff():
    flagged = report(question(check()), flags=(Flag("delegation", "optimizers.py", 3, "leaves work to torch.optim"),))
    (staff,) = (t for t in shown(flagged)["tests"] if t["visibility"] == "hidden")
    assert "torch.optim" in staff["output"]
    assert not [t for t in shown(report(question(check())))["tests"] if t["visibility"] == "hidden"]


def test_the_leaderboard_is_there_when_the_lab_asks_for_it():
    """The mean held-out accuracy of runs that passed; without `leaderboard` in lab.toml there is none."""
    runs = ({"accuracy": 0.91}, {"accuracy": 0.93})
    content = report(question(check(runs=runs)), question(check(Verdict.INVENTED, "!", runs=runs), id="sgd"))
    assert "leaderboard" not in shown(content)
    asked = shown(content, Told("after_due_date", leaderboard=True))["leaderboard"]
    assert asked == [{"name": "Adam: held-out accuracy", "value": 0.92, "order": "desc"}]
    assert not Lab.find("optimization").manifest.feedback.leaderboard


# What was read of a hand-in

LAB = Lab.find("optimization")
STUB = (LAB.handout / "optimizers.py").read_text("utf-8")


def account_of(source):
    return account(Submission("s", {"optimizers.py": source.encode()}), LAB, {})[0]


def test_an_untouched_stub_is_not_finished():
    assert account_of(STUB).unfinished == tuple(q.id for q in LAB.manifest.questions if q.file == "optimizers.py")
    assert account_of(STUB).missing == ()


def test_a_finished_class_beside_a_stub_is_none():
    done = STUB.replace('raise NotImplementedError("Adam.update")', "pass")
    assert "adam" not in account_of(done).unfinished and "adamw" in account_of(done).unfinished


def test_a_name_that_is_nowhere_is_missing_and_one_that_is_imported_is_not():
    assert {"adam", "sgd"} <= set(account_of("class Adamm: pass").missing)
    assert account_of("from helpers import Adam, SGD").missing.count("adam") == 0
    assert account_of("from helpers import *").missing == ()


# The machine


def test_the_least_of_all_limits_counts(tmp_path):
    """Either version of cgroups; "max" is no limit."""
    files = {"meminfo": "MemTotal:  8388608 kB\n", "two": "max\n", "one": f"{768 << 20}\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    meminfo, two, one = (str(tmp_path / name) for name in files)
    assert memory_mb([two], meminfo) == 8192
    assert memory_mb([two, one, str(tmp_path / "none")], meminfo) == 768


def test_limits_fit_the_machine_and_are_never_widened():
    small = fitting(Limits(memory_mb=1024, submission_seconds=600), 420, 768)
    assert (small.memory_mb, small.submission_seconds) == (768 - GRADER_MB, 420)
    large = fitting(Limits(memory_mb=1024, submission_seconds=100), 420, 1 << 14)
    assert (large.memory_mb, large.submission_seconds) == (1024, 100)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (HarnessError("No judge can be started: Cannot allocate memory."), "The machine that grades lacks something."),
        (InstructorError(f"tests/hidden/test_x.py: {SECRET}"), "The lab's own checks do not work."),
        (RuntimeError(SECRET), "The grader itself failed."),
        (MemoryError(), "The grader itself failed."),
    ],
)
def test_whatever_goes_wrong_nobody_gets_a_zero(error, words, monkeypatch, tmp_path):
    """No score, plain words, and of the hidden suite nothing, not even in what is printed."""
    monkeypatch.setattr(gradescope.batch, "run", lambda *_: (_ for _ in ()).throw(error))
    heard = []
    outcome = gradescope.grade(LAB, gradescope.HandIn(tmp_path), Told("visible"), "replay", heard.append)
    autograder_box.assert_shape(outcome.data)
    assert outcome.needs_staff and "score" not in outcome.data and words in outcome.data["output"]
    assert SECRET not in json.dumps([outcome.data, heard])


def test_too_small_a_machine_grades_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(gradescope, "memory_mb", lambda: 384)
    heard = []
    outcome = gradescope.grade(LAB, gradescope.HandIn(tmp_path), Told("visible"), None, heard.append)
    assert outcome.needs_staff and "score" not in outcome.data
    assert "384 MB" in heard[-1]


@pytest.mark.parametrize(
    "metadata",
    ["", "{", "[]", "[" * 100_000, '{"users": null}', '{"users": [1, {"name": 5}, {"email": "a"}]}', '{"users": {}}'],
)
def test_metadata_that_cannot_be_read_costs_nothing(metadata, tmp_path):
    path = tmp_path / "submission_metadata.json"
    path.write_text(metadata)
    assert gradescope.students(path) == gradescope.students(None) == gradescope.students(tmp_path / "none") == ()


def test_a_lone_archive_is_what_was_handed_in(tmp_path):
    """Gradescope unpacks zips and leaves a tar as it is; beside other files it is no more than one of them."""
    archive = tmp_path / "work.tar.gz"
    archive.write_bytes(b"")
    (tmp_path / ".DS_Store").write_bytes(b"")
    assert gradescope._handed_in(tmp_path) == archive
    (tmp_path / "optimizers.py").write_text("")
    assert gradescope._handed_in(tmp_path) == tmp_path
    assert gradescope._handed_in(tmp_path / "none") == tmp_path / "none"


# The zip


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The optimization lab's, by the command line."""
    out = tmp_path_factory.mktemp("bundle") / "autograder.zip"
    done = commands.grade("bundle", "--lab", "optimization", "--out", out, "--convergence", "replay")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def box(bundle, tmp_path):
    return autograder_box.make_box(tmp_path / "autograder", bundle, autograder_box.HERE)


def test_the_zip_holds_what_grading_reads_and_nothing_else(bundle):
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
    tops = {"autograder", "assignments", "reference", "tests"}
    loose = {"setup.sh", "run_autograder", "grade.py", "constraints.txt", "requirements.txt"}
    assert {name.partition("/")[0] for name in names} == tops | loose
    assert {name for name in names if name.startswith("tests/")} == {
        f"tests/hidden/optimization/{path.name}" for path in LAB.hidden_suite.glob("*.py")
    }
    assert all("/optimization/" in name for name in names if name.partition("/")[0] in ("assignments", "reference"))
    foreign = ("authoring/", "__pycache__", ".pyc", ".ipynb", "checks/", "submissions", "break_it", "equivalents")
    assert not [name for name in names for word in foreign if word in name]


def test_the_zip_is_the_same_whenever_it_is_made(bundle, tmp_path):
    """The same bytes, with no date in them."""
    again = tmp_path / "again.zip"
    assert commands.grade("bundle", "--out", again, "--convergence", "replay").returncode == 0
    assert again.read_bytes() == bundle.read_bytes()
    with zipfile.ZipFile(again) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_lab_of_students_tests_brings_its_bank():
    names = contents(Lab.find("break_it"), CHOICES)
    assert "reference/optimization/optimizers.py" in names and "reference/break_it/test_student.py" in names


def test_the_lab_says_when_results_are_seen_unless_the_call_does(tmp_path):
    lab = tiny_lab(tmp_path)
    assert lab.manifest.feedback.visibility == "after_due_date", "without a word in lab.toml"
    for feedback in LATER:
        assert f"--feedback {feedback}" in contents(lab, replace(CHOICES, feedback=feedback))["run_autograder"].decode()
    done = commands.grade("bundle", "--feedback", "sometimes", "--out", tmp_path / "a.zip")
    assert done.returncode == 2 and not (tmp_path / "a.zip").exists()


def test_where_it_cannot_be_written_nothing_is_left(tmp_path):
    (tmp_path / "a.zip").mkdir()
    done = commands.grade("bundle", "--out", tmp_path / "a.zip")
    assert done.returncode == 2 and "cannot be written" in done.stderr
    assert not list(tmp_path.glob(".*"))


def test_an_index_for_torch_is_a_word_and_no_command(tmp_path):
    """Whatever is in it, the shell takes it for one word."""
    script = contents(LAB, replace(CHOICES, torch_index="file:///x'; touch /tmp/y; echo '"))["setup.sh"].decode()
    assert """TORCH_INDEX='file:///x'"'"'; touch /tmp/y; echo '"'"''\n""" in script


def test_run_autograder_grades_what_was_handed_in(box, tmp_path):
    """With nothing but the bundle.  At once the student sees names, files and that one cannot be imported, for no
    hidden input has a part in that; of checks and score nothing, nor does what is printed tell."""
    work = tmp_path / "work"
    shutil.copytree(commands.SAMPLES / "wrong" / "adam_without_bias_correction", work)
    (work / "schedulers.py").write_text("from base import LRScheduler\n\nclass StepLR(LRScheduler)\n    pass\n")
    autograder_box.hand_in(box, work, ["Ada Lovelace", "Alan"])
    done = autograder_box.run(box)
    assert done.returncode == 0, done.stderr
    made = autograder_box.results(box)
    of_checks = [test for test in made["tests"] if test.get("tags")]
    lost = {test["tags"][0] for test in of_checks if test["status"] == "failed"}
    assert {"adam", "step_lr"} <= lost and "sgd" not in lost
    assert made["score"] == sum(test["score"] for test in of_checks) > 0
    seen = autograder_box.seen_at_once(made)
    assert "Ada Lovelace, Alan" in seen
    assert "SyntaxError in schedulers.py, line 3 (`class StepLR(LRScheduler)`)" in seen
    told = [test[field] for test in of_checks for field in ("name", "output") if "schedulers.py" not in test[field]]
    assert not [text for text in told if text and text in seen + done.stdout + done.stderr]
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["A", "Isolation:", "Graded."]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("kill -KILL $$", "ran out of memory"),
        ("sleep 60", "took longer than it may"),
        ("exit 3", "could not run, or could not write"),
        ("exit 0", "did not finish"),
    ],
    ids=["killed", "too slow", "broken", "silent"],
)
def test_a_grader_that_dies_leaves_word(command, words, box):
    """The same as the grader itself would write, and never a score."""
    autograder_box.hand_in(box, commands.SAMPLES / "right" / "update_hook")
    (box / "venv").unlink()
    python = box / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{command}\n")
    python.chmod(0o755)
    script = box / "run_autograder"
    script.write_text(script.read_text().replace("limit=540", "limit=1"))
    assert autograder_box.run(box).returncode == 0
    made = autograder_box.results(box)
    assert words in made["output"]
    expected = not_graded("…")
    assert made.keys() | {"execution_time"} == expected.keys()
    assert made["output"].partition("\n")[2] == expected["output"].partition("\n")[2]


def test_an_earlier_result_does_not_stand_for_this_one(box):
    """Should the grader not even start, what is there says so."""
    (box / "results" / "results.json").write_text('{"score": 100}')
    shutil.rmtree(box / "source")
    assert autograder_box.run(box).returncode == 0
    assert "score" not in autograder_box.results(box)
