"""`grade.py pack`: what is handed in, what is said before, and the receipt that the grader recognises."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import commands
import nbformat
import pytest
from labs import tiny_lab, write_files
from packing import PACKERS, read, zipped

from autograder import packing, zipping
from autograder.checking import PublicResult
from autograder.errors import SubmissionError, UsageError, Verdict
from autograder.lab import Lab
from autograder.receipts import NAME, read_receipt
from autograder.submission import Source, Submission, read_submission

SAMPLE = commands.SAMPLES / "right" / "update_hook"
CODE = b"class Answer: ...\n"
PLACEHOLDER = "_Type your answer here, replacing this text._"


def notebook(*cells: tuple[str, str], **more: Any) -> bytes:
    """A notebook that was run, of cells of a kind and a source."""
    made = []
    for number, (kind, source) in enumerate(cells):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": [source]}
        if kind == "code":
            cell |= {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": ["out!"]}]}
        made.append(cell)
    content = {"cells": made, "metadata": {"kernelspec": {"name": "x"}}, "nbformat": 4, "nbformat_minor": 5, **more}
    return json.dumps(content).encode()


def zip_files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab of one file, whose handout has a given file, a public check and requirements."""
    found = tiny_lab(tmp_path / "project", given={"base.py": "x = 1\n"})
    handout = {"checks/test_answer.py": "def test_answer(): ...", "requirements.txt": "torch", "answers.py": "stub"}
    write_files(found.handout, handout)
    with (found.handout.parent / "lab.toml").open("a") as file:
        file.write('\n[[written]]\nid = "why"\ntitle = "Why does it zigzag?"\npoints = 3\n')
    return Lab.find(found.name, found.root)


@pytest.fixture(autouse=True)
def results(monkeypatch: pytest.MonkeyPatch) -> list[PublicResult]:
    """What the public checks come to, which only tests through the command line run."""
    found = [PublicResult("answer", "answer", Verdict.PASSED, "")]
    monkeypatch.setattr(packing, "check_submission", lambda files, lab: found)
    return found


def packed(folder: Path, lab: Lab, out: Path) -> packing.Packed:
    return packing.write(packing.look_through(folder, lab), lab, out)


