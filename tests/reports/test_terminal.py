"""What the terminal shows: the class at the end of a run, one student, two runs compared; and the same as JSON."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import commands
import pytest
import runs
import typer

from autograder.cli import app
from autograder.moves import total

HOSTILE = "eve\x1b[31m\u202e[red]\nmallory"
KEYS = {
    "run": {"schema", "lab", "out", "isolation", "convergence", "seconds", "students", "summary", "faults", "notices",
            "unwritten", "image"},
    "student": {"student", "score", "max_score", "questions", "status", "problem", "reused", "flags", "mistakes"},
    "summary": {"students", "kept", "mean", "max_score", "statuses", "flags", "questions"},
    "summary of a question": {"id", "points", "mean", "right", "mistake", "times"},
    "check": {"schema", "lab", "checks"},
    "public check": {"question", "name", "verdict", "message"},
    "diff": {"schema", "lab", "before", "after", "circumstances", "questions", "dropped", "added", "moves", "unchanged",
             "gone", "new", "means", "max_score"},
    "move": {"student", "from", "to", "by", "questions"},
    "moved question": {"id", "from", "to", "checks", "diagnosis"},
    "moved check": {"title", "from", "to", "message"},
}  # fmt: skip


def on_a_terminal(*arguments: object, **environment: str) -> str:
    """What `python grade.py ARGUMENTS` shows somebody who sits at a terminal."""
    ours, theirs = pty.openpty()
    inherited = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        commands.command(*arguments),
        stdin=theirs, stdout=theirs, stderr=theirs, env={**inherited, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    shown = b"".join(_read(ours))
    os.close(ours)
    process.wait()
    return shown.decode()


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(terminal, 1 << 16)
        except OSError:  # how Linux says that nobody holds the other end any more
            return


def piped(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        commands.command(*arguments), cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True
    )


def words(text: str) -> str:
    return " ".join(text.split())


def document(done: subprocess.CompletedProcess[str]) -> Any:
    """The one JSON document on stdout."""
    assert done.stdout.isascii() and not {"<", ">", "&", "\x1b"} & set(done.stdout)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A real class of two, graded with --json."""
    samples = [commands.SAMPLES / "wrong" / "adam_betas_hard_coded", commands.SAMPLES / "right" / "torch_style"]
    return commands.grade("run", *samples, "--out", tmp_path_factory.mktemp("graded"), "--jobs", 1, "--json")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run written by hand, the newest of two."""
    older = runs.write_run(tmp_path / "runs" / "optimization" / "2026-01-01", [runs.report("zoe")])
    os.utime(older / "grades.csv", (1, 1))
    diagnosed = runs.report("ada lovelace", adam=3)
    diagnosed["questions"][4]["diagnosis"] = {
        "kind": "mistake", "names": ["FixedBetas"], "text": "This behaves exactly like “fixed betas”: Look at `betas`."
    }  # fmt: skip
    reports = [diagnosed, runs.report("adam smith"), runs.report("bob", share=0.5)]
    people = {"bob": {"path": "", "name": "Robert Tables", "email": "bob@example.org"}}
    return runs.write_run(tmp_path / "runs" / "optimization" / "2026-02-02", reports, people)


def test_a_run_ends_with_the_class_at_a_glance(graded):
    """By question points, mean, who has it right and the mistake made most; in 80 columns, on stderr, in plain text."""
    lines = graded.stderr.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("question"))
    table, end = lines[start : start + 23], lines[start + 23]
    assert table[0].split(maxsplit=4)[:4] == ["question", "points", "mean", "right"] and len(table[0].rstrip()) <= 80
    assert "adam 7 50 % 1/2 1× fixed betas" in map(words, table) and "adamw 6 100 % 2/2" in map(words, table)
    assert max(map(len, table)) <= 80 and "\x1b" not in graded.stderr
    assert end.startswith("2 submissions; mean 73.5 of 100; 2 graded; 1 flagged: delegation; ") and end.endswith(" s.")


def test_a_run_as_json(graded):
    """One document: rows, summary and mishaps under the promised names, and no other line on stdout."""
    found = document(graded)
    assert set(found) == KEYS["run"] and found["schema"] == 1 and graded.returncode == 0
    ada, torch = found["students"]
    assert set(ada) == KEYS["student"] and (ada["score"], torch["score"]) == (47, 100)
    assert ada["mistakes"] == {"adam": ["FixedBetas"]} and ada["questions"]["adam"] == 0
    assert set(found["summary"]) == KEYS["summary"] and found["summary"]["statuses"] == {"graded": 2}
    adam = next(question for question in found["summary"]["questions"] if question["id"] == "adam")
    assert set(adam) == KEYS["summary of a question"] and adam["mean"] == 3.5 and adam["right"] == 1
    assert found["convergence"] == "replay" and set(found["lab"]) == {"name", "version", "hash"}
    assert (Path(found["out"]) / "grades.csv").exists() and not found["faults"] and not found["unwritten"]


def test_public_checks_as_json():
    """`check --json` prints every check's verdict, and exits as without it."""
    done = commands.grade("check", commands.HANDOUT, "--json")
    found = document(done)
    assert set(found) == KEYS["check"] and len(found["checks"]) == 45 and done.returncode == 1
    assert {frozenset(check) for check in found["checks"]} == {frozenset(KEYS["public check"])}
    assert {check["verdict"] for check in found["checks"]} == {"not attempted"}


