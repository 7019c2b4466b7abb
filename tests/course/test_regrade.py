"""After a check was mended: who moves is shown first, only what moved is written, and no later call is misled."""

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import commands
import pytest
import runs
from labs import NAME

from autograder.batch import Order
from autograder.cli import regrading
from autograder.folder import INPUTS, LOCK
from autograder.hand_ins import sources_of
from autograder.regrade import Regrade, _compared
from autograder.submission import Source

SCENARIOS = """
def call(lab, **inputs):
    return lab.answers.Answer(**inputs).value
"""
# Refuses a whole number, which is right, and never asks for a second answer.
CHECKS = '''
import pytest
import scenarios

@pytest.mark.question("answer")
def test_answer(agree):
    """The answer is twice the number."""
    agree(scenarios.call, number=21.0)

@pytest.mark.question("answer")
def test_small(student):
    """Small numbers are doubled, too."""
    assert type(student.run(scenarios.call, number=2.0)) is float, "that is no float"

@pytest.mark.question("other")
def test_other(agree):
    """So is thirty."""
    agree(scenarios.call, number=30.0)
'''
MENDED = CHECKS.replace(
    "type(student.run(scenarios.call, number=2.0)) is float", "student.run(scenarios.call, number=2.0) == 4"
)
BROKEN = CHECKS.replace("type(student.run(scenarios.call, number=2.0)) is float", "undefined")
ANSWERS = {
    "ada": "2 * number",
    "bob": "2 * number if number > 5 else int(2 * number)",  # right, and refused by the check as it was
    "carol": "3 * number if number > 5 else 4.0",
    "dora": "2 * number if number > 5 else 1.0",  # wrong, and not caught by it
    "gone": "2 * number",
}


def submit(folder: Path, student: str, answer: str) -> None:
    (folder / student).mkdir(parents=True)
    source = f"class Answer:\n    def __init__(self, number=1.0):\n        self.value = {answer}\n"
    (folder / student / "answers.py").write_text(source)


def mend(project: Path, checks: str = MENDED) -> None:
    (project / f"tests/hidden/{NAME}/test_answers.py").write_text(checks)