# Through the door


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """Reports of a class that packed: as it was, changed afterwards, with a forged receipt, and without one; and what
    `pack` printed."""
    root = tmp_path_factory.mktemp("packing")
    work = shutil.copytree(SAMPLE, root / "optimization")
    shutil.copytree(commands.HANDOUT / "checks", work / "checks", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("base.py", "model.py", "README.md", "requirements.txt"):
        shutil.copy(commands.HANDOUT / name, work)
    write_files(work, {"lab.ipynb": notebook(("code", "1 + 1")), "plot.png": b"\x89PNG"})
    done = commands.grade("pack", work)
    assert done.returncode == 0, done.stdout + done.stderr
    archive = root / "optimization-hand-in.zip"
    files = zip_files(archive)
    assert {*files} == {"optimizers.py", "schedulers.py", "lab.ipynb", NAME}
    forged = json.dumps({**json.loads(files[NAME]), "sha256": "0" * 64}).encode()
    students = {
        "honest": files,
        "changed": {**files, "schedulers.py": files["schedulers.py"] + b"\n# later\n", "more.py": b"x = 1\n"},
        "forged": {**files, NAME: forged},
        "plain": {name: content for name, content in files.items() if name != NAME},
        "odd": {**files, NAME: b"[" * 60_000},
    }
    for student, content in students.items():
        write_files(root / "class", {f"{student}.zip": zipped(content)})
    run = commands.grade("run", root / "class", "--out", root / "out")
    assert run.returncode == 0, run.stderr
    return {student: commands.report(root / "out", student) for student in students}, done.stdout


def test_the_grader_knows_the_receipt_again(graded):
    """The number that the student noted, the time by their clock, and that the files are the same."""
    reports, printed = graded
    number = re.search(r"Receipt ([0-9A-F]{4}-[0-9A-F]{4})", printed)[1]
    receipt = reports["honest"]["receipt"]
    assert {*receipt} == {"status", "packed_at", "number"}
    assert (receipt["status"], receipt["number"]) == ("matches", number)
    assert datetime.now(UTC) - datetime.fromisoformat(receipt["packed_at"]) < timedelta(minutes=20)
    assert reports["honest"]["flags"] == []


def test_a_receipt_that_differs_is_told_and_costs_nothing(graded):
    """A flag names the files; every score is the same as without a receipt."""
    reports, _ = graded
    assert len({report["score"] for report in reports.values()}) == 1
    [flag] = reports["changed"]["flags"]
    assert flag["kind"] == "receipt" and "schedulers.py changed, more.py was added" in flag["text"]
    [flag] = reports["forged"]["flags"]
    assert "contradicts itself" in flag["text"]
    assert [reports[name]["receipt"]["status"] for name in ("changed", "forged")] == ["differs", "differs"]
    nothing = {"status": "none", "packed_at": None, "number": ""}
    assert reports["plain"]["receipt"] == reports["odd"]["receipt"] == nothing
    assert reports["plain"]["flags"] == reports["odd"]["flags"] == []


def test_pack_says_what_is_missing_and_packs_all_the_same_when_piped(tmp_path):
    """Files, questions not attempted, checks that fail and where they differ; then the zip's path and its number."""
    work = shutil.copytree(commands.SAMPLES / "wrong" / "adam_without_bias_correction", tmp_path / "work")
    shutil.copy(commands.HANDOUT / "lr_finder.py", work)
    done = commands.grade("pack", work, "--out", tmp_path / "mine.zip")
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr
    assert "Missing: training.py" in done.stderr
    assert "Not attempted: lr_range_test, smooth, suggest_lr, diagnose\n" in done.stderr
    assert re.search(r"^adam.*: step 1, .*expected .*, got ", done.stderr, re.M), done.stderr
    assert "of 45 public checks passed" in done.stderr
    path, receipt = done.stdout.splitlines()
    assert path == str(tmp_path / "mine.zip") and re.match(
        r"Receipt \w{4}-\w{4}: note it down. Packed 20.* UTC\.", receipt
    )
    again = commands.grade("pack", work, "--out", tmp_path / "mine.zip")
    assert again.returncode == 2 and "is there already" in again.stderr
    checks = json.loads(zip_files(tmp_path / "mine.zip")[NAME])["public_checks"]
    assert checks["adam_first_step"] == "failed" and checks["smooth_corrects_its_bias"] == "not attempted"


@pytest.mark.parametrize(("answer", "code", "written"), [("n\n", 1, False), ("y\n", 0, True)])
def test_on_a_terminal_an_incomplete_submission_is_asked_about(answer, code, written, tmp_path):
    """No means that nothing is written."""
    work = write_files(tmp_path / "work", {"optimizers.py": "x = 1\n"})
    ours, theirs = pty.openpty()
    command = commands.command("pack", work, "--out", tmp_path / "mine.zip")
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asked:
        os.write(ours, answer.encode())
        _, said = asked.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    assert "Pack it all the same?" in said and asked.returncode == code, said
    assert (tmp_path / "mine.zip").exists() == written


def test_pack_runs_where_linux_calls_do_not_exist(tmp_path):
    """On macOS and Windows: nothing that only Unix or Linux has is imported."""
    shutil.copytree(SAMPLE, tmp_path / "me")
    script = (
        "import sys\n"
        "for name in ('fcntl', 'resource', 'pwd', 'grp', 'termios'): sys.modules[name] = None\n"
        "sys.argv = ['grade.py', 'pack', 'me']\n"
        "from autograder.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and (tmp_path / "optimization-hand-in.zip").exists(), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["notes.txt"], "neither a folder nor a notebook"),
        (["work", "--out", "mine.tar"], "must end in .zip"),
        (["work", "--out", "work"], "must end in .zip"),
        (["work", "--out", "no/such/place.zip"], "No such file or directory"),
        (["work", "--lab", "cooking"], "no lab 'cooking'"),
    ],
)
def test_wrong_usage_is_a_sentence(arguments, sentence, tmp_path, monkeypatch):
    """And nothing is written."""
    from typer.testing import CliRunner

    from autograder.cli import app

    monkeypatch.chdir(write_files(tmp_path, {"notes.txt": "x", "work/optimizers.py": "x = 1\n"}))
    done = CliRunner().invoke(app, ["pack", *arguments])
    assert done.exit_code == 2 and sentence in " ".join(done.output.split())
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["notes.txt", "optimizers.py", "work"]


# What is packed