def test_show_finds_the_student_in_the_newest_run(run):
    """A part of the name will do: the score, what to mend first, and what every lost point was lost for."""
    done = piped("show", "lovelace", cwd=run.parents[2])
    text = words(done.stdout)
    assert text.startswith(
        "ada lovelace · Optimization 1 · 96 of 100 points Fix first: 1 Adam: 4 points. This behaves exactly"
    )
    assert "✓ 6 / 6 adamw · AdamW" in text and "✗ 3 / 7 adam · Adam" in text
    assert "✗ failed: What Adam misses What Adam misses: step 3, expected 0.5, got 0.25" in text
    assert max(map(len, done.stdout.splitlines())) <= 80 and done.returncode == 0
    assert "zoe" in piped("show", "zoe", "--run", run.parent / "2026-01-01").stdout


def test_show_of_one_question_shows_all_its_checks(run):
    """--question ID shows also the checks that passed, and narrows the JSON likewise; an unknown one is named."""
    done = piped("show", "lovelace", "--run", run, "--question", "adam")
    assert "✓ passed: What Adam reaches" in words(done.stdout) and "sgd" not in done.stdout
    found = document(piped("show", "lovelace", "--run", run, "--question", "adam", "--json"))
    assert [question["id"] for question in found["questions"]] == ["adam"]
    done = piped("show", "lovelace", "--run", run, "--question", "adan")
    assert done.returncode == 2 and "no question 'adan'. There is: sgd, momentum" in done.stderr


def test_show_as_json_is_the_report(run):
    """What --json prints is report.json, word for word."""
    done = piped("show", "ada lovelace", "--run", run, "--json")
    assert done.stdout == (run / "ada lovelace" / "report.json").read_text()


def test_show_takes_a_path_an_address_and_an_exact_name(run):
    """A student's folder or report.json; the person whom the course system names; a name that others begin with."""
    for who in (run / "bob", run / "bob" / "report.json"):
        assert piped("show", who).stdout.startswith("bob · ")
    runs.write_run(run, [runs.report("ada")])
    for who, name in (("tables", "bob"), ("bob@example", "bob"), ("ADA", "ada")):
        assert piped("show", who, "--run", run).stdout.startswith(f"{name} · ")


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("ada", "'ada' may be one of 2 students: ada lovelace, adam smith"),
        ("adam smyth", "No student of runs/optimization/2026-02-02 is called 'adam smyth'. Is it adam smith"),
        ("somebody", "No student of runs/optimization/2026-02-02 is called 'somebody'."),
    ],
)
def test_a_name_that_several_or_nobody_have_is_wrong_usage(run, who, sentence):
    """Who may be meant is listed; with --json too stdout stays empty."""
    done = piped("show", who, "--json", cwd=run.parents[2])
    assert sentence in done.stderr and done.returncode == 2 and done.stdout == ""


def test_a_report_that_a_student_wrote_is_none(tmp_path):
    """A folder with somebody's own report.json in it is refused in a sentence, by `show` and by `diff`."""
    (tmp_path / "RUN" / "eve").mkdir(parents=True)
    content = {**runs.report("eve"), "questions": [{"id": 3, "checks": "none"}]}
    (tmp_path / "RUN" / "eve" / "report.json").write_text(json.dumps(content))
    shown = piped("show", "eve", "--run", "RUN", cwd=tmp_path)
    compared = piped("diff", "RUN", "RUN", cwd=tmp_path)
    assert "not one of this grader" in shown.stderr and "RUN holds no report" in compared.stderr
    assert shown.returncode == compared.returncode == 2


