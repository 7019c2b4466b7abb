"""What course systems hand out is graded as it comes: every student's last hand-in, under the names of its files."""

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hostile_archives import zips
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from labs import tiny_lab, write_files
from layouts import (
    CANVAS,
    GRADESCOPE,
    METADATA,
    MOODLE,
    NBGRADER,
    RIGHT,
    WRONG,
    hand_ins,
    handed_out,
    project,
    read_all,
    run,
    sources,
)
from packing import CODE, MEGABYTE, Contents, overlapping_zip, tarred, zip_of, zipped
from watch import only_reading, tree

from autograder.downloads.hand_ins import moment
from autograder.errors import UsageError
from autograder.hand_ins import write_hand_ins
from autograder.lab import Lab
from autograder.roster import find_submissions
from autograder.submission import Person, Source, Submission, Who

LAYOUTS = {"canvas": CANVAS, "moodle": MOODLE, "gradescope": GRADESCOPE, "nbgrader": NBGRADER}
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 10)}]" for i in range(20)
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("project") / "here")


def scores(root: Path) -> dict[str, float]:
    with (root / "out" / "grades.csv").open(newline="") as file:
        return {row["student"]: float(row["score"]) for row in csv.DictReader(file)}


# Through the command line


def test_a_gradescope_export_is_graded_as_it_came(root: Path) -> None:
    """From the zip: who, with whom and when is in hand_ins.json, and the table calls everybody by name and number."""
    download = handed_out(root / "assignment_1234_export", GRADESCOPE)
    done = run(root, download)
    assert done.returncode == 0, done.stderr
    assert "is read as Gradescope hands submissions out: 2 hand-ins." in done.stderr
    assert scores(root) == {"Ada Lovelace_0017": 4, "Grace Hopper_18": 0}
    found = hand_ins(root)
    assert found["Ada Lovelace_0017"] == {
        "path": str(download / "assignment_1234_export" / "submission_101"),
        "handed_in": "2026-02-03T10:15:00.123456+00:00",
        "late": None,
        "system": "gradescope",
        "id": "0017",
        "name": "Ada Lovelace",
        "email": "ada@x.y",
        "members": [],
        "parts": [
            {
                "name": "answers.py",
                "path": str(download),
                "member": "assignment_1234_export/submission_101/answers.py",
            }
        ],
    }
    assert found["Grace Hopper_18"]["members"] == [{"id": "", "name": "Alan Turing", "email": "alan@x.y"}]


def test_late_hand_ins_join_those_of_earlier_calls(root: Path) -> None:
    """Called again with another download, table and hand_ins.json keep the others; what replaces a hand-in is said."""
    shutil.rmtree(root / "out", ignore_errors=True)
    download = handed_out(root / "submissions", CANVAS, "")
    assert run(root, download).returncode == 0
    assert scores(root) == {"lovelaceada_12345": 4, "turingalan_23456": 4, "hoppergrace_34567": 0}
    late = {"hoppergrace_LATE_34567_68001_answers.py": RIGHT, "zuse_LATE_45678_68002_answers.py": WRONG}
    done = run(root, handed_out(root / "late", late))
    assert done.returncode == 0 and "keeps 2 more" in done.stderr, done.stderr
    assert "were of submissions that lay elsewhere, and are now of these: hoppergrace_34567." in done.stderr
    assert scores(root) == {"lovelaceada_12345": 4, "turingalan_23456": 4, "hoppergrace_34567": 4, "zuse_45678": 0}
    found = hand_ins(root)
    assert [entry["late"] for _, entry in sorted(found.items())] == [True, False, True, True]
    assert found["lovelaceada_12345"]["path"] == str(download / "lovelaceada_12345_67890_answers.py")
    (root / "out" / "hand_ins.json").write_text("{broken")
    refused = run(root, download)
    assert refused.returncode == 2 and "is not what a run writes there" in refused.stderr


def test_the_caller_may_name_the_system(root: Path) -> None:
    """--from overrides what a layout looks like, and says so where there is nothing of that system's."""
    download = handed_out(root / "week5", CANVAS)
    wrong = run(root, download, "--from", "moodle")
    assert wrong.returncode == 2 and "week5.zip holds no hand-in as Moodle names them" in wrong.stderr
    assert run(root, download, "--from", "blackboard").returncode == 2