def test_just_what_the_grader_reads_is_packed(lab, tmp_path):
    """The lab's files, helpers, small data, notebooks; nothing given, no checks, no pictures, nothing hidden."""
    work = {
        "answers.py": CODE, "tools/helper.py": "x = 1\n", "numbers.csv": "1,2\n", "lab.ipynb": notebook(("code", "x")),
        "base.py": "mine!", "checks/test_answer.py": "mine!", "requirements.txt": "torch",
        "tests/answer.py": "OK_FORMAT = True\n", "plot.png": b"png", "big.csv": "1" * 70_000, ".OTTER_LOG": b"log",
        ".ipynb_checkpoints/lab-checkpoint.ipynb": b"{}", "__pycache__/answers.pyc": b"", "old.zip": b"PK",
    }  # fmt: skip
    hand = packing.look_through(write_files(tmp_path / "work", work), lab)
    assert {*hand.files} == {"answers.py", "tools/helper.py", "numbers.csv", "lab.ipynb"}
    assert {*hand.left_out} == {"plot.png", "big.csv", "old.zip"}


def test_a_folder_within_the_folder_is_found_as_the_grader_finds_it(lab, tmp_path):
    """Paths in the zip begin where the lab's files lie."""
    work = write_files(
        tmp_path / "work", {"hw/answers.py": CODE, "hw/lab.ipynb": notebook(), "elsewhere.py": "x = 1\n"}
    )
    hand = packing.look_through(work, lab)
    assert {*hand.files} == {"answers.py", "lab.ipynb"} == {*hand.saved, "answers.py"}


def test_the_notebook_loses_its_outputs_and_nothing_else(lab, tmp_path):
    """Sources, ids, attachments and metadata stay; the file in the folder is not touched."""
    content = notebook(("markdown", "# Häuser"), ("code", "1 + 1"))
    folder = write_files(tmp_path / "work", {"answers.py": CODE, "lab.ipynb": content})
    before, after = json.loads(content), json.loads(packing.look_through(folder, lab).files["lab.ipynb"])
    assert after["cells"][1].pop("outputs") == [] and after["cells"][1].pop("execution_count") is None
    assert before["cells"][1].pop("outputs") and before["cells"][1].pop("execution_count")
    assert after == before and (folder / "lab.ipynb").read_bytes() == content


def test_a_notebook_of_an_old_format_loses_its_outputs_too(lab, tmp_path):
    """And keeps its format; one that holds nothing of the lab stays behind."""
    old = nbformat.writes(nbformat.from_dict(json.loads(notebook(("code", "1 + 1"), metadata={}))), version=3)
    assert "out!" in old
    files = {"answers.py": CODE, "lab.ipynb": old.encode(), "plots.ipynb": notebook()}
    found = packing.look_through(write_files(tmp_path / "work", files), lab).files
    assert {*found} == {"answers.py", "lab.ipynb"}
    assert json.loads(found["lab.ipynb"])["nbformat"] == 3 and b"out!" not in found["lab.ipynb"]


@pytest.mark.skipif(not hasattr(Submission("ada"), "notebook"), reason="the grader does not read notebooks")
def test_a_lone_notebook_is_packed_alone(lab, tmp_path):
    """Whatever lies beside it; and the grader finds in it what it holds."""
    work = {"mine.ipynb": notebook(("code", "class Answer:\n    value = 1")), "answers.py": "stub", "data.csv": "1"}
    folder = write_files(tmp_path / "work", work)
    made = packed(folder / "mine.ipynb", lab, tmp_path / "mine.zip")
    assert {*zip_files(made.path)} == {"mine.ipynb", NAME}
    submission = read_submission(Source("ada", made.path), lab)
    assert submission.receipt.status == "matches" and b"value = 1" in submission.files["answers.py"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"cells": 1}', b'{"cells": [1]}', b"[" * 100_000, b"\xff"])
def test_a_notebook_that_cannot_be_read_is_told_now(content, lab, tmp_path):
    """Rather than by the grader, when it is too late; what lies beside it can be handed in all the same."""
    hand = packing.look_through(write_files(tmp_path / "work", {"answers.py": CODE, "lab.ipynb": content}), lab)
    assert hand.refused["lab.ipynb"].startswith("lab.ipynb cannot be read: it is not ")
    assert {*hand.files} == {"answers.py"}
    with pytest.raises(SubmissionError, match=r"lab\.ipynb cannot be read"):
        packing.look_through(write_files(tmp_path / "alone", {"lab.ipynb": content}), lab)


