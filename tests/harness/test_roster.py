"""Who handed in: submissions told from classes, links passed over, odd trees survived."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from labs import tiny_lab, write_files
from packing import CODE, FILES, hand_in, zipped

from autograder.errors import UsageError
from autograder.lab import Lab
from autograder.roster import Roster, find_submissions, student_name
from autograder.submission import Submission, read_submission


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(tmp_path_factory.mktemp("lab"))


def students(roster: Roster) -> list[str]:
    return [source.student for source in roster.sources]


def test_the_one_archive_in_a_students_folder_is_the_submission(tmp_path: Path, lab: Lab) -> None:
    """Course systems hand out a folder a student with the archive in it: the folder's name is the student's."""
    for student in ("ada_17", "bob_18"):
        hand_in(tmp_path / "class" / student / "hw", FILES, ".zip")
    roster = find_submissions([tmp_path / "class"], lab)
    assert [read_submission(source, lab) for source in roster.sources] == [
        Submission("ada_17", FILES),
        Submission("bob_18", FILES),
    ]


def test_a_loose_file_in_a_class_does_not_make_it_one_student(tmp_path: Path, lab: Lab) -> None:
    """Beside several submissions a lab file is passed over, and said to be."""
    for student in ("ada", "bob"):
        hand_in(tmp_path / "class" / student, FILES)
    (tmp_path / "class" / "answers.py").write_bytes(CODE)
    roster = find_submissions([tmp_path / "class"], lab)
    assert students(roster) == ["ada", "bob"]
    assert [path.name for path in roster.ignored] == ["answers.py"]


def a_class(folder: Path) -> Path:
    for name, kind in (("ada", ""), ("bob", ".zip"), ("cleo", ".tar.gz"), ("dora", ".tgz")):
        hand_in(folder / name, FILES, kind)
    return hand_in(folder / "emil", {"hw1/answers.py": CODE}).parent


def test_a_folder_of_submissions_is_a_class(tmp_path: Path, lab: Lab) -> None:
    """Folders and archives of all kinds side by side are a student each, in the order of their names."""
    assert students(find_submissions([a_class(tmp_path)], lab)) == ["ada", "bob", "cleo", "dora", "emil"]


def test_a_class_of_one_is_a_class(tmp_path: Path, lab: Lab) -> None:
    """A folder that holds a single student's folder is a class: the student is not called by the class's name."""
    hand_in(tmp_path / "class" / "ada", FILES)
    assert students(find_submissions([tmp_path / "class"], lab)) == ["ada"]


def test_several_paths_are_several_students(tmp_path: Path, lab: Lab) -> None:
    """Given several paths, a folder with its files one level down is a student under its own name."""
    paths = [hand_in(tmp_path / "ada", {"hw1/answers.py": CODE}), hand_in(tmp_path / "bob", FILES, ".zip"),
             hand_in(tmp_path / "cleo", FILES)]  # fmt: skip
    assert students(find_submissions(paths, lab)) == ["ada", "bob", "cleo"]


def test_a_folder_of_classes_is_all_their_students(tmp_path: Path, lab: Lab) -> None:
    """Sections side by side are opened, and their students taken."""
    a_class(tmp_path / "monday")
    hand_in(tmp_path / "tuesday" / "zoe", FILES)
    hand_in(tmp_path / "tuesday" / "yan", FILES, ".zip")
    names = ["ada", "bob", "cleo", "dora", "emil", "yan", "zoe"]
    assert students(find_submissions([tmp_path], lab)) == names


def test_the_same_path_twice_is_one_student(tmp_path: Path, lab: Lab) -> None:
    """A path that is given twice, written differently, is graded once."""
    path = hand_in(tmp_path / "ada", FILES)
    assert students(find_submissions([path, tmp_path / "x" / ".." / "ada"], lab)) == ["ada"]


@pytest.mark.parametrize(
    ("entry", "name"),
    [("ada.zip", "ada"), ("ada.tar.gz", "ada"), ("ada.tgz", "ada"), ("a.b.zip", "a.b"), ("ada.v1.2", "ada.v1.2"),
     ("ada.zip/", "ada.zip"), ("Zoë O'Neil.zip", "Zoë O'Neil"), ("ada.rar", "ada"), (".zip", ".zip")],
)  # fmt: skip
def test_a_student_is_called_as_the_path_without_the_archives_suffix(entry: str, name: str, tmp_path: Path) -> None:
    """Archives lose their suffix and nothing else; folders keep every dot."""
    path = tmp_path / entry
    path.mkdir() if entry.endswith("/") or "v1" in entry else path.touch()
    assert student_name(path) == name


def test_what_lies_beside_submissions_is_named_and_passed_over(tmp_path: Path, lab: Lab) -> None:
    """A README, notes or a link to a folder beside the submissions is listed as ignored; hidden files are not."""
    a_class(tmp_path)
    write_files(tmp_path, {"README.md": b"hi", "notes.txt": b"", "alone.py": b"", ".DS_Store": b"", "__MACOSX/a": b""})
    (tmp_path / "link").symlink_to(tmp_path / "ada")
    roster = find_submissions([tmp_path], lab)
    assert students(roster) == ["ada", "bob", "cleo", "dora", "emil"]
    assert [path.name for path in roster.ignored] == ["README.md", "alone.py", "link", "notes.txt"]


def test_a_student_with_nothing_usable_still_counts(tmp_path: Path, lab: Lab) -> None:
    """An empty folder or a broken archive in a class is a student with a problem, not a hole in the table."""
    a_class(tmp_path)
    (tmp_path / "nemo").mkdir()
    (tmp_path / "otto.zip").write_bytes(b"no zip")
    (tmp_path / "paul.rar").write_bytes(b"Rar!")
    roster = find_submissions([tmp_path], lab)
    assert students(roster)[-3:] == ["nemo", "otto", "paul"]
    assert all(read_submission(source, lab).problem for source in roster.sources[-3:])


def test_two_students_of_one_name_stop_the_run(tmp_path: Path, lab: Lab) -> None:
    """Nobody's grade is overwritten: the message names both paths."""
    paths = [hand_in(tmp_path / "a" / "ada", FILES), hand_in(tmp_path / "b" / "ada", FILES, ".zip")]
    with pytest.raises(UsageError, match="Two submissions are called 'ada'") as caught:
        find_submissions(paths, lab)
    assert all(str(path) in str(caught.value) for path in paths)