def test_hand_ins_are_written_for_plain_classes_too(tmp_path: Path, lab: Lab) -> None:
    """Nobody says who they are; another lab's entries do not stay; what cannot be written harms nothing."""
    plain, odd = Source("ada", tmp_path / "ada"), Source("b\u202eob", tmp_path / "bob")
    assert write_hand_ins(tmp_path, lab, [plain]) == [] == write_hand_ins(tmp_path, lab, [odd])
    content = json.loads((tmp_path / "hand_ins.json").read_text("ascii"))
    assert set(content["students"]) == {"ada", "b\\u202eob"}
    assert content["students"]["ada"] == {
        "path": str(tmp_path / "ada"), "handed_in": None, "late": None, "system": "", "id": "", "name": "", "email": "",
        "members": [], "parts": [],
    }  # fmt: skip
    assert write_hand_ins(tmp_path, lab, [Source("ada", tmp_path / "new" / "ada")]) == ["ada"]
    assert write_hand_ins(tmp_path, replace(lab, name="other"), [plain]) == []
    assert list(json.loads((tmp_path / "hand_ins.json").read_text())["students"]) == ["ada"]


# Every system


@pytest.mark.parametrize("system", LAYOUTS)
def test_a_zip_and_what_it_unpacks_to_are_the_same_class(system: str, tmp_path: Path, lab: Lab) -> None:
    """Students have the same names and files either way, and nothing is written to read them."""
    paths = [handed_out(tmp_path / "download", LAYOUTS[system], kind) for kind in ("", ".zip")]
    before = tree(tmp_path)
    folder, packed = (read_all(path, lab) for path in paths)
    assert folder == packed and len(folder) >= 2
    assert {"answers.py"} <= set.intersection(*(set(submission.files) for submission in folder.values()))
    assert tree(tmp_path) == before
    for path in paths:
        assert {source.who.system for source in sources(path, lab).values()} == {system}
        assert read_all(path, lab, system) == folder


@pytest.mark.parametrize("system", LAYOUTS)
def test_folders_that_unpacking_leaves_are_looked_through(system: str, tmp_path: Path, lab: Lab) -> None:
    """A folder in a folder, and what a Mac leaves beside them, change nothing."""
    files = {f"Downloads/week 5/{name}": content for name, content in LAYOUTS[system].items()}
    files |= {"__MACOSX/._x": b"", ".DS_Store": b""}
    wrapped = read_all(handed_out(tmp_path / "wrapped", files), lab)
    assert wrapped == read_all(handed_out(tmp_path / "bare", LAYOUTS[system]), lab)


def test_two_downloads_of_a_system_are_one_class(tmp_path: Path, lab: Lab) -> None:
    """Sections side by side are all their students, and who is in both counts once, with the last hand-in."""
    monday = handed_out(tmp_path / "monday", {"a_1_10_answers.py": WRONG, "b_2_11_answers.py": RIGHT})
    tuesday = handed_out(tmp_path / "tuesday", {"a_1_12_answers.py": RIGHT, "c_3_13_answers.py": RIGHT}, "")
    for order in ([monday, tuesday], [tuesday, monday]):
        roster = find_submissions(order, lab)
        assert [source.student for source in roster.sources] == ["a_1", "b_2", "c_3"]
        assert roster.sources[0].path == tuesday / "a_1_12_answers.py"
        assert any("handed in later: a_1_10_answers.py." in notice for notice in roster.notices)


# Canvas


def canvas(tmp_path: Path, lab: Lab, *names: str) -> dict[str, Submission]:
    """What is read of files of these names, each with its name as content."""
    return read_all(handed_out(tmp_path / "submissions", {name: name.encode() for name in names}), lab)


def test_canvas_files_get_back_the_names_that_they_were_handed_in_under(tmp_path: Path, lab: Lab) -> None:
    """Prefixes and the numbers of repeated uploads are taken off, however the suffix looks."""
    uuid = "6f1e2c3d-0a1b-2c3d-4e5f-60718293a4b5"
    names = {
        "ada_1_11_answers-1.py": "answers.py",
        "ada_1_12_my-tools.py": "my-tools.py",
        f"ada_1_13_more-{uuid}.py": "more.py",
        "ada_1_14_week_5_notes-12.txt": "week_5_notes.txt",
    }
    found = canvas(tmp_path, lab, *names)["ada_1"].files
    assert found == {name: raw.encode() for raw, name in names.items()}