def test_what_the_grader_would_refuse_is_refused_now(lab, tmp_path):
    """In its own words: nothing of the lab's, too large, a name that no system takes."""
    for files, words in (
        ({"notes.txt": "x"}, "None of answers.py was found"),
        ({"answers.py": bytes(2 << 20)}, "larger than 1 MB"),
        ({"a/answers.py": CODE, "b/answers.py": CODE}, "several folders"),
    ):
        work = write_files(tmp_path / str(len(words)), files)
        with pytest.raises(SubmissionError, match=words):
            packing.look_through(work, lab)
    work = write_files(tmp_path / "linked", {"answers.py": CODE, "real.py": CODE})
    (work / "helper.py").symlink_to(work / "real.py")
    assert "symbolic link" in packing.look_through(work, lab).refused["helper.py"]


def test_unanswered_questions_and_the_last_save_are_told(lab, tmp_path):
    """A prompt whose cell is as it was, or empty, or gone; and how long ago the notebook was saved."""
    prompt = ("markdown", "### Why?\n<!-- written: why -->\nTwo sentences.")
    work = write_files(tmp_path / "work", {"answers.py": CODE})
    assert packing.look_through(work, lab).unanswered == ()  # without a notebook, nobody expects words
    for cells, open_questions in (
        ([prompt, ("markdown", PLACEHOLDER)], 1),
        ([prompt, ("markdown", " \n<!-- END QUESTION -->\n")], 1),
        ([prompt], 1),
        ([("markdown", "no prompt")], 1),
        ([prompt, ("code", "x"), ("markdown", "not an answer")], 1),
        ([prompt, ("markdown", "## Next"), ("markdown", "not an answer")], 1),
        ([prompt, ("markdown", "Because."), ("code", "x")], 0),
        ([prompt, ("markdown", PLACEHOLDER), ("markdown", "Because.")], 0),
    ):
        write_files(work, {"lab.ipynb": notebook(*cells)})
        assert len(packing.look_through(work, lab).unanswered) == open_questions, cells
    os.utime(work / "lab.ipynb", (0, 0))
    assert packing.look_through(work, lab).saved["lab.ipynb"] > 1e9


def test_the_same_files_pack_to_the_same_bytes_but_for_the_time(lab, tmp_path):
    """Whatever order they are found in, and whenever."""
    work = write_files(tmp_path / "work", {"b.py": "x = 1\n", "answers.py": CODE, "lab.ipynb": notebook(("code", "x"))})
    one, two = packed(work, lab, tmp_path / "1.zip"), packed(work, lab, tmp_path / "2.zip")
    first, second = zip_files(one.path), zip_files(two.path)
    receipts = [json.loads(files.pop(NAME)) for files in (first, second)]
    assert first == second and all(receipt.pop("packed_at") for receipt in receipts)
    assert zipping.zipped(first) == zipping.zipped(dict(reversed(second.items())))
    assert receipts[0] == receipts[1] and {*receipts[0]["files"]} == {*first}
    assert {"python", "torch", "numpy", "platform"} == {*receipts[0]["versions"]}


# The receipt


def verified(lab: Lab, tmp_path: Path, files: Mapping[str, bytes], kind: str = ".zip") -> Any:
    path = tmp_path / f"ada{kind}"
    path.write_bytes(PACKERS[kind](files))
    return read(path, lab)


@pytest.fixture
def files(lab: Lab, tmp_path: Path) -> dict[str, bytes]:
    """What a zip of pack's holds."""
    work = {"answers.py": CODE, "data.txt": "1", "lab.ipynb": notebook(("code", "x"))}
    return zip_files(packed(write_files(tmp_path / "work", work), lab, tmp_path / "mine.zip").path)


@pytest.mark.parametrize("kind", PACKERS)
def test_a_receipt_holds_however_the_files_are_packed_again(kind, lab, tmp_path, files):
    """In a folder within another archive, as course systems and students do; it is none of the student's files."""
    submission = verified(lab, tmp_path, {f"hw/{name}": content for name, content in files.items()}, kind)
    assert submission.receipt.status == "matches" and NAME not in submission.files
    submission = verified(lab, tmp_path, {**files, "__MACOSX/._x": b"", ".DS_Store": b""}, kind)
    assert submission.receipt.status == "matches" and submission.files["answers.py"] == CODE


