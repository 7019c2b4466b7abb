"""The command line: what it says when all is well, and when it is called in a way that cannot work."""

import csv
import shutil
import subprocess
import sys

import commands
import pytest

from autograder.sandbox import ISOLATION

QUESTIONS = [
    "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lookahead", "step_lr", "exponential_lr",
    "cosine_annealing_lr", "warm_restarts", "cyclic_lr", "warmup_cosine_lr",
    "lr_range_test", "smooth", "suggest_lr", "diagnose", "clip_grad_norm", "early_stopping", "train_epoch",
    "evaluate", "fit",
]  # fmt: skip


def test_a_run_prints_a_line_a_student_and_last_the_page(tmp_path):
    """Piped, the output is plain; grades.csv has exactly the promised columns; the report all promised keys."""
    class_folder = commands.copies_of_reference(tmp_path / "class", 2)
    done = commands.grade("run", class_folder, "--out", tmp_path / "out", "--jobs", 1)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr
    assert [line.split() for line in lines[:2]] == [["100", "/", "100", f"student00{i}"] for i in range(2)]
    assert lines[-1] == str(tmp_path / "out" / "index.html")
    with (tmp_path / "out" / "grades.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["student", "score", "max_score", *QUESTIONS, "status"]
    assert rows[0][:3] == ["student000", "100", "100"] and rows[0][-1] == "graded"
    report = commands.report(tmp_path / "out", "student000")
    assert {"schema", "student", "lab", "isolation", "environment", "score", "max_score", "questions"} <= set(report)
    assert {"version", "hash"} <= set(report["lab"]) and report["isolation"] in ISOLATION["auto"]
    assert [question["id"] for question in report["questions"]] == QUESTIONS
    for question in report["questions"]:
        assert {"id", "title", "score", "max_score", "checks"} <= set(question)
        for check in question["checks"]:
            assert set(check) == {"name", "title", "verdict", "score", "max_score", "message", "seconds", "runs"}
    assert (tmp_path / "out" / "student000" / "worker.log").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "no-such-folder"], "no-such-folder does not exist"),
        (["run", "."], "holds no submission"),
        (["run", ".", "--lab", "cooking"], "no lab 'cooking'"),
        (["run"], "Missing argument"),
        (["run", ".", "--isolation", "hopeful"], "'hopeful' is not one of"),
        (["run", ".", "--jobs", "0"], "greater than or equal to 1"),
        (["run", ".", "--timeout", "soon"], "Invalid value for '--timeout'"),
        (["check", "no-such-folder"], "no-such-folder does not exist"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_a_sentence(tmp_path, arguments, sentence):
    """What was wrong is named, nothing is written and no traceback shown."""
    done = commands.grade(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.replace("│", " ").split()) and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_results_do_not_go_among_the_submissions(tmp_path):
    """An --out inside the class, or in place of a file, is refused before anything is written."""
    class_folder = commands.copies_of_reference(tmp_path / "class", 2)
    for out in (class_folder, class_folder / "results", class_folder / "student000" / "optimizers.py"):
        done = commands.grade("run", class_folder, "--out", out)
        assert done.returncode == 2 and "among the submissions" in done.stderr
    (tmp_path / "file").touch()
    done = commands.grade("run", class_folder, "--out", tmp_path / "file")
    assert done.returncode == 2 and "Results cannot go to" in done.stderr
    assert sorted(path.name for path in class_folder.rglob("*")) == sorted(
        ["student000", "student001", *["optimizers.py", "schedulers.py", "lr_finder.py", "training.py"] * 2]
    )


def test_help_explains_the_whole_tool():
    """A TA can learn the tool from --help: the outputs, every option, the exit codes."""
    text = commands.grade("run", "--help").stdout + commands.grade("--help").stdout
    for word in ("--lab", "--out", "--jobs", "--isolation", "--timeout", "grades.csv", "report.json", "worker.log",
                 "Exit codes", "check", "interrupt"):  # fmt: skip
        assert word in text


def test_a_shorter_timeout_is_heeded_and_named(tmp_path):
    """--timeout S sets the wall seconds of a check."""
    sample = commands.SAMPLES / "hostile" / "sleeps_through_sigterm"
    commands.grade("run", sample, "--out", tmp_path, "--timeout", "1.5")
    losses = [commands.first_loss(question) for question in commands.report(tmp_path, sample.name)["questions"]]
    (loss,) = (loss for loss in losses if loss and loss["verdict"] != "not attempted")
    assert loss["verdict"] == "timeout" and "1.5 s" in loss["message"] and 1.4 < loss["seconds"] < 4


def test_local_isolation_is_named_in_the_report(tmp_path):
    """Who trusts the code may go without a sandbox, and the report says so."""
    class_folder = commands.copies_of_reference(tmp_path / "class", 1)
    assert commands.grade("run", class_folder, "--out", tmp_path / "out", "--isolation", "local").returncode == 0
    report = commands.report(tmp_path / "out", "student000")
    assert report["isolation"] == "local" and report["score"] == 100


def test_check_passes_the_reference_and_counts_what_is_left(tmp_path):
    """`check DIR` needs no sandbox: 0 when every public check passes, 1 with the open ones named."""
    right = commands.grade("check", next(commands.copies_of_reference(tmp_path / "class", 1).iterdir()))
    assert right.returncode == 0 and "45 of 45 public checks passed" in right.stdout, right.stdout
    stubs = commands.grade("check", commands.HANDOUT)
    assert stubs.returncode == 1 and stubs.stdout.count("not attempted") == 45
    wrong = commands.grade("check", commands.SAMPLES / "wrong" / "adam_without_bias_correction")
    assert wrong.returncode == 1 and "expected" in wrong.stdout and "adam first step" in wrong.stdout


def test_check_runs_where_linux_calls_do_not_exist(tmp_path):
    """The student's door opens on macOS and Windows: nothing that only Unix or Linux has is imported."""
    shutil.copytree(commands.SAMPLES / "right" / "torch_style", tmp_path / "me")
    script = (
        "import sys\n"
        "for name in ('fcntl', 'resource', 'pwd', 'grp', 'termios'): sys.modules[name] = None\n"
        "sys.argv = ['grade.py', 'check', 'me']\n"
        "from autograder.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