def test_wrong_paths_are_the_callers_fault(tmp_path: Path, lab: Lab) -> None:
    """A path that is missing, empty or no archive is wrong usage, and the message names it."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "essay.pdf").touch()
    for name, why in (("missing", "does not exist"), ("empty", "holds no submission"), ("essay.pdf", "neither")):
        with pytest.raises(UsageError, match=why) as caught:
            find_submissions([tmp_path / name], lab)
        assert str(tmp_path / name) in str(caught.value)


def test_the_command_line_says_so_too(tmp_path: Path) -> None:
    """Wrong usage is one line on stderr and exit code 2, before anything slow begins."""
    command = [sys.executable, "grade.py", "run", str(tmp_path / "missing")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: {tmp_path / 'missing'} does not exist.\n"


def test_an_archive_that_is_a_link_is_nobodys(tmp_path: Path, lab: Lab) -> None:
    """A student's folder with a link to another's archive does not earn the other's marks; nor does a link beside."""
    whole = hand_in(tmp_path / "class" / "ada", FILES, ".zip")
    (tmp_path / "class" / "bob").mkdir()
    (tmp_path / "class" / "bob" / "hw.zip").symlink_to(whole)
    (tmp_path / "class" / "cleo.zip").symlink_to(whole)
    roster = find_submissions([tmp_path / "class"], lab)
    assert students(roster) == ["ada", "bob"]
    assert [path.name for path in roster.ignored] == ["cleo.zip"]
    assert "None of answers.py" in (read_submission(roster.sources[1], lab).problem or "")


def test_an_archive_that_the_caller_names_may_be_a_link(tmp_path: Path, lab: Lab) -> None:
    """Whoever calls the grader may link as they like."""
    (tmp_path / "bob.zip").symlink_to(hand_in(tmp_path / "ada", FILES, ".zip"))
    (source,) = find_submissions([tmp_path / "bob.zip"], lab).sources
    assert read_submission(source, lab) == Submission("bob", FILES)


def test_a_tree_without_end_is_one_students(tmp_path: Path, lab: Lab) -> None:
    """Folders within folders, as deep as one likes, neither stop the class nor get lost."""
    deep = tmp_path / "class" / "bob"
    deep.mkdir(parents=True)
    here = os.open(deep, os.O_RDONLY)
    for _ in range(480):  # deeper, and pytest itself fails to remove it
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    roster = find_submissions([tmp_path / "class"], lab)
    assert students(roster) == ["bob"]
    assert "None of answers.py" in (read_submission(roster.sources[0], lab).problem or "")


@pytest.mark.parametrize("name", ["..zip", "...zip"])
def test_no_student_is_called_by_a_way_out(name: str, tmp_path: Path, lab: Lab) -> None:
    """An archive whose name leaves "." or ".." is not graded into the folder of results, nor above it."""
    with pytest.raises(UsageError, match="Rename it"):
        find_submissions([write_files(tmp_path, {name: zipped(FILES)}) / name], lab)