def test_diff_tells_whose_points_verdicts_and_words_changed(tmp_path):
    """Student by student, after what was different about the runs; exit code 1, as of diff."""
    before = [runs.report("ada"), runs.report("bob", adam=3), runs.report("cleo"), runs.report("gone")]
    after = [runs.report("ada"), runs.report("bob"), runs.report("cleo", sgd=0), runs.report("new")]
    for report in after:
        report["lab"]["version"], report["isolation"] = "2", "slots"
        report["questions"][0]["checks"][0]["runs"] = [{"source": "replayed"}]  # noted down, and no change
    one, two = runs.write_run(tmp_path / "one", before), runs.write_run(tmp_path / "two", after)
    done = piped("diff", one, two)
    text = words(done.stdout)
    for part in (
        "version of the lab: 1 → 2", "isolation: namespaces → slots", "training: not said → replayed",
        "100 → 96 -4 cleo sgd: 4 → 0", "96 → 100 +4 bob adam: 3 → 7", "passed → failed: What Stochastic",
        "+ What Stochastic gradient descent reaches: step 3", "In the first alone: gone", "In the second alone: new",
        "3 students in both: 1 gain, 1 lose, 0 are told otherwise for the same points, 1 as before",
    ):  # fmt: skip
        assert part in text, part
    assert done.returncode == 1 and " ada " not in text and max(map(len, done.stdout.splitlines())) <= 80
    found = document(piped("diff", one, two, "--json"))
    assert set(found) == KEYS["diff"] and found["gone"] == ["gone"] and found["new"] == ["new"]
    move = found["moves"][0]
    assert set(move) == KEYS["move"] and set(move["questions"][0]) == KEYS["moved question"]
    assert set(move["questions"][0]["checks"][0]) == KEYS["moved check"]
    assert found["means"] == [98.6667, 98.6667]


def test_diff_of_the_same_is_exit_code_0(run):
    """Also where the machine was another, as long as every student is told the same."""
    other = run.parents[2] / "other"
    for folder in (path.parent for path in run.glob("*/report.json")):
        report = json.loads((folder / "report.json").read_text())
        runs.write_run(other, [{**report, "isolation": "landlock"}])
    done = piped("diff", run, other)
    assert done.returncode == 0 and "isolation: namespaces → landlock" in done.stdout
    assert "3 as before" in words(done.stdout)


def test_diff_of_words_alone_is_a_difference(tmp_path):
    """Points and verdicts are as they were, and the student reads something else."""
    before, after = runs.report("ada", sgd=0), runs.report("ada", sgd=0)
    after["questions"][0]["checks"][0]["message"] = "other words"
    one, two = runs.write_run(tmp_path / "one", [before]), runs.write_run(tmp_path / "two", [after])
    done = piped("diff", one, two)
    assert "+ other words" in done.stdout and "1 are told otherwise" in words(done.stdout) and done.returncode == 1


def test_diff_compares_what_both_versions_of_a_lab_ask(tmp_path):
    """Points are those of the questions in both, and the others are named."""
    before, after = runs.report("ada"), runs.report("ada")
    del before["questions"][0], after["questions"][-1]
    for report in (before, after):
        report["score"] = total(question["score"] for question in report["questions"])
    one, two = runs.write_run(tmp_path / "one", [before]), runs.write_run(tmp_path / "two", [after])
    done = piped("diff", one, two)
    assert "Questions of the first alone: fit" in done.stdout and "Questions of the second alone: sgd" in done.stdout
    assert "mean 91.0 → 91.0 of 91" in words(done.stdout) and done.returncode == 0


def test_diff_refuses_runs_that_have_nothing_in_common(tmp_path):
    """Another lab, another class, a folder that is no run: exit code 2 and a sentence."""
    runs.write_run(tmp_path / "one", [runs.report("ada")])
    other = runs.report("ada")
    other["lab"]["name"] = "cooking"
    runs.write_run(tmp_path / "lab", [other])
    runs.write_run(tmp_path / "class", [runs.report("bob")])
    for folder, sentence in (
        ("lab", "runs of several labs, cooking, optimization"),
        ("class", "No student is in both runs: one has ada, class has bob"),
        ("none", "none holds no report"),
    ):
        done = piped("diff", "one", folder, "--json", cwd=tmp_path)
        assert sentence in done.stderr and done.returncode == 2 and done.stdout == ""