def test_data_keeps_its_own_numbers(tmp_path: Path, lab: Lab) -> None:
    """fold-1.csv is what its author called it, where nothing was handed in again, or where it has siblings."""
    assert set(canvas(tmp_path, lab, "a_1_1_answers.py", "a_1_2_fold-1.csv")["a_1"].files) == {
        "answers.py",
        "fold-1.csv",
    }
    names = ("a_1_1_answers-1.py", "a_1_2_fold-1.csv", "a_1_3_fold-2.csv")
    assert set(canvas(tmp_path, lab, *names)["a_1"].files) == {"answers.py", "fold.csv", "fold-2.csv"}


def test_of_a_canvas_file_handed_in_twice_the_last_counts(tmp_path: Path, lab: Lab) -> None:
    """The last is the one of the higher number, whatever its suffix; the other is said to be passed over."""
    names = ("ada_1_97_answers-2.py", "ada_1_98_answers.py", "ada_1_101_answers-1.py", "bob_2_5_answers.py")
    assert canvas(tmp_path, lab, *names)["ada_1"].files == {"answers.py": b"ada_1_101_answers-1.py"}
    notices = find_submissions([tmp_path / "submissions.zip"], lab).notices
    assert any("ada_1_97_answers-2.py, ada_1_98_answers.py" in notice for notice in notices)


@pytest.mark.parametrize(
    ("name", "student", "who", "late"),
    [("o'neil-smithzoë_LATE_12_34_answers.py", "o'neil-smithzoë_12", ("o'neil-smithzoë", "12"), True),
     ("projectgroup7_12_34_answers.py", "projectgroup7_12", ("projectgroup7", "12"), False),
     ("van_der_berg_12_34_answers.py", "van_der_berg_12", ("van_der_berg", "12"), False),
     ("anon_aB3xY_34_answers.py", "anon_aB3xY", ("anon", "aB3xY"), False),
     ("LATE_anon_aB3xY_34_answers.py", "anon_aB3xY", ("anon", "aB3xY"), True),
     ("_12_34_answers.py", "12", ("", "12"), False)],
)  # fmt: skip
def test_canvas_says_who_and_whether_late(
    name: str, student: str, who: tuple[str, str], late: bool, tmp_path: Path, lab: Lab
) -> None:
    """Names with anything in them, groups, and nobody's names."""
    (source,) = sources(handed_out(tmp_path / "submissions", {name: CODE}), lab).values()
    assert (source.student, source.who, source.late) == (student, Who(who[0], "", who[1], "canvas"), late)
    assert source.handed_in is None


@pytest.mark.parametrize("kind", ["", ".zip"])
def test_a_zip_among_a_students_files_is_opened(kind: str, tmp_path: Path, lab: Lab) -> None:
    """One archive stands for its contents, unless a file of the lab lies beside it; a foreign one is refused."""
    files = {
        "ada_1_1_hw-1.zip": zipped({"hw/answers.py": RIGHT}), "ada_1_2_report.pdf": b"%PDF",
        "bob_2_3_hw.tar.gz": tarred({"answers.py": RIGHT}),
        "eve_3_4_old.zip": zipped({"answers.py": b"old"}), "eve_3_5_answers.py": b"new",
        "flo_4_6_hw.rar": b"Rar!", "gus_5_7_hw.zip": b"no zip",
    }  # fmt: skip
    found = read_all(handed_out(tmp_path / "submissions", files, kind), lab)
    assert [found[name].files.get("answers.py") for name in ("ada_1", "bob_2", "eve_3")] == [RIGHT, RIGHT, b"new"]
    assert "hw.rar is an archive of another kind" in (found["flo_4"].problem or "")
    assert "hw.zip is not a readable zip archive" in (found["gus_5"].problem or "")


def test_who_typed_into_a_page_is_still_in_the_table(tmp_path: Path, lab: Lab) -> None:
    """Text and links hold nothing to grade, and make no hole in the class."""
    found = canvas(tmp_path, lab, "ada_1_text.html", "bob_LATE_2_link.html", "cleo_3_4_answers.py")
    assert set(found) == {"ada_1", "bob_2", "cleo_3"}
    assert "no Python file at all" in (found["ada_1"].problem or "")