def run(project: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return runs.grade_in(project, "run", *arguments, "--out", "RUN", "--isolation", "local")


def regrade(project: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """In the end nothing is left of what was graded beside the run."""
    done = runs.grade_in(project, "regrade", "RUN", *arguments, "--isolation", "local")
    assert not list(project.glob(".RUN*")) and "Traceback" not in done.stderr
    return done


def report(project: Path, student: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project / "RUN" / student / "report.json").read_text())
    return content


def scores(project: Path) -> dict[str, str]:
    return {row["student"]: row["score"] for row in runs.rows_of((project / "RUN" / "grades.csv").read_text())}


def content(folder: Path) -> dict[str, bytes]:
    """All that a run holds, but for the number of the process that held it."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != LOCK]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A class of five, graded by a check that was mended since; the submission of one is gone."""
    project = runs.project(
        tmp_path / "project", checks=CHECKS, scenarios=SCENARIOS, questions={"answer": 4, "other": 6}
    )
    for student, answer in ANSWERS.items():
        submit(project / "class", student, answer)
    done = run(project, "class")
    assert done.returncode == 0, done.stderr
    assert scores(project) == {"ada": "10", "bob": "8", "carol": "2", "dora": "10", "gone": "10"}
    shutil.rmtree(project / "class" / "gone")
    mend(project)
    return project


def test_a_regrade_of_one_question_from_its_table_to_later_calls(project):
    """Shows who moves and writes nothing; then just that; a late submission and a later run are not misled by it."""
    before = content(project / "RUN")
    shown = regrade(project, "--only", "answer")
    assert [" ".join(line.split()) for line in shown.stdout.splitlines()] == [
        "student from to by because",
        "bob 8 10 +2 answer 2 → 4 (Small numbers are doubled, too: failed → passed)",
        "dora 10 8 -2 answer 4 → 2 (Small numbers are doubled, too: passed → failed)",
    ]
    assert f"gone keeps the old grade: {project / 'class' / 'gone'} is not there any more" in shown.stderr
    assert "1 gain, 1 lose, 0 keep their points with other verdicts; 2 as before" in shown.stderr
    assert "Nothing was written: pass --write" in shown.stderr and shown.returncode == 1
    assert content(project / "RUN") == before

    old = {student: report(project, student) for student in ANSWERS}
    old["bob"]["written"] = [{"id": "ravine", "text": "my answer"}]
    (project / "RUN" / "bob" / "report.json").write_text(json.dumps(old["bob"]))
    told = json.loads(regrade(project, "--only", "answer", "--write", "--json").stdout)
    assert told["lab"] == NAME and told["questions"] == ["answer"] and told["written"] is True
    assert [(m["student"], m["from"], m["to"], m["by"]) for m in told["moves"]] == [
        ("bob", 8, 10, 2),
        ("dora", 10, 8, -2),
    ]
    check = {"title": "Small numbers are doubled, too.", "from": "failed", "to": "passed"}
    assert told["moves"][0]["questions"] == [{"id": "answer", "from": 2, "to": 4, "checks": [check]}]
    assert list(told["left"]) == ["gone"] and told["unchanged"] == ["ada", "carol"]
    assert scores(project) == {"ada": "10", "bob": "10", "carol": "2", "dora": "8", "gone": "10"}
    bob = report(project, "bob")
    assert bob["score"] == 10 and [each["verdict"] for each in bob["questions"][0]["checks"]] == ["passed"] * 2
    assert bob["questions"][1] == old["bob"]["questions"][1] and bob["written"] == old["bob"]["written"]
    (note,) = bob["regraded"]
    assert note.pop("time") and note == {"questions": ["answer"], "from": 8, "to": 10}
    assert content(project / "RUN")["bob/worker.log"].startswith(before["bob/worker.log"])
    assert b"Graded again" in content(project / "RUN")["dora/report.html"]
    for student in ("ada", "carol", "gone"):
        assert {**report(project, student), "stands_beside": 0} == {**old[student], "stands_beside": 0}

    submit(project / "late", "eve", "2 * number")
    late = run(project, "late/eve")
    assert "keeps 5 more" in late.stderr and "another version" not in late.stderr
    assert scores(project) == {"ada": "10", "bob": "10", "carol": "2", "dora": "8", "eve": "10", "gone": "10"}

    mend(project, CHECKS)  # even back where it was, no mixture is taken for a report of the lab's own
    again = run(project, "class")
    kept = {line.split()[3]: "(kept)" in line for line in again.stdout.splitlines() if " / " in line}
    assert kept == {"ada": True, "bob": False, "carol": True, "dora": False}
    assert not {"regraded", "stands_beside"} & set(report(project, "bob"))


def test_a_full_regrade_is_what_a_run_would_leave(project):
    """Everybody gets the new report, with a note where something moved; the next `run` keeps them all."""
    done = regrade(project, "--write")
    assert done.stdout.splitlines()[-1] == "RUN/index.html" and done.returncode == 1
    assert scores(project)["bob"] == "10" and report(project, "bob")["regraded"][0]["to"] == 10
    assert "regraded" not in report(project, "ada") and "stands_beside" not in report(project, "ada")
    again = run(project, "class")
    assert again.stdout.count("(kept)") == 4 and scores(project)["gone"] == "10"


# What becomes of reports, without grading


def graded(folder: Path, **reports: dict[str, Any]) -> Path:
    return runs.write_run(folder, [{**each, "student": name} for name, each in reports.items()])


def compared(tmp_path: Path, old: dict[str, Any], new: dict[str, Any], *only: str) -> Regrade:
    """As if grading `old` again had given `new`."""
    lab = runs.OPTIMIZATION
    run_, fresh = graded(tmp_path / "RUN", ada=old), graded(tmp_path / "fresh", ada=new)
    sources = [Source("ada", tmp_path)]
    return _compared(Order(lab, sources, run_, 1, "local", lab.manifest.limits, only=only), fresh, {})


def test_what_went_wrong_in_grading_again_costs_nobody_the_old_grade(tmp_path):
    """A check that does not work, a submission that was emptied since: the old report stays, and it is said."""
    old = runs.report("ada")
    for status, words in (("needs staff", "did not work and needs staff"), ("unreadable", "cannot be read any more")):
        found = compared(tmp_path / status, old, runs.report("ada", share=0, status=status))
        assert words in dict(found.left)["ada"] and not found.moves and not found.records
    found = compared(tmp_path, runs.report("ada", share=0, status="unreadable"), old, "adam")
    assert "grade it again without --only" in dict(found.left)["ada"]


def test_what_needed_staff_is_mended_by_the_questions_that_did(tmp_path):
    """A check that did not work and does now gives its points, and the report its status."""
    old, new = runs.report("ada"), runs.report("ada")
    adam = next(question for question in old["questions"] if question["id"] == "adam")
    adam.update(score=0, checks=[{**adam["checks"][0], "verdict": "needs staff", "score": 0}])
    found = compared(tmp_path, {**old, "status": "needs staff", "score": 93}, new, "adam")
    report_, _ = found.records["ada"]
    assert (report_["status"], report_["score"], report_["key"]) == ("graded", 100, "")


def test_other_words_alone_move_nobody(tmp_path):
    """A clearer message is written and counted, but is no move; how long a check took is nothing at all."""
    old, new = runs.report("ada", adam=3), runs.report("ada", adam=3)
    for question in new["questions"]:
        for check in question["checks"]:
            check["seconds"] += 1
    assert not compared(tmp_path / "a", old, new).moves
    new["questions"][4]["checks"][1]["message"] = "said better"
    found = compared(tmp_path / "b", old, new)
    assert len(found.moves) == 1 and not found.seen and "ada" in found.records


def test_submissions_are_found_where_they_were_handed_in(tmp_path):
    """By hand_ins.json, whatever a folder is called; by the paths of the last call, an archive in a folder included."""
    for name in ("bob_1234_88", "carol", "dan"):
        (tmp_path / "class" / name).mkdir(parents=True)
    (tmp_path / "class" / "dan" / "upload.zip").touch()
    run_ = graded(tmp_path / "RUN", **{name: runs.report(name) for name in ("ada", "bob", "carol", "dan", "eve")})
    paths = [tmp_path / "class" / name for name in ("ada", "carol", "dan/upload.zip")]
    (run_ / INPUTS).write_text("".join(f"{path}\n" for path in paths))
    entry = {"path": str(tmp_path / "class" / "bob_1234_88"), "handed_in": None, "late": None}
    (run_ / "hand_ins.json").write_text(json.dumps({"students": {"bob": entry}}))
    found, gone = sources_of(run_)
    assert {source.student: source.path.name for source in found} == {
        "bob": "bob_1234_88", "carol": "carol", "dan": "upload.zip"}  # fmt: skip
    assert gone == {"ada": f"{paths[0]} is not there any more", "eve": "nothing says where the submission lies"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "is_written"), [("yes", True), ("y", False), ("", False)])
def test_on_a_terminal_it_asks(tmp_path, monkeypatch, answer, is_written):
    """Only a yes in full writes."""
    found = compared(tmp_path, runs.report("ada", adam=3), runs.report("ada"))
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    monkeypatch.setattr("sys.stdout", Terminal())
    regrading._settle(found, write=False, json=False)
    assert (report(tmp_path, "ada")["score"] == 100) == is_written
    assert (scores(tmp_path)["ada"] == "100") == is_written


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["RUN", "--only", "adan"], "optimization has no question 'adan'. There is: sgd,"),
        (["RUN", "--jobs", "0"], "Invalid value for '--jobs'"),
        (["RUN"], "None of the submissions of RUN is there any more"),
        (["empty"], "empty holds no report"),
        (["nowhere"], "nowhere does not exist"),
        ([], "There is no run in runs/optimization"),
    ],
)
def test_wrong_usage_is_a_sentence(tmp_path, arguments, sentence):
    """What was wrong and what to do; no folder is made for it."""
    graded(tmp_path / "RUN", ada=runs.report("ada"))
    (tmp_path / "empty").mkdir()
    done = commands.grade("regrade", *arguments, cwd=tmp_path)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["RUN", "empty"]