def test_each_difference_is_named(lab, tmp_path, files):
    """A file that was changed, taken out or put in; a notebook too; a receipt of another lab's."""
    less = {name: content for name, content in files.items() if name != "data.txt"}
    receipt = json.loads(files[NAME])
    other = {**receipt, "lab": {"name": "other", "version": "1"}}
    for changed, words in (
        ({**files, "answers.py": CODE + b"#"}, "answers.py changed"),
        ({**files, "lab.ipynb": notebook(("code", "y"))}, "lab.ipynb changed"),
        (less, "data.txt is missing"),
        ({**files, "new.py": b""}, "new.py was added"),
        ({**files, NAME: json.dumps(other).encode()}, "the receipt is for the lab other"),
        ({**files, NAME: json.dumps({**receipt, "sha256": "0" * 64}).encode()}, "the receipt contradicts itself"),
    ):
        found = verified(lab, tmp_path, changed).receipt
        assert (found.status, found.differences) == ("differs", words) and found.number and found.packed_at


HUGE = {f"{number}.py": "0" * 64 for number in range(2000)}
ODD = {
    "not JSON": b"{", "deep": b'{"a":' * 10_000, "empty": b"", "a list": b"[]", "no text": b"\xff\xfe", "null": b"null",
}  # fmt: skip
WRONG = {
    "schema": 2, "packed_at": "2026-01-01T00:00:00", "lab": {"name": "x" * 300, "version": "1"}, "files": {"a": "b"},
    "sha256": "../../etc/passwd", "versions": {"python": 3}, "public_checks": [], "score": 100,
}  # fmt: skip


@pytest.mark.parametrize("content", [*ODD, *WRONG, "huge"])
def test_what_is_no_receipt_does_no_harm(content, lab, tmp_path, files):
    """It is a file like any other, and the submission one without a receipt."""
    if content in WRONG:
        odd = json.dumps({**json.loads(files[NAME]), content: WRONG[content]}).encode()
    else:
        odd = ODD.get(content, json.dumps({**json.loads(files[NAME]), "files": HUGE}).encode())
    submission = verified(lab, tmp_path, {**files, NAME: odd})
    assert submission.receipt.status == "none" and submission.problem is None
    assert submission.files["answers.py"] == CODE


def test_a_forged_receipt_is_shown_harmlessly(lab, tmp_path, files):
    """Names of files in it are a stranger's text; the far future is a time like any other."""
    receipt = json.loads(files[NAME]) | {"files": {"\x1b[31m\u202e.py": "0" * 64}, "packed_at": "9998-01-01T00:00:00Z"}
    found = verified(lab, tmp_path, {**files, NAME: json.dumps(receipt).encode()}).receipt
    assert found.status == "differs" and found.differences.isprintable()
    assert found.packed_at == "9998-01-01T00:00:00+00:00"
    edge = {**receipt, "packed_at": "9999-12-31T23:59:59-12:00"}
    assert read_receipt(json.dumps(edge).encode()) is None


def test_a_receipt_is_part_of_what_was_handed_in(lab, tmp_path, files):
    """A record of an earlier grading serves again only with the same receipt."""
    digests = set()
    for time in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"):
        again = json.dumps(json.loads(files[NAME]) | {"packed_at": time}).encode()
        digests.add(verified(lab, tmp_path, {**files, NAME: again}).digest)
    plain = verified(lab, tmp_path, {name: content for name, content in files.items() if name != NAME})
    assert len({*digests, plain.digest}) == 3


def test_a_full_disk_is_told_and_leaves_nothing(lab, tmp_path, monkeypatch):
    """No half of a zip."""
    hand = packing.look_through(write_files(tmp_path / "work", {"answers.py": CODE}), lab)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UsageError, match="No space left"):
        packing.write(hand, lab, tmp_path / "mine.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project", "work"]


def test_a_student_who_packs_twice_reads_as_one(lab, tmp_path):
    """Packing what came out of an unpacked hand-in gives the same files, and no receipt of a receipt."""
    work = write_files(tmp_path / "work", {"answers.py": CODE})
    first = packed(work, lab, tmp_path / "1.zip")
    with zipfile.ZipFile(first.path) as archive:
        archive.extractall(tmp_path / "again")
    second = packed(tmp_path / "again", lab, tmp_path / "2.zip")
    assert {*zip_files(second.path)} == {"answers.py", NAME}
    assert read_submission(Source("ada", second.path), lab).receipt.status == "matches"
