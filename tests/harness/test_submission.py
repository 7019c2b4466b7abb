"""Handing in: what is found, what is read, what is refused in words, and that nothing lands on the disk."""

import gzip
import io
import os
import random
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from labs import tiny_lab, write_files

from autograder import archives
from autograder import submission as submissions
from autograder.errors import UsageError
from autograder.lab import Lab
from autograder.roster import Roster, find_submissions, student_name
from autograder.submission import Source, Submission, read_submission

CODE = b"class Answer: ...\n"
FILES = {"answers.py": CODE, "tools/helper.py": b"x = 1\n"}
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(tmp_path_factory.mktemp("lab"))


Contents = Mapping[str, bytes]


def zipped(files: Contents, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo("x" * len(name))
            entry.filename = name  # as it stands: the constructor would tidy it up
            archive.writestr(entry, content, compression)
    return buffer.getvalue()


def tarred(files: Contents, mode: str = "w:gz") -> bytes:
    return tar_of([(named(name, size=len(content)), content) for name, content in files.items()], mode)


def tar_of(members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def named(name: str, **fields: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(member, field, value)
    return member


PACKERS: dict[str, Callable[[Contents], bytes]] = {
    ".zip": zipped,
    ".tar.gz": tarred,
    ".tgz": tarred,
    ".tar": lambda files: tarred(files, "w"),
}
KINDS = ["", *PACKERS]


def hand_in(path: Path, files: Contents, kind: str = "") -> Path:
    """Put `files` at `path` as a folder, or as the archive of this kind."""
    if not kind:
        return write_files(path, files)
    return write_files(path.parent, {path.name + kind: PACKERS[kind](files)}) / (path.name + kind)


def read(path: Path, lab: Lab) -> Submission:
    return read_submission(Source(student_name(path), path), lab)


def archive(path: Path, content: bytes, lab: Lab) -> Submission:
    path.write_bytes(content)
    return read(path, lab)


def problem(path: Path, lab: Lab) -> str:
    """What the student is told who handed in `path`: one sentence or two."""
    submission = read(path, lab)
    assert submission.files == {}
    assert submission.problem and submission.problem.endswith(".") and "\n" not in submission.problem
    return submission.problem


def refusal(path: Path, content: bytes, lab: Lab) -> str:
    path.write_bytes(content)
    return problem(path, lab)


def students(roster: Roster) -> list[str]:
    return [source.student for source in roster.sources]


# What is read


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("below", ["", "hw1/", "Downloads/hw1/"])
def test_every_kind_of_submission_reads_alike(kind: str, below: str, tmp_path: Path, lab: Lab) -> None:
    """A folder, zip, tar.gz, tgz or tar gives the same files by the same names, however far down they lie."""
    path = hand_in(tmp_path / "ada", {below + name: content for name, content in FILES.items()}, kind)
    assert read(path, lab) == Submission("ada", FILES)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_students_work_is_left_out(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Caches, editors' and systems' folders, and whatever is neither code nor data, are left out."""
    noise = ["__MACOSX/answers.py", "__MACOSX/._answers.py", ".git/hooks/answers.py", "__pycache__/answers.py",
             ".ipynb_checkpoints/answers.py", "._answers.py", "venv/lib/a.py", "plot.png", "answers.pyc"]  # fmt: skip
    path = hand_in(tmp_path / "ada", FILES | dict.fromkeys(noise, b"noise"), kind)
    assert read(path, lab) == Submission("ada", FILES)


@pytest.mark.parametrize("kind", KINDS)
def test_small_data_files_come_along(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Code that reads a table or its settings from beside itself finds them; what is large stays behind."""
    data = {"settings.json": b"{}", "data/table.csv": b"1,2"}
    path = hand_in(tmp_path / "ada", {**FILES, **data, "large.txt": bytes(1 << 17)}, kind)
    assert read(path, lab) == Submission("ada", {**FILES, **data})


@pytest.mark.parametrize("kind", KINDS)
def test_the_outermost_folder_with_lab_files_counts(kind: str, tmp_path: Path, lab: Lab) -> None:
    """A copy of the lab's files further down does not confuse; files above them are left out."""
    files = {"hw/answers.py": CODE, "hw/old/answers.py": b"old", "other.py": b"y = 2"}
    path = hand_in(tmp_path / "ada", files, kind)
    assert read(path, lab).files == {"answers.py": CODE, "old/answers.py": b"old"}


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


def test_capital_letters_in_a_suffix_are_a_suffix(tmp_path: Path, lab: Lab) -> None:
    """ADA.ZIP is ada's zip, as Windows writes it."""
    assert archive(tmp_path / "ADA.ZIP", zipped(FILES), lab) == Submission("ADA", FILES)


def test_bytes_come_through_untouched(tmp_path: Path, lab: Lab) -> None:
    """Encoding marks, Windows line ends and odd bytes are the student's: nothing is decoded or tidied up."""
    odd = b"\xef\xbb\xbf# caf\xe9\r\nclass Answer: ...\r\n"
    for kind in KINDS:
        assert read(hand_in(tmp_path / f"ada{kind}", {"answers.py": odd}, kind), lab).files == {"answers.py": odd}


def test_the_digest_tells_submissions_apart(tmp_path: Path, lab: Lab) -> None:
    """The digest depends on names and contents alone; a problem counts as content."""
    first, again = (read(hand_in(tmp_path / name, FILES, ".zip"), lab) for name in ("ada", "bob"))
    assert first.digest == again.digest
    changed = [
        Submission("ada", {**FILES, "answers.py": CODE + b" "}),
        Submission("ada", {"answers.py": CODE}),
        Submission("ada", {"a": b"bc"}),
        Submission("ada", {"ab": b"c"}),
        Submission("ada", {}, "No file."),
    ]
    assert len({s.digest for s in [first, *changed]}) == 6


# Who handed in


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


# What is refused, and in which words


def test_an_empty_folder_has_a_problem(tmp_path: Path, lab: Lab) -> None:
    """An empty folder is told which file was expected."""
    assert problem(tmp_path, lab) == "None of answers.py was found in the submission; it holds no Python file at all."


@pytest.mark.parametrize("kind", KINDS)
def test_a_misnamed_file_has_a_problem_that_shows_it(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Without any lab file, the message lists what was found instead."""
    assert problem(hand_in(tmp_path / "ada", {"Answers2.py": CODE}, kind), lab).endswith("it holds Answers2.py.")


@pytest.mark.parametrize("kind", KINDS)
def test_two_versions_side_by_side_are_refused(kind: str, tmp_path: Path, lab: Lab) -> None:
    """The grader does not guess which of two folders counts; it names both."""
    path = hand_in(tmp_path / "ada", {"final/answers.py": CODE, "final2/answers.py": CODE}, kind)
    assert "several folders (final, final2)" in problem(path, lab)


def test_what_is_no_archive_is_refused(tmp_path: Path, lab: Lab) -> None:
    """Text with an archive's suffix, and an empty file, are refused by name."""
    for kind in PACKERS:
        for content in (b"this is no archive at all\n" * 50, b""):
            assert f"ada{kind}" in refusal(tmp_path / f"ada{kind}", content, lab)


@pytest.mark.parametrize("kind", PACKERS)
def test_an_archive_that_was_cut_short_is_refused(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Half an upload is no submission, wherever it broke off."""
    whole = PACKERS[kind]({"answers.py": CODE + random.Random(0).randbytes(3000)})
    end = len(whole.rstrip(b"\0"))  # a tar may lose the zeros at its end
    for share in (0.2, 0.5, 0.9):
        refusal(tmp_path / f"ada{kind}", whole[: int(end * share)], lab)


def test_an_archive_behind_a_password_is_refused(tmp_path: Path, lab: Lab) -> None:
    """An encrypted zip is told to come without a password."""
    content = bytearray(zipped(FILES))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + offset] |= 1
    assert "password" in refusal(tmp_path / "ada.zip", bytes(content), lab)


@pytest.mark.parametrize("suffix", [".rar", ".7z", ".tar.bz2", ".tar.xz", ".gz"])
def test_an_archive_of_another_kind_is_refused_by_name(suffix: str, tmp_path: Path, lab: Lab) -> None:
    """A .rar is recognised as somebody's submission, and asked for as a zip."""
    path = tmp_path / f"ada{suffix}"
    path.write_bytes(b"Rar!\x1a\x07")
    assert students(find_submissions([path], lab)) == ["ada"]
    assert problem(path, lab).endswith("Hand in a folder, a .zip or a .tar.gz.")


OUTSIDE = [
    "../answers.py",
    "/tmp/answers.py",
    "a/../../answers.py",
    "..\\answers.py",
    "C:\\answers.py",
    "\\\\host\\a.py",
]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("kind", PACKERS)
def test_a_path_that_leads_out_of_the_archive_is_refused(kind: str, name: str, tmp_path: Path, lab: Lab) -> None:
    """Zip slip in every spelling: refused by name, though nothing would have been written anyway."""
    assert "leads out of it" in refusal(tmp_path / f"ada{kind}", PACKERS[kind]({**FILES, name: CODE}), lab)


def test_backslashes_are_folders(tmp_path: Path, lab: Lab) -> None:
    r"""hw1\answers.py, as some Windows tools pack it, is answers.py in hw1."""
    for kind in PACKERS:
        path = hand_in(tmp_path / "ada", {"hw1\\answers.py": CODE, "hw1\\tools\\helper.py": b"x = 1\n"}, kind)
        assert read(path, lab).files == FILES


KINDS_OF_MEMBER = {
    "symlink": named("answers.py", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hard link": named("answers.py", type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "character device": named("answers.py", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
    "block device": named("answers.py", type=tarfile.BLKTYPE),
    "FIFO": named("answers.py", type=tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("member", KINDS_OF_MEMBER.values(), ids=KINDS_OF_MEMBER.keys())
def test_links_and_devices_in_a_tar_are_refused(member: tarfile.TarInfo, tmp_path: Path, lab: Lab) -> None:
    """Only plain files count; a link could show the grader's own files."""
    assert "no plain file" in refusal(tmp_path / "ada.tar.gz", tar_of([(member, b"")]), lab)


def test_a_link_in_a_zip_is_refused(tmp_path: Path, lab: Lab) -> None:
    """A zip can hold symlinks as well."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        link = zipfile.ZipInfo("answers.py")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    assert "link" in refusal(tmp_path / "ada.zip", buffer.getvalue(), lab)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path, lab: Lab) -> None:
    """A file that is a link is refused, and a folder that is one is not entered."""
    secret = write_files(tmp_path / "secret", {"answers.py": b"secret = 1"})
    folder = write_files(tmp_path / "ada", {"answers.py": CODE})
    (folder / "more").symlink_to(secret)
    assert read(folder, lab).files == {"answers.py": CODE}
    (folder / "stolen.py").symlink_to(secret / "answers.py")
    assert "stolen.py cannot be read" in problem(folder, lab)


def test_a_pipe_in_a_folder_does_not_hang_the_grader(tmp_path: Path, lab: Lab) -> None:
    """A FIFO that nobody writes to is refused at once."""
    os.mkfifo(tmp_path / "answers.py")
    assert problem(tmp_path, lab) == "answers.py is not a plain file."


def test_a_folder_that_looks_like_a_file_is_no_file(tmp_path: Path, lab: Lab) -> None:
    """A folder called answers.py holds no answer."""
    (tmp_path / "answers.py").mkdir()
    assert "no Python file at all" in problem(tmp_path, lab)


@pytest.mark.parametrize("kind", KINDS)
def test_too_many_python_files_are_refused(kind: str, tmp_path: Path, lab: Lab) -> None:
    """201 Python files are a copied library, and said to be."""
    path = hand_in(tmp_path / "ada", {**FILES, **{f"f{i}.py": b"" for i in range(200)}}, kind)
    assert "more than 200 Python files" in problem(path, lab)


@pytest.mark.parametrize("kind", KINDS)
def test_too_many_files_are_refused(kind: str, tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are not wanted count as well: a tree without end is not walked to its end."""
    monkeypatch.setattr(submissions, "ENTRIES_LIMIT", 50)
    path = hand_in(tmp_path / "ada", {**FILES, **{f"f{i}.txt": b"" for i in range(50)}}, kind)
    assert "more than 50 files" in problem(path, lab)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_too_large_for_source_code_is_refused(kind: str, tmp_path: Path, lab: Lab) -> None:
    """One Python file of more than a megabyte is refused; a large file of another kind is not even opened."""
    large = bytes(MEGABYTE + 1)
    assert "larger than 1 MB" in problem(hand_in(tmp_path / "ada", {**FILES, "data.py": large}, kind), lab)
    assert read(hand_in(tmp_path / "bob", {**FILES, "data.bin": large}, kind), lab).files == FILES


@pytest.mark.parametrize("kind", [".zip", ".tar.gz"])
def test_a_bomb_does_not_go_off(kind: str, tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few KB that unpack to far more are refused, and no more than the limit is ever unpacked."""
    monkeypatch.setattr(archives, "ARCHIVE_BYTES_LIMIT", 4 * MEGABYTE)
    unpacked = 0
    honest = gzip.GzipFile.read

    def counting(file: gzip.GzipFile, size: int = -1) -> bytes:
        nonlocal unpacked
        data = honest(file, size)
        unpacked += len(data)
        return data

    monkeypatch.setattr(gzip.GzipFile, "read", counting)
    name = "answers.py" if kind == ".zip" else "zeros.bin"  # a tar has to be read through, whatever it holds
    path = hand_in(tmp_path / "ada", {**FILES, name: bytes(32 * MEGABYTE)}, kind)
    assert path.stat().st_size < 64 << 10
    assert "larger than 1 MB" in problem(path, lab) or "unpacks to more than 4 MB" in problem(path, lab)
    assert unpacked <= 2 * (4 * MEGABYTE + (64 << 10))


def test_names_that_are_not_utf8_are_survived(tmp_path: Path, lab: Lab) -> None:
    """A name in Latin-1, as old systems write it, is left out, and harms nobody else."""
    folder = write_files(tmp_path / "ada", {"answers.py": CODE})
    odd = os.fsdecode("café.py".encode("latin-1"))
    (folder / odd).write_bytes(b"x = 1")
    assert read(folder, lab).files == {"answers.py": CODE}
    assert archive(tmp_path / "bob.tar", tarred({"answers.py": CODE, odd: b""}, "w"), lab).files == {"answers.py": CODE}
    (folder / "answers.py").unlink()
    assert "None of answers.py" in problem(folder, lab)


# Whatever an archive holds

odd_names = st.one_of(
    st.sampled_from(["answers.py", "hw/answers.py", "a/b/answers.py", "helper.py", "", ".", "/", "a//b.py", *OUTSIDE]),
    st.text(max_size=12).map(lambda text: text + ".py"),
    st.text(max_size=300),
)
contents = st.dictionaries(odd_names, st.binary(max_size=200), max_size=5)
SORTS = [tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE]
types = st.sampled_from([*SORTS, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, b"Z"])
COMPRESSIONS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
broad = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@broad
@given(files=contents, compression=st.sampled_from(COMPRESSIONS), data=st.data())
def test_any_zip_ends_in_a_submission(
    files: Contents, compression: int, data: st.DataObject, tmp_path: Path, lab: Lab
) -> None:
    """Odd names, every compression, damage anywhere: a Submission comes out, and the disk is as it was."""
    try:
        whole = zipped(files, compression)
    except ValueError:  # zipfile itself refuses to write some names
        whole = zipped(FILES, compression)
    survives(tmp_path / "ada.zip", damaged(whole, data), lab)


@broad
@given(files=contents, kind=types, mode=st.sampled_from(["w", "w:gz"]), data=st.data())
def test_any_tar_ends_in_a_submission(
    files: Contents, kind: bytes, mode: str, data: st.DataObject, tmp_path: Path, lab: Lab
) -> None:
    """Odd names, every type of member, damage anywhere: a Submission comes out, and the disk is as it was."""
    members = [(named(name, size=len(content)), content) for name, content in files.items()]
    if members:
        members[0][0].type = kind
        members[0][0].linkname = "/etc/passwd"
    whole = tar_of(members, mode)
    survives(tmp_path / ("ada.tar" if mode == "w" else "ada.tar.gz"), damaged(whole, data), lab)


@broad
@given(noise=st.binary(max_size=600), suffix=st.sampled_from([*PACKERS, ".rar"]))
@example(noise=b"PK\5\6" + bytes(18), suffix=".zip")
def test_noise_ends_in_a_submission(noise: bytes, suffix: str, tmp_path: Path, lab: Lab) -> None:
    """Random bytes under an archive's name give a Submission with a problem."""
    assert survives(tmp_path / f"ada{suffix}", noise, lab).problem


def damaged(content: bytes, data: st.DataObject) -> bytes:
    """`content` with up to four bytes changed."""
    raw = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    return bytes(raw)


def survives(path: Path, content: bytes, lab: Lab) -> Submission:
    """The submission in `content`; makes sure that its names stay inside and that nothing was written."""
    submission = archive(path, content, lab)
    assert (submission.problem is None) == bool(submission.files)
    for name in submission.files:
        assert not name.startswith("/") and ".." not in name.split("/"), name
        assert name.isprintable() and name.encode(), name
    assert list(path.parent.iterdir()) == [path]
    path.unlink()
    return submission