def test_colour_is_for_terminals(run):
    """On a terminal there is some, unless NO_COLOR or TERM=dumb asks for none; in a pipe never, whatever is set."""
    arguments = "show", "lovelace", "--run", run
    assert "\x1b[32m✓\x1b[0m" in on_a_terminal(*arguments)
    assert "\x1b[3" not in on_a_terminal(*arguments, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(*arguments, TERM="dumb")
    for name in ("FORCE_COLOR", "PY_COLORS", "TTY_COMPATIBLE", "GITHUB_ACTIONS"):
        assert "\x1b" not in piped(*arguments, **{name: "1"}).stdout
    assert "\x1b" not in piped("show", "--help", FORCE_COLOR="1").stdout
    assert "\x1b" not in on_a_terminal(*arguments, "--json")


def test_names_have_no_power_over_the_terminal(tmp_path):
    """Of a hostile name its escapes are shown, on a terminal too, and what was shown finds the student again."""
    one = runs.write_run(tmp_path / "one", [runs.report(HOSTILE)])
    report = runs.report(HOSTILE, sgd=0)
    report["questions"][0]["checks"][0]["message"] = "[bold]\x1b[2J\u202e`[/red]`"
    two = runs.write_run(tmp_path / "two", [report])
    escaped = r"eve\x1b[31m\u202e[red]\nmallory"
    for shown in (
        on_a_terminal("show", "mallory", "--run", two), on_a_terminal("diff", one, two),
        piped("show", escaped, "--run", two).stdout,
    ):  # fmt: skip
        assert escaped in shown and r"[bold]\x1b[2J\u202e`" in shown.replace("\x1b[36m", "")
        assert "\u202e" not in shown and "\x1b[31meve" not in shown and "\x1b[2J" not in shown
    assert document(piped("show", "mallory", "--run", two, "--json"))["student"] == escaped


def test_a_reader_may_leave(run):
    """`| head` is no error: nothing is said of it."""
    for arguments in (("show", "lovelace", "--run", run), ("show", "lovelace", "--run", run, "--json")):
        with subprocess.Popen(commands.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout and process.stderr
            process.stdout.close()
            assert process.stderr.read() == b"" and process.wait() == 0


def test_every_command_speaks_json():
    """Each has --json; that of `audit` takes a file, or - for stdout."""
    found = dict(_commands(typer.main.get_command(app)))
    assert {"run", "check", "show", "diff", "pack", "export", "regrade", "lab", "preview"} <= set(found)
    options = {name: [o for p in command.params for o in p.opts] for name, command in found.items()}
    assert [name for name in options if "--json" not in options[name]] == []


def _commands(group: Any) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command)
        elif not command.hidden:
            yield name, command


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "nowhere"],
        ["check", "nowhere"],
        ["pack", "nowhere"],
        ["export", "nowhere"],
        ["regrade", "nowhere"],
        ["diff", "nowhere", "nowhere"],
        ["new", "check", "x", "--question", "nothing"],
    ],
)
def test_an_error_with_json_is_a_sentence_on_stderr(tmp_path, arguments):
    """Exit code 2 as ever, and nothing on stdout that a program might take for a result."""
    done = piped(*arguments, "--json", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and "Error:" in done.stderr


def test_what_makers_make_is_listed_as_json(tmp_path):
    """`pack`, `bundle`, `export` and `new check` name the files that they wrote; those are there."""
    (tmp_path / "me").mkdir()
    (tmp_path / "me" / "optimizers.py").write_text("class SGD:\n    pass\n")
    packed = document(piped("pack", "me", "--json", cwd=tmp_path))
    assert Path(packed["file"]).exists() and packed["files"] == ["optimizers.py"] and packed["receipt"]["number"]
    bundled = document(piped("bundle", "--json", cwd=tmp_path))
    assert (tmp_path / bundled["file"]).exists() and "run_autograder" in bundled["files"]
    runs.write_run(tmp_path / "RUN", [runs.report("ada")])
    exported = document(piped("export", "RUN", "--junit", "--json", cwd=tmp_path))
    assert exported["files"] == ["RUN/exports/final.csv", "RUN/exports/junit.xml"]
    project = runs.project(tmp_path / "project")
    made = document(runs.grade_in(project, "new", "check", "doubled", "--question", "answer", "--json"))
    assert made["files"] and all((project / path).exists() for path in made["files"])
