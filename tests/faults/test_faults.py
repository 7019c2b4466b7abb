"""Whatever befalls a batch from outside ends in a clear sentence: nothing is lost, and the rest is graded."""

import contextlib
import csv
import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import commands
import faults
import pytest
from waiting import wait_for

SLOW = "\nimport time\ntime.sleep(0.2)\n"  # for each of the checks


def slow_class(folder: Path, count: int, addition: str = SLOW) -> Path:
    """Right submissions that take some seconds each."""
    commands.copies_of_reference(folder, count)
    for file in folder.glob("*/*.py"):
        file.write_text(file.read_text() + addition)
    return folder


def finished(out: Path) -> dict[str, int]:
    """The students with a record, and when it was written (in nanoseconds); every record is whole."""
    records = {path.parent.name: path for path in out.glob("*/report.json")}
    for path in records.values():
        json.loads(path.read_text())
    return {student: path.stat().st_mtime_ns for student, path in records.items()}


def scores(out: Path) -> dict[str, float]:
    with (out / "grades.csv").open(newline="") as file:
        return {row["student"]: float(row["score"]) for row in csv.DictReader(file)}


def log_of(out: Path, student: str) -> str:
    return (out / student / "worker.log").read_text()


def students(count: int) -> list[str]:
    return [f"student{number:03}" for number in range(count)]


def all_right(count: int) -> dict[str, float]:
    return dict.fromkeys(students(count), 100.0)


# The disk


def test_a_full_disk_costs_only_what_it_has_no_room_for(tmp_path):
    """Every student is graded, and who could not be written is named; with room again, only those are graded."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 6), tmp_path / "out"
    with faults.SmallDisk(out, kilobytes=160) as disk:
        full = disk.grade("run", class_folder, "--out", out, "--isolation", faults.ISOLATION)
        before = finished(disk.seen)
        lost = set(students(6)) - set(before)
        assert before and lost, "some fitted, some did not"
        assert full.returncode == 1 and full.stdout.count("100 / 100") == 6
        for student in lost:
            assert f"{out / student} could not be written: No space left on device" in full.stderr
        assert not list(disk.seen.rglob("*.part")), "no temporary stays"
        assert ("grades.csv could not be written" in full.stderr) != (disk.seen / "grades.csv").exists()
        disk.resize(kilobytes=4096)
        again = disk.grade("run", class_folder, "--out", out, "--isolation", faults.ISOLATION)
        assert again.returncode == 0, again.stderr
        assert again.stdout.count("(kept)") == len(before)
        assert {student: finished(disk.seen)[student] for student in before} == before
        assert scores(disk.seen) == all_right(6)


def test_a_read_only_folder_is_named_before_anything_is_graded(tmp_path):
    """Whether the file system or the folder's permissions forbid writing, it is a wrong use, said at once."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 1), tmp_path / "out"
    out.mkdir()
    mounted = faults.grade(faults.read_only(out), "run", class_folder, "--out", out)
    assert mounted.returncode == 2
    assert f"Results cannot go to {out}: Read-only file system" in mounted.stderr
    out.chmod(0o555)
    forbidden = faults.grade(faults.PERMISSIONS_COUNT, "run", class_folder, "--out", out)
    assert forbidden.returncode == 2 and f"Results cannot go to {out}: Permission denied" in forbidden.stderr
    assert not list(out.iterdir()) and not mounted.stdout and not forbidden.stdout


def test_what_lies_in_the_way_of_results_is_named_before_anything_is_graded(tmp_path):
    """A file in place of the folder or a student's, or a folder in place of the table."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 2), tmp_path / "out"
    out.write_text("mine")
    assert_refused(commands.grade("run", class_folder, "--out", out), f"Results cannot go to {out}: it is a file")
    out.unlink()
    out.mkdir()
    (out / "student001").write_text("mine")
    assert_refused(commands.grade("run", class_folder, "--out", out), f"these are files: {out / 'student001'}.")
    (out / "student001").unlink()
    (out / "grades.csv").mkdir()
    assert_refused(commands.grade("run", class_folder, "--out", out), f"{out / 'grades.csv'} is a folder")
    assert not finished(out)


def assert_refused(result: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert result.returncode == 2 and not result.stdout
    assert sentence in result.stderr and "Traceback" not in result.stderr


def test_a_record_that_cannot_be_read_or_replaced_costs_its_student_alone(tmp_path):
    """An unreadable record is written anew, and so is a broken one; a folder closed to us is said, the rest graded."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 4), tmp_path / "out"
    for student in students(3):
        (out / student).mkdir(parents=True)
        (out / student / "report.json").write_text('{"schema": 1, "key": "", "status": "", "questions": 3, "lab": 1}')
    (out / "student000" / "report.json").chmod(0)
    (out / "student002").chmod(0o555)
    shutil.copytree(out / "student001", out / "gone")
    result = faults.grade(faults.PERMISSIONS_COUNT, "run", class_folder, "--out", out)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert f"{out / 'student002'} could not be written: Permission denied" in result.stderr
    assert "Could not be written: student002." in result.stderr
    assert scores(out) == all_right(4), "the grade is known, though the report is not there"
    for student in ("student000", "student001", "student003"):
        assert commands.report(out, student)["score"] == 100