# Moodle


@pytest.mark.parametrize(
    ("prefix", "student"),
    [("Zoë O'Neil_123", "Zoë O'Neil_123"), ("Zoe\u0308 Smith_123", "Zoë Smith_123"),
     ("Ada_5_Lovelace_123", "Ada_5_Lovelace_123"), ("Participant_7", "Participant_7"),
     ("Team A-1_44", "Team A-1_44"), ("Default team", "Default team"), ("李 明_9", "李 明_9")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["", ".zip"])
def test_moodle_names_have_anything_in_them(kind: str, prefix: str, student: str, tmp_path: Path, lab: Lab) -> None:
    """Folders of old and new Moodle, files without folders: always the same student, by name and number."""
    for number, form in enumerate(("{}_file_/answers.py", "{}_file/answers.py", "{}_file_answers.py")):
        files = {form.format(f"{prefix}_assignsubmission"): CODE, "Bob B_9876_assignsubmission_file_answers.py": CODE}
        found = read_all(handed_out(tmp_path / f"class{number}", files, kind), lab)
        assert found == {name: Submission(name, {"answers.py": CODE}) for name in (student, "Bob B_9876")}


def test_moodle_files_without_folders_are_put_together(tmp_path: Path, lab: Lab) -> None:
    """All files of a student are one submission; what was typed is not, unless there is nothing else."""
    start = "Ada Lovelace_7_assignsubmission_"
    files = {f"{start}file_answers.py": CODE, f"{start}file_my_table_1.csv": b"1\n", f"{start}onlinetext_.html": b"hi",
             "Bob_8_assignsubmission_onlinetext_/onlinetext.html": b"hi", "grades.xlsx": b"",
             "Cleo_9_assignsubmission_onlinetext_onlinetext.html": b"hi"}  # fmt: skip
    path = handed_out(tmp_path / "class", files)
    found = read_all(path, lab)
    assert found["Ada Lovelace_7"].files == {"answers.py": CODE, "my_table_1.csv": b"1\n"}
    assert all("no Python file at all" in (found[name].problem or "") for name in ("Bob_8", "Cleo_9"))
    assert any("Moodle's: grades.xlsx." in notice for notice in find_submissions([path], lab).notices)


def test_two_students_of_one_name_stay_apart(tmp_path: Path, lab: Lab) -> None:
    """The number tells them apart, in every system; where that is one as well, something else does."""
    moodle = {f"Ada Lovelace_{number}_assignsubmission_file_/answers.py": CODE for number in (7, 8)}
    assert set(read_all(handed_out(tmp_path / "moodle", moodle), lab)) == {"Ada Lovelace_7", "Ada Lovelace_8"}
    people = [
        ("Ada: L.", "1", "a@x"),
        ("Ada- L.", "1", "b@x"),
        ("Ada", "", "c@x"),
        ("Ada", "", "d@x"),
        ("Bob", "2", ""),
    ]
    found = read_all(handed_out(tmp_path / "gradescope", gradescope(*people)), lab)
    assert len(found) == 5 and {"Ada_c@x", "Ada_d@x", "Bob_2"} < set(found)
    assert sum(name.startswith("Ada- L_1_") for name in found) == 2, "both have something more, so neither depends"
    assert set(read_all(tmp_path / "gradescope.zip", lab)) == set(found)


# Gradescope


def gradescope(*people: tuple[str, str, str], times: tuple[str, ...] = ()) -> Contents:
    """An export of a submission each, by name, number and address; those with the same time hand in together."""
    lines, files = [], {}
    for number, (name, sid, email) in enumerate(people, 1):
        lines += [f"submission_{number}:", "  :submitters:", f"  - :name: {json.dumps(name)}"]
        lines += [f"    :sid: {json.dumps(sid)}", f"    :email: {json.dumps(email)}"]
        lines += [f"  :created_at: {times[number - 1]}"] if times else []
        files[f"submission_{number}/answers.py"] = CODE
    return {"submission_metadata.yml": "\n".join(lines).encode(), **files}


def test_of_two_gradescope_hand_ins_the_last_counts(tmp_path: Path, lab: Lab) -> None:
    """By its time, and not by its number; addresses are compared as mail does."""
    ada = [("Ada", "1", "Ada@x.y"), ("Ada", "1", "ada@x.y"), ("Bob", "2", "bob@x.y")]
    times = ("2026-02-03 10:00:00.5 Z", "2026-02-03 09:00:00.5 Z", "2026-02-03 11:00:00 Z")
    roster = find_submissions([handed_out(tmp_path / "export", gradescope(*ada, times=times))], lab)
    assert [source.path.name for source in roster.sources] == ["submission_1", "submission_3"]
    assert any("handed in later: submission_2." in notice for notice in roster.notices)


def test_who_leaves_a_group_is_graded_alone(tmp_path: Path, lab: Lab) -> None:
    """A later hand-in counts for whoever is in it; the others keep the earlier one."""
    metadata = METADATA + (
        "submission_103:\n  :submitters:\n  - :name: Grace Hopper\n    :sid: '18'\n    :email: grace@x.y\n"
        "  :created_at: 2026-02-05 00:00:00 Z\n"
    )
    files = GRADESCOPE | {
        "assignment_1234_export/submission_metadata.yml": metadata.encode(),
        "assignment_1234_export/submission_103/answers.py": RIGHT,
    }
    found = sources(handed_out(tmp_path / "export", files), lab)
    assert {name: (source.path.name, source.who.members) for name, source in found.items()} == {
        "Ada Lovelace_0017": ("submission_101", ()),
        "Alan Turing_alan@x.y": ("submission_102", ()),
        "Grace Hopper_18": ("submission_103", ()),
    }
    assert found["Alan Turing_alan@x.y"].who == Who("Alan Turing", "alan@x.y", "", "gradescope")


def test_metadata_is_data(tmp_path: Path, lab: Lab) -> None:
    """Tags build nothing, aliases grow to nothing, and what a test printed is no submitter."""
    trap = tmp_path / "trap"
    metadata = (
        f"--- !ruby/object:Submissions\n{METADATA.removeprefix('---')}\n"
        f"submission_103: !!python/object/apply:os.mkdir ['{trap}']\n"
        f"? [complex, key]\n: !!binary x\n{BOMB}\nsubmission_104:\n  :submitters: *t\n  <<: *t\n"
    )
    files = {**GRADESCOPE, "assignment_1234_export/submission_metadata.yml": metadata.encode()}
    files |= {f"assignment_1234_export/submission_{number}/answers.py": CODE for number in (103, 104, 105)}
    path = handed_out(tmp_path / "export", files)
    with only_reading():
        roster = find_submissions([path], lab)
    assert [source.student for source in roster.sources] == [
        "Ada Lovelace_0017", "Grace Hopper_18", "submission_103", "submission_104", "submission_105",
    ]  # fmt: skip
    assert roster.sources[1].who.members == (Person("Alan Turing", "alan@x.y"),)
    assert any("does not say whose these are" in notice and "submission_105" in notice for notice in roster.notices)
    assert not trap.exists()


@pytest.mark.parametrize("metadata", ["a: [", "[" * 100_000, "\0", "a: b: c", f"a: {'[' * 999}{']' * 999}"])
def test_metadata_that_cannot_be_read_stops_the_run(metadata: str, tmp_path: Path, lab: Lab) -> None:
    """Nobody is graded under another's name: the message says what to do, and doing it helps."""
    files = {"submission_1/answers.py": CODE, "submission_2/answers.py": CODE, "submission_metadata.yml": b""}
    path = handed_out(tmp_path / "export", files | {"submission_metadata.yml": metadata.encode()}, "")
    with pytest.raises(UsageError, match=r"submission_metadata.yml cannot be read.*--from folders"):
        find_submissions([path], lab)
    assert set(sources(path, lab, "folders")) == {"submission_1", "submission_2"}


def test_without_metadata_the_caller_may_insist(tmp_path: Path, lab: Lab) -> None:
    """Folders alone go by their numbers."""
    path = handed_out(tmp_path / "export", {f"export/submission_{number}/answers.py": CODE for number in (1, 2)})
    assert set(sources(path, lab, "gradescope")) == {"submission_1", "submission_2"}


# nbgrader


def test_nbgrader_takes_what_was_submitted_for_the_lab(tmp_path: Path, lab: Lab) -> None:
    """From the course's folder or from `submitted`; the time is that of timestamp.txt, in its zone."""
    path = handed_out(tmp_path / "course", NBGRADER, "")
    for place in (path, path / "submitted"):
        found = sources(place, lab)
        assert {name: source.path for name, source in found.items()} == {
            name: path / "submitted" / name / "tiny" for name in ("bitdiddle", "hacker")
        }
        times = [found[name].handed_in for name in ("bitdiddle", "hacker")]
        assert times == [datetime(2026, 2, 3, 15, 58, 23, 948203, UTC), datetime(2026, 2, 3, 23, 58, 23, tzinfo=UTC)]
        assert found["hacker"].who == Who(id="hacker", system="nbgrader")


def test_an_assignment_of_another_name_is_taken_if_it_is_the_only_one(tmp_path: Path, lab: Lab) -> None:
    """Two of them, and none called as the lab is, leave it open which is meant."""
    files = {f"submitted/{student}/ps1/{name}": CODE for student in "ab" for name in ("answers.py", "timestamp.txt")}
    assert set(sources(handed_out(tmp_path / "one", files), lab)) == {"a", "b"}
    with pytest.raises(UsageError, match="ps1, ps2, and none for tiny"):
        find_submissions([handed_out(tmp_path / "two", files | {"submitted/b/ps2/x.py": b""})], lab)
    files |= {"submitted/b/tiny/answers.py": CODE}
    roster = find_submissions([handed_out(tmp_path / "three", files)], lab)
    assert [source.student for source in roster.sources] == ["b"]
    assert any("Handed in nothing for tiny: a." in notice for notice in roster.notices)


@pytest.mark.parametrize("kind", ["", ".zip"])
def test_of_what_waits_in_the_exchange_the_last_counts(kind: str, tmp_path: Path, lab: Lab) -> None:
    """student+assignment+time, with or without the random end; the student's name may hold a plus."""
    times = {"ada+1": ["2026-02-03 10:00:00.0 UTC+aB-_9xyz", "2026-02-03 11:00:00.0 UTC+0B-_9xyz"],
             "bob": ["2026-02-03 10:00:00.1 PST", "2026-02-04 10:00:00.1 PST"]}  # fmt: skip
    files = {f"{student}+tiny+{time}/answers.py": time.encode() for student in times for time in times[student]}
    files |= {"ada+1+other+2026-02-09 11:00:00.0 UTC+0B/answers.py": b"other"}
    path = handed_out(tmp_path / "inbound", files, kind)
    found = read_all(path, lab)
    assert {name: submission.files["answers.py"].decode() for name, submission in found.items()} == {
        student: last for student, (_, last) in times.items()
    }
    assert sources(path, lab)["bob"].handed_in is None, "PST says too little"


@pytest.mark.parametrize(
    ("text", "time"),
    [("2026-02-03 10:15:00.123456789 Z", datetime(2026, 2, 3, 10, 15, 0, 123456, UTC)),
     ("2026-02-03T10:15:00+0200", datetime(2026, 2, 3, 8, 15, tzinfo=UTC)),
     ("2026-02-03 10:15:00", datetime(2026, 2, 3, 10, 15, tzinfo=UTC)),
     ("2026-02-30 10:15:00 UTC", None), ("2026-02-03 10:15:00 ../../etc/passwd", None), ("yesterday", None),
     ("2026-02-03 10:15:00 Mars/Base", None), ("2026-02-03 10:15:00 CST", None), ("9" * 10_000, None), ("", None)],
)  # fmt: skip
def test_times_are_read_or_left_open(text: str, time: datetime | None) -> None:
    """A time has a zone, or is none; no text is an error."""
    assert moment(text) == time


# Plain classes, and notebooks in them


def test_a_students_own_zips_are_no_downloads(tmp_path: Path, lab: Lab) -> None:
    """Among several paths, or in a class, no zip is opened to make other students out of what is in it."""
    forged = {"ada_1_2_answers.py": b"forged", "answers.py": CODE}
    handed_out(tmp_path / "class" / "bob", {"answers.py": CODE}, "")
    handed_out(tmp_path / "class" / "mallory", forged)
    for paths in ([tmp_path / "class"], sorted((tmp_path / "class").iterdir())):
        assert [source.student for source in find_submissions(paths, lab).sources] == ["bob", "mallory"]
    lone = handed_out(tmp_path / "eve", {"ada_1_2_answers.py": b"forged"})
    assert set(sources(lone, lab, "folders")) == {"eve"}


def test_a_notebook_is_a_submission(tmp_path: Path, lab: Lab) -> None:
    """A bare notebook, a folder of them, and notebooks among folders and archives; stray ones break no section."""
    notebooks = {f"class/{name}.ipynb": b"{}" for name in ("ada", "bob")}
    write_files(tmp_path, notebooks)
    assert set(sources(tmp_path / "class", lab)) == {"ada", "bob"}
    assert set(sources(tmp_path / "class" / "ada.ipynb", lab)) == {"ada"}
    write_files(tmp_path, {"class/cleo/answers.py": CODE, "class/dora/Copy of lab.ipynb": b"{}", "class/x.md": b""})
    handed_out(tmp_path / "class" / "emil", {"answers.py": CODE})
    roster = find_submissions([tmp_path / "class"], lab)
    assert [source.student for source in roster.sources] == ["ada", "bob", "cleo", "dora", "emil"]
    assert [path.name for path in roster.ignored] == ["x.md"]
    assert set(sources(write_files(tmp_path / "flo", {"lab.ipynb": b"{}", "data/x.csv": b""}), lab)) == {"flo"}
    for name in ("monday/a", "monday/b", "tuesday/c", "tuesday/d"):
        write_files(tmp_path / "sections" / name, {"answers.py": CODE})
    write_files(tmp_path / "sections", {"monday/notes.ipynb": b"{}", "tuesday/lab.ipynb": b"{}"})
    roster = find_submissions([tmp_path / "sections"], lab)
    assert [source.student for source in roster.sources] == ["a", "b", "c", "d", "notes"]
    assert [path.name for path in roster.ignored] == ["lab.ipynb"], "the one that was given out"
    folders = {f"{name}/{number}.ipynb": b"{}" for name in ("m/a", "m/b", "t/c", "t/d") for number in (1, 2)}
    assert set(sources(write_files(tmp_path / "more", folders), lab)) == {"a", "b", "c", "d"}


# Hostile


@pytest.mark.parametrize("kind", ["", ".zip"])
def test_names_lead_nowhere(kind: str, tmp_path: Path, lab: Lab) -> None:
    """A file handed in as .. is passed over, and no student is called by a way out."""
    files = {
        "ada_1_2_..": b"", "ada_1_3_answers.py": CODE, "\u202e-_4_5_answers.py": CODE, "con.._6_7_answers.py": CODE,
        ".bob_8_9_answers.py": CODE,
    }  # fmt: skip
    path = handed_out(tmp_path / "submissions", files, kind)
    found = read_all(path, lab)
    assert set(found) == {"ada_1", "4", "con_6"} and found["ada_1"].files == {"answers.py": CODE}
    (notice,) = [notice for notice in find_submissions([path], lab).notices if "Passed over" in notice]
    assert "ada_1_2_.., .bob_8_9_answers.py." in notice
    people = [("../../etc", "../x", "a@x"), ("/", "", "/../b@x"), ("\x1b[31m", "...", ""), ("=1+1" * 999, "9", "d@x"),
              ("", "..", "")]  # fmt: skip
    names = set(read_all(handed_out(tmp_path / "export", gradescope(*people), kind), lab))
    assert names == {"etc_x", "b@x", "[31m", "=1+1" * 30 + "_9", "nobody"}


def test_paths_that_lead_out_of_a_class_are_nobodys(tmp_path: Path, lab: Lab) -> None:
    """They are passed over and said to be; the students whose they pretend to be keep what is theirs."""
    start = "Ada_1_assignsubmission_file_"
    out = [f"{start}/../Bob_2_assignsubmission_file_/answers.py", "/etc/x.py", "..\\..\\x.py", "C:\\x.py"]
    members = [(f"{name}_assignsubmission_file_/answers.py", CODE) for name in ("Ada_1", "Bob_2")]
    (tmp_path / "class.zip").write_bytes(zip_of([*members, *((name, b"forged") for name in out)]))
    found = read_all(tmp_path / "class.zip", lab)
    assert found == {name: Submission(name, {"answers.py": CODE}) for name in ("Ada_1", "Bob_2")}
    assert any("/etc/x.py" in notice for notice in find_submissions([tmp_path / "class.zip"], lab).notices)


def test_links_in_a_class_are_nobodys(tmp_path: Path, lab: Lab) -> None:
    """Neither a linked file nor a linked folder earns anybody's marks."""
    folder = handed_out(tmp_path / "class", {"ada_1_2_answers.py": CODE, "bob_3_4_notes.py": b""}, "")
    (folder / "bob_3_5_answers.py").symlink_to(folder / "ada_1_2_answers.py")
    found = read_all(folder, lab)
    assert "None of answers.py" in (found["bob_3"].problem or "")
    moodle = write_files(tmp_path / "moodle", {"Ada_1_assignsubmission_file_/answers.py": CODE})
    (moodle / "Bob_2_assignsubmission_file_").symlink_to(moodle / "Ada_1_assignsubmission_file_")
    assert set(read_all(moodle, lab)) == {"Ada_1"}


def test_each_student_has_the_limits_of_one(tmp_path: Path, lab: Lab) -> None:
    """A class may be larger than any submission; a bomb in it, or too many files, sinks only whose they are."""
    start = "S{}_{}_assignsubmission_file_"
    files = {f"{start.format(n, n)}/{name}": CODE for n in range(300) for name in ("answers.py", "a.py", "b.py")}
    files |= {f"{start.format(n, n)}/data.bin": bytes(MEGABYTE) for n in range(100)}
    files |= {f"{start.format(0, 0)}/zeros.bin": bytes(70 * MEGABYTE)}
    files |= {f"{start.format(1, 1)}/f{i}.txt": b"" for i in range(5000)}
    files |= {f"{start.format(2, 2)}/hw.zip": b"x", f"{start.format(2, 2)}/.git/x": bytes(MEGABYTE)}
    path = handed_out(tmp_path / "class", files)
    found = read_all(path, lab)
    assert len(found) == 300
    problems = {name: submission.problem for name, submission in found.items() if submission.problem}
    assert set(problems) == {"S0_0", "S1_1"}
    assert "no homework does" in (problems["S0_0"] or "") and "more than 5000 files" in (problems["S1_1"] or "")


def test_a_class_that_no_system_packs_is_refused_whole(tmp_path: Path, lab: Lab) -> None:
    """Members over each other are a bomb's; a zip cut short is said to be damaged, where a system was named."""
    (tmp_path / "bomb.zip").write_bytes(overlapping_zip(["a_1_2_answers.py", "b_3_4_answers.py"], CODE))
    (tmp_path / "short.zip").write_bytes(zipped(CANVAS)[:-30])
    for name, why in (("bomb", "lie over each other"), ("short", "cannot be read as a download")):
        with pytest.raises(UsageError, match=why):
            find_submissions([tmp_path / f"{name}.zip"], lab, "canvas")
        assert [source.student for source in find_submissions([tmp_path / f"{name}.zip"], lab).sources] == [name]


def test_no_student_takes_the_place_of_results(tmp_path: Path, lab: Lab) -> None:
    """A student of nbgrader's who is called as a file of the run's is refused by name."""
    files = {f"submitted/hand_ins.json/tiny/{name}": CODE for name in ("answers.py", "timestamp.txt")}
    with pytest.raises(UsageError, match=r"cannot be graded under the name 'hand_ins.json'"):
        find_submissions([handed_out(tmp_path / "course", files)], lab)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=zips(), system=st.sampled_from(["canvas", "moodle", "gradescope", "nbgrader", None]))
def test_any_zip_is_a_class_or_refused(content: bytes, system: str | None, tmp_path: Path, lab: Lab) -> None:
    """Whatever is damaged or lies in it, there are submissions, or one sentence that says why not."""
    path = tmp_path / "download.zip"
    path.write_bytes(content)
    with only_reading():
        try:
            found = read_all(path, lab, system)
        except UsageError as error:
            assert str(path) in str(error)
        else:
            assert found and all("/" not in name for name in found)
