"""A batch survives what happens to it: nothing is graded twice, nothing is lost, and the same class scores the same."""

import csv
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import commands
from waiting import wait_for

VARIED = ("right/update_hook", "right/numpy_inside", "right/zip_archive.zip", "wrong/adam_without_bias_correction",
          "wrong/sgd_rate_cached", "broken/colon_forgotten", "broken/not_a_zip.zip", "hostile/agreeable_tensors",
          "hostile/forged_replies", "hostile/prints_a_score")  # fmt: skip


def reports(out: Path) -> dict[str, int]:
    """Finished students, and when their record was written (in nanoseconds)."""
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("*/report.json")}


def students_in(out: Path) -> list[str]:
    with (out / "grades.csv").open(newline="") as file:
        return [row["student"] for row in csv.DictReader(file)]


@dataclass(frozen=True)
class Interrupted:
    """A batch that was stopped in its middle: how it ended, and what it had finished by then."""

    code: int
    errors: str
    finished: dict[str, int]


def interrupt(signal_number: int, class_folder: Path, out: Path) -> Interrupted:
    process = commands.start("run", class_folder, "--out", out, "--jobs", 2)
    wait_for(lambda: len(reports(out)) >= 3)
    below = commands.descendants(process.pid)
    assert len(below) >= 3, "a zygote and its judges"
    process.send_signal(signal_number)
    _, errors = process.communicate(timeout=10)
    wait_for(lambda: not commands.alive(below), seconds=1.0)
    return Interrupted(process.returncode, errors, reports(out))


def test_a_killed_batch_leaves_no_process_and_is_finished_by_the_next(tmp_path):
    """kill -9 in mid-batch: all its processes are gone within a second; the rerun keeps what there was."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 10), tmp_path / "out"
    before = interrupt(signal.SIGKILL, class_folder, out).finished
    assert 3 <= len(before) < 10
    again = commands.grade("run", class_folder, "--out", out)
    assert again.returncode == 0, again.stderr
    after = reports(out)
    assert {student: after[student] for student in before} == before, "graded twice"
    assert students_in(out) == sorted(after) == [f"student{number:03}" for number in range(10)]
    assert again.stdout.count("(kept)") == len(before)


def test_control_c_keeps_what_was_graded(tmp_path):
    """^C ends with exit code 130 and a sentence, the page has who was graded, the same command goes on from there."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 8), tmp_path / "out"
    interrupted = interrupt(signal.SIGINT, class_folder, out)
    assert interrupted.code == 130 and "goes on from there" in interrupted.errors
    page = (out / "index.html").read_text("utf-8")
    assert all(f'"name":"{student}"' in page for student in interrupted.finished) and "student007" not in page
    assert '"kind":"cut short"' in page and not (out / "grades.csv").exists()
    again = commands.grade("run", class_folder, "--out", out)
    assert again.returncode == 0 and len(students_in(out)) == 8
    assert {student: reports(out)[student] for student in interrupted.finished} == interrupted.finished


def test_the_same_class_graded_twice_gets_the_same_scores_and_messages(tmp_path):
    """With one job or two, every byte of every report is the same, but for the seconds."""
    folders = [commands.SAMPLES / name for name in VARIED]
    contents = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        assert commands.grade("run", *folders, "--out", out, "--jobs", jobs).returncode == 0
        found = {path.parent.name: without_seconds(path.read_text()) for path in out.glob("*/report.json")}
        contents.append((found, (out / "grades.csv").read_bytes()))
    assert len(contents[0][0]) == len(VARIED)
    assert contents[0] == contents[1]


def without_seconds(text: str) -> list[str]:
    return [line for line in text.splitlines() if '"seconds"' not in line]


def test_only_what_changed_is_graded_again(tmp_path):
    """A student's new version is graded; everybody else's record stays."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 3), tmp_path / "out"
    commands.grade("run", class_folder, "--out", out)
    before = reports(out)
    with (class_folder / "student001" / "optimizers.py").open("a") as file:
        file.write("\n\nclass SGD:\n    pass\n")
    again = commands.grade("run", class_folder, "--out", out)
    changed = {student for student, when in reports(out).items() if when != before[student]}
    assert changed == {"student001"} and again.stdout.count("(kept)") == 2
    assert commands.report(out, "student001")["questions"][0]["score"] == 0


def test_without_out_a_new_folder_is_made_and_an_unfinished_one_continued(tmp_path):
    """runs/LAB/TIME holds the results; a run that was cut short is gone on with; a finished one is drawn upon."""
    class_folder = commands.copies_of_reference(tmp_path / "class", 2)
    first = commands.grade("run", class_folder, cwd=tmp_path)
    (out,) = (tmp_path / "runs" / "optimization").iterdir()
    assert Path(first.stdout.splitlines()[-1]) == (out / "index.html").relative_to(tmp_path)
    (out / "grades.csv").unlink()
    shutil.rmtree(out / "student000")
    commands.grade("run", class_folder, cwd=tmp_path)
    assert len(list(out.parent.iterdir())) == 1 and len(students_in(out)) == 2
    time.sleep(1.1)  # folders are named by the second
    third = commands.grade("run", class_folder, cwd=tmp_path)
    assert third.stdout.count("(kept)") == 2 and len(list(out.parent.iterdir())) == 2


def test_an_unfinished_run_of_another_class_is_left_alone(tmp_path):
    """Only the same submissions are gone on with; others get a folder of their own."""
    commands.grade("run", commands.copies_of_reference(tmp_path / "one", 1), cwd=tmp_path)
    (first,) = (tmp_path / "runs" / "optimization").iterdir()
    (first / "grades.csv").unlink()
    time.sleep(1.1)  # folders are named by the second
    commands.grade("run", commands.copies_of_reference(tmp_path / "other", 2), cwd=tmp_path)
    (second,) = set((tmp_path / "runs" / "optimization").iterdir()) - {first}
    assert len(students_in(second)) == 2 and not (first / "grades.csv").exists()


def test_names_of_students_are_harmless_in_a_spreadsheet(tmp_path):
    """A name that a spreadsheet would compute is quoted; any other stays as it is."""
    names = ["=1+1", " @SUM(A1)", "-2", "plus+in+the+middle", "Ünïcode", "a b"]
    for name in names:
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "optimizers.py").write_text("")
    assert commands.grade("run", tmp_path / "class", "--out", tmp_path / "out", "--isolation", "local").returncode == 0
    assert set(students_in(tmp_path / "out")) == {f"'{name}" if name.lstrip()[0] in "=+-@" else name for name in names}
    assert all(commands.report(tmp_path / "out", name)["student"] == name for name in names)