# Descriptors and processes


def test_few_descriptors_mean_fewer_judges_at_a_time(tmp_path):
    """Where the limit on open files is low, as many judges work as it allows, and everybody is graded."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 8), tmp_path / "out"
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(200)]  # which the batch inherits
    limited = ["prlimit", "--nofile=256:256", *commands.command("run", class_folder, "--out", out, "--jobs", 8)]
    with subprocess.Popen(limited, pass_fds=taken, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        for fd in taken:
            os.close(fd)
        _, errors = run.communicate()
    assert run.returncode == 0, errors
    assert scores(out) == all_right(8) and "Only " in errors and "ulimit -n" in errors


def test_too_few_descriptors_for_any_judge_is_said_at_once(tmp_path):
    """The limit, what is needed, and how to raise it."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 1), tmp_path / "out"
    result = faults.grade(("prlimit", "--nofile=200:200"), "run", class_folder, "--out", out)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "may open 200 files, and grading needs 256" in result.stderr and "ulimit -n" in result.stderr
    assert not out.exists()


def test_a_batch_that_runs_out_of_descriptors_keeps_what_it_graded(tmp_path):
    """It stops with a sentence, not a traceback; the next run grades what is missing."""
    class_folder, out = slow_class(tmp_path / "class", 6), tmp_path / "out"
    process = commands.start("run", class_folder, "--out", out, "--jobs", 2)
    wait_for(lambda: finished(out))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (4, 4))
    _, errors = process.communicate()
    before = finished(out)
    assert process.returncode == 1 and "Traceback" not in errors
    assert "Too many open files. What was graded is kept" in errors
    again = commands.grade("run", class_folder, "--out", out)
    assert again.returncode == 0 and again.stdout.count("(kept)") == len(before) and scores(out) == all_right(6)


def test_a_batch_short_of_processes_waits_for_those_it_has(tmp_path):
    """With room for one judge or two where four were asked for, everybody is graded all the same."""
    pids = Path("/sys/fs/cgroup/pids")
    if not os.access(pids, os.W_OK):
        pytest.skip("processes can be limited for root, and in a cgroup of version 1 alone")
    class_folder, out, room = slow_class(tmp_path / "class", 5), tmp_path / "out", pids / f"room-{os.getpid()}"
    room.mkdir()
    try:
        inside = ("sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(room))
        command = [*inside, *commands.command("run", class_folder, "--out", out, "--jobs", 4)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            wait_for(lambda: faults.judges_of(process.pid))
            own = len(os.listdir(f"/proc/{process.pid}/task"))
            (room / "pids.max").write_text(str(own + 2 + 1 + 3))  # zygote, one judge, its worker and the dying last
            _, errors = process.communicate()
        assert process.returncode == 0, errors
        assert scores(out) == all_right(5)
    finally:
        room.rmdir()


# The zygote, the judges, the workers


def test_a_killed_zygote_is_replaced_and_its_students_graded_again(tmp_path):
    """Nobody needs staff because of it; the new sandbox is the old one's equal."""
    class_folder, out = slow_class(tmp_path / "class", 4), tmp_path / "out"
    process = commands.start("run", class_folder, "--out", out, "--jobs", 2)
    wait_for(lambda: finished(out))
    os.kill(wait_for(lambda: faults.zygote_of(process.pid)), signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "was lost (it died)" in errors and scores(out) == all_right(4)
    profiles = {(r["isolation"], *r["environment"]["layers"]) for r in (commands.report(out, s) for s in students(4))}
    assert len(profiles) == 1
    assert any("Graded again" in log_of(out, student) for student in students(4))


def test_a_zygote_that_dies_again_and_again_ends_the_batch(tmp_path):
    """Three in a row with no student graded between: a sentence, and what was graded before stays."""
    class_folder, out = slow_class(tmp_path / "class", 5), tmp_path / "out"
    process = commands.start("run", class_folder, "--out", out, "--jobs", 2)
    before = wait_for(lambda: finished(out))
    while process.poll() is None:
        zygote = faults.zygote_of(process.pid)
        if zygote and faults.judges_of(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(zygote, signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode == 1 and "3 times in a row (" in errors and "Traceback" not in errors
    assert {student: finished(out)[student] for student in before} == before
    again = commands.grade("run", class_folder, "--out", out)
    assert again.returncode == 0 and scores(out) == all_right(5)


def test_a_zygote_that_is_stopped_counts_as_dead(tmp_path):
    """A stopped zygote is given up after seconds, not a minute a check, and leaves no process behind."""
    class_folder, out = slow_class(tmp_path / "class", 3), tmp_path / "out"
    process = commands.start("run", class_folder, "--out", out, "--jobs", 2)
    wait_for(lambda: faults.judges_of(process.pid))
    zygote = wait_for(lambda: faults.zygote_of(process.pid))
    os.kill(zygote, signal.SIGSTOP)
    below = commands.descendants(process.pid)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "was lost (it did not answer for 15 s)" in errors and scores(out) == all_right(3)
    wait_for(lambda: not commands.alive(below), seconds=5.0)


def test_a_killed_judge_gets_one_successor(tmp_path):
    """The second grades the student, and worker.log tells; if that is killed too, it is for staff; nobody else's."""
    class_folder, out = slow_class(tmp_path / "class", 1), tmp_path / "out"
    shutil.copytree(commands.REFERENCE, class_folder / "student001")
    for deaths in (1, 2):
        killed: set[int] = set()
        process = commands.start("run", class_folder, "--out", out, "--jobs", 2)
        wait_for(lambda: "student001" in finished(out))
        while len(killed) < deaths:
            judge = faults.next_judge_of(process.pid, killed)
            os.kill(judge, signal.SIGKILL)
            killed.add(judge)
        _, errors = process.communicate()
        report = commands.report(out, "student000")
        assert "The judge was killed by SIGKILL" in log_of(out, "student000")
        assert (report["status"], report["score"]) == (("graded", 100) if deaths == 1 else ("needs staff", 0)), errors
        assert process.returncode == deaths - 1 and commands.report(out, "student001")["score"] == 100
        slow = class_folder / "student000" / "optimizers.py"
        slow.write_text(slow.read_text() + "\n")  # or it would be kept


def test_a_verification_that_cannot_be_carried_out_says_nothing_of_the_report(tmp_path):
    """The judge and its successor are killed: that is no sign that the report was altered."""
    class_folder, out = slow_class(tmp_path / "class", 1), tmp_path / "out"
    assert commands.grade("run", class_folder, "--out", out).returncode == 0
    process = commands.start("verify", out / "student000", class_folder / "student000")
    killed: set[int] = set()
    while len(killed) < 2:
        judge = faults.next_judge_of(process.pid, killed)
        os.kill(judge, signal.SIGKILL)
        killed.add(judge)
    told, _ = process.communicate()
    assert process.returncode == 1 and "Grading it again did not work" in told and "altered" not in told


def test_a_worker_that_will_not_die_holds_nobody_up(tmp_path):
    """Its check is a timeout, all else is graded, the batch ends, and says which process it had to leave behind."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 2), tmp_path / "out"
    sleeper = "\nimport time\nclass SGD:\n    def __init__(self, *_, **__):\n        time.sleep(3600)\n"
    with (class_folder / "student000" / "optimizers.py").open("a") as file:
        file.write(sleeper)
    process = commands.start("run", class_folder, "--out", out, "--timeout", 30)
    wait_for(lambda: "student001" in finished(out))
    zygote = wait_for(lambda: faults.zygote_of(process.pid))
    (worker,) = wait_for(lambda: faults.children(zygote))
    with faults.held(worker):
        _, errors = process.communicate(timeout=120)
        held_fast = worker in commands.alive({worker})
    assert process.returncode == 0, errors
    assert (f"{worker}" in errors.partition("Left behind")[2]) == held_fast
    assert scores(out) == all_right(2) | {"student000": 96.0}, "only the four points of SGD are lost"
    wait_for(lambda: not commands.alive({worker, zygote}), seconds=5.0)


# The clock, the terminal, other batches


def test_a_clock_that_jumps_changes_nothing(tmp_path):
    """The wall clock leaps days back and forth in the batch and its judges: same grades, no time-out, no negative."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 3), tmp_path / "out"
    runner = tmp_path / "runner.py"
    runner.write_text(
        dedent(f"""
        import datetime, itertools, random, runpy, sys, time
        true_time, leap = time.time, random.Random(1)
        def leaping():
            return true_time() + leap.uniform(-10, 10) * 86400
        class Leaping(datetime.datetime):
            @classmethod
            def now(cls, tz=None):
                return cls.fromtimestamp(leaping(), tz)
        time.time = leaping
        time.time_ns = lambda: int(leaping() * 1e9)
        datetime.datetime = Leaping
        sys.path.insert(0, {str(commands.ROOT)!r})
        sys.argv[0] = {str(commands.ROOT / "grade.py")!r}
        runpy.run_path(sys.argv[0], run_name="__main__")
        """)
    )
    arguments = [runner, "run", class_folder, "--out", out]
    result = subprocess.run(
        ["script", "--quiet", "--return", "--command", shlex.join(map(str, [sys.executable, *arguments])), "/dev/null"],
        capture_output=True,
        text=True,
        env={**os.environ, "TERM": "xterm"},  # a terminal, so that there is an ETA
    )
    assert result.returncode == 0, result.stdout
    assert "Traceback" not in result.stdout and "ETA" in result.stdout and scores(out) == all_right(3)
    reports = [commands.report(out, student) for student in students(3)]
    assert all(0 <= check["seconds"] < 60 for r in reports for q in r["questions"] for check in q["checks"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_batch_that_is_told_to_end_ends_as_by_control_c(tmp_path, number):
    """SIGTERM, or a terminal that goes away: exit code 130, a sentence, no process left, every record whole."""
    class_folder, out = slow_class(tmp_path / "class", 4), tmp_path / "out"
    process = commands.start("run", class_folder, "--out", out, "--jobs", 2)
    before = wait_for(lambda: finished(out))
    below = commands.descendants(process.pid)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130 and "goes on from there" in errors
    wait_for(lambda: not commands.alive(below), seconds=2.0)
    again = commands.grade("run", class_folder, "--out", out)
    assert again.returncode == 0 and scores(out) == all_right(4)
    assert {student: finished(out)[student] for student in before} == before


def test_a_reader_that_goes_away_costs_no_grade(tmp_path):
    """`grade.py run … | head -1` grades everybody, and quietly."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 5), tmp_path / "out"
    process = commands.start("run", class_folder, "--out", out, "--jobs", 1)
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        errors = process.stderr.read()
    assert process.wait() == 0, errors
    assert "Traceback" not in errors and "Exception" not in errors and scores(out) == all_right(5)


def test_two_batches_never_write_to_one_folder(tmp_path):
    """The second names the first's process, touches nothing and exits with 2; once the first is killed it may run."""
    class_folder, out = slow_class(tmp_path / "class", 3), tmp_path / "out"
    first = commands.start("run", class_folder, "--out", out, "--jobs", 1)
    wait_for(lambda: finished(out))
    other = commands.copies_of_reference(tmp_path / "other", 4)
    second = commands.grade("run", other, "--out", out)
    assert_refused(second, f"Another batch (process {first.pid}) is writing to {out}")
    assert (out / ".inputs").read_text().count("\n") == 3 and not (out / "student003").exists()
    first.kill()
    first.communicate()
    third = commands.grade("run", class_folder, "--out", out)
    assert third.returncode == 0 and scores(out) == all_right(3)


def test_a_late_submission_joins_the_table_of_its_class(tmp_path):
    """Graded into the same folder, one student's new version leaves everybody else's line where it was."""
    class_folder, out = commands.copies_of_reference(tmp_path / "class", 3), tmp_path / "out"
    commands.grade("run", class_folder, "--out", out)
    late = tmp_path / "late" / "student001"
    late.mkdir(parents=True)
    (late / "optimizers.py").write_text("")
    result = commands.grade("run", late, "--out", out)
    assert result.returncode == 0 and "keeps 2 more from earlier calls" in result.stderr
    assert scores(out) == all_right(3) | {"student001": 0.0}
    outdated = commands.report(out, "student000")
    outdated["lab"]["hash"] = "another"
    (out / "student000" / "report.json").write_text(json.dumps(outdated))
    result = commands.grade("run", late, "--out", out)
    assert "another version of the lab graded: student000" in result.stderr
    assert set(scores(out)) == {"student001", "student002"}
