"""A student's files: what is taken, what is left out, what is refused, and in which words."""

import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from labs import tiny_lab, write_files
from packing import CODE, FILES, KINDS, MEGABYTE, hand_in, named, problem, read, refusal, tar_of, zip_of, zipped

from autograder import entries
from autograder.lab import Lab
from autograder.roster import find_submissions
from autograder.submission import Submission, read_submission


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(tmp_path_factory.mktemp("lab"))


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
def test_a_file_too_large_for_source_code_is_refused(kind: str, tmp_path: Path, lab: Lab) -> None:
    """One Python file of more than a megabyte is refused; a large file of another kind is not even opened."""
    large = bytes(MEGABYTE + 1)
    assert "larger than 1 MB" in problem(hand_in(tmp_path / "ada", {**FILES, "data.py": large}, kind), lab)
    assert read(hand_in(tmp_path / "bob", {**FILES, "data.bin": large}, kind), lab).files == FILES


@pytest.mark.parametrize("kind", KINDS)
def test_what_tools_leave_behind_sinks_nobody(
    kind: str, tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any number of files of an environment or a repository, of any name, size or kind, leave the rest as it is."""
    monkeypatch.setattr(entries, "ENTRIES_LIMIT", 50)
    noise = {f".git/objects/{i:04}": b"x" for i in range(100)}
    noise |= {"env/lib/site-packages/numpy/con.py": b"", "node_modules/a/Index.py": b"", "node_modules/a/index.py": b""}
    noise |= {".venv/big.py": bytes(2 * MEGABYTE), "__MACOSX/x\r.py": b"", ".cache/bad\u202e.py": b""}
    assert read(hand_in(tmp_path / "ada", FILES | noise, kind), lab) == Submission("ada", FILES)


# Names

FAULTY = {
    "tools/\u202eyp.x.py": "characters in its name that do not show",
    "help\u200ber.py": "characters in its name that do not show",
    "a\x1b[2J.py": "characters in its name that do not show",
    "answers\n.py": "characters in its name that do not show",
    "answers.py\r": "characters in its name that do not show",
    "caf\udce9.py": "characters in its name that do not show",
    "helper.py.": "ends with a dot or a space",
    "helper.py ": "ends with a dot or a space",
    "tools /helper2.py": "ends with a dot or a space",
    "con.py": "Windows keeps for itself",
    "AUX.helper.py": "Windows keeps for itself",
    "nul/x.py": "Windows keeps for itself",
    "Com1.py": "Windows keeps for itself",
    "lpt² .py": "Windows keeps for itself",
    "a" * 220 + ".py": "too long a name",
    "d/" * 35 + "x.py": "too many folders down",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FAULTY)
def test_a_python_file_of_an_odd_name_is_refused(name: str, kind: str, tmp_path: Path, lab: Lab) -> None:
    """The message shows the name, harmlessly, says what is wrong with it and what to do."""
    if not kind and name.startswith("d/"):
        return  # a folder's own depth is another test's
    if kind == ".zip" and "\udce9" in name:
        with pytest.raises(UnicodeEncodeError):  # no zip can hold it
            zipped({name: b""})
        return
    message = problem(hand_in(tmp_path / "ada", {**FILES, name: b""}, kind), lab)
    assert FAULTY[name] in message and "hand in again" in message
    shown = name.encode("unicode_escape").decode() if "²" not in name else name
    assert shown[:20] in message


@pytest.mark.parametrize("name", ["answers.py\0.txt", "answers\0.py", "\0answers.py"])
def test_a_name_with_a_nul_is_refused(name: str, tmp_path: Path, lab: Lab) -> None:
    """Half the tools stop at the NUL and the others do not, so it is two files in one."""
    path = tmp_path / "ada.zip"
    assert "answers" in refusal(path, zipped({name: CODE}), lab)
    pax = tar_of([(named("x.py", pax_headers={"path": name}), b"")])
    assert "answers" in refusal(tmp_path / "bob.tar.gz", pax, lab)


HARMLESS = ["plot\u202egnp.png", "Icon\r", "Bild 9.41\u202fUhr.png", "con.png", "Résumé.pdf", "r\udce9sum\udce9.pdf",
            "notes\u200f.txt", "nul.csv", "cafe\u0301.txt"]  # fmt: skip


@pytest.mark.parametrize("kind", ["", ".tar.gz"])
def test_an_odd_name_that_cannot_matter_sinks_nobody(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Pictures, a Mac's folder icon or notes of any name are left out, or taken, and the rest is graded."""
    path = hand_in(tmp_path / "ada", {**FILES, **dict.fromkeys(HARMLESS, b"")}, kind)
    assert read(path, lab).files == {**FILES, "cafe\u0301.txt": b""}


@pytest.mark.parametrize("kind", ["", ".zip", ".tar.gz"])
@pytest.mark.parametrize("folder", ["Übung 3 – Adam", "תרגיל\u200f 3", "hw. ", "Doe, J.", "aux", "10:30", "hw\u00a03"])
def test_the_folder_above_may_be_called_anything(folder: str, kind: str, tmp_path: Path, lab: Lab) -> None:
    """What the folder is called that holds the lab's files never reaches anything, so it is the student's own."""
    path = hand_in(tmp_path / "ada", {f"{folder}/{name}": content for name, content in FILES.items()}, kind)
    assert read(path, lab) == Submission("ada", FILES)


def test_names_in_any_script_are_taken(tmp_path: Path, lab: Lab) -> None:
    """Accents, other scripts, spaces and emoji in a helper's name are fine."""
    files = FILES | dict.fromkeys(
        ["zoë.py", "助手.py", "עזר.py", "my helper.py", "🚀.py", "aux_.py", "console.py"], b""
    )
    for kind in KINDS:
        assert read(hand_in(tmp_path / f"ada{kind}", files, kind), lab).files == files


# Twins


def packed_tar(members: list[tuple[str, bytes]]) -> bytes:
    return tar_of([(named(name, size=len(content)), content) for name, content in members])


WITH_TWINS: dict[str, Callable[[list[tuple[str, bytes]]], bytes]] = {".zip": zip_of, ".tar.gz": packed_tar}
TWINS = [
    ("answers.py", "answers.py", "answers.py is there twice"),
    ("answers.py", "./answers.py", "answers.py is there twice"),
    ("tools/a.py", "tools\\a.py", "tools/a.py is there twice"),
    ("table.csv", "table.csv", "table.csv is there twice"),
    ("Adam.py", "adam.py", "'Adam.py' and 'adam.py' are one name"),
    ("Tools/a.py", "tools/a.py", "'Tools/a.py' and 'tools/a.py' are one name"),
    ("stra\u00dfe.py", "STRASSE.py", "are one name"),
    ("caf\u00e9.py", "cafe\u0301.py", r"'caf\\xe9.py' and 'cafe\\u0301.py' are one name"),
    ("helper.py", "helper.py/x.py", "helper.py is both a folder and a file or link"),
]


@pytest.mark.parametrize("kind", WITH_TWINS)
@pytest.mark.parametrize(("one", "two", "words"), TWINS)
def test_twins_are_refused(one: str, two: str, words: str, kind: str, tmp_path: Path, lab: Lab) -> None:
    """Two files that are one on some system, or everywhere: the grader does not guess which of them counts."""
    content = WITH_TWINS[kind]([("answers.py", CODE), (one, CODE + b"# one"), (two, b"# two")])
    message = refusal(tmp_path / f"ada{kind}", content, lab)
    assert words.replace("\\\\", "\\") in message


def test_twins_in_a_folder_are_refused(tmp_path: Path, lab: Lab) -> None:
    """A folder on Linux can hold what a Mac cannot."""
    path = hand_in(tmp_path / "ada", {**FILES, "Adam.py": b"1", "adam.py": b"2", "ADAM.py": b"3"})
    assert "are one name to many a system" in problem(path, lab)


@pytest.mark.parametrize("kind", WITH_TWINS)
def test_a_file_packed_twice_alike_is_one_file(kind: str, tmp_path: Path, lab: Lab) -> None:
    """`tar czf x.tar.gz hw hw/answers.py` packs a file twice, and leaves no question which counts."""
    path = tmp_path / f"ada{kind}"
    path.write_bytes(WITH_TWINS[kind]([("answers.py", CODE), ("answers.py", CODE)]))
    assert read(path, lab) == Submission("ada", {"answers.py": CODE})


@pytest.mark.parametrize("kind", KINDS)
def test_twins_that_are_not_taken_sink_nobody(kind: str, tmp_path: Path, lab: Lab) -> None:
    """A README beside a readme, or old versions outside the lab's folder, are none of the grader's business."""
    noise = dict.fromkeys(["hw/README.md", "hw/readme.md", "old/Adam.py", "old/adam.py", "con.py"], b"x")
    files = {f"hw/{name}": content for name, content in FILES.items()}
    assert read(hand_in(tmp_path / "ada", files | noise, kind), lab) == Submission("ada", FILES)


def test_a_folder_called_like_a_given_file_is_refused(tmp_path: Path) -> None:
    """It would stand where the grader's own copy goes."""
    lab = tiny_lab(tmp_path / "lab", given={"base.py": "x = 1"})
    files = {**FILES, "base.py/x.py": b""}
    assert "base.py is both a folder and a file or link" in problem(hand_in(tmp_path / "ada", files, ".zip"), lab)
    assert read(hand_in(tmp_path / "bob", {**FILES, "base.py": b"y = 2"}, ".zip"), lab).files["base.py"] == b"y = 2"


# Links and devices

SPECIAL = {
    "a symbolic link": {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
    "a hard link": {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"},
    "a device": {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5},
    "a pipe": {"type": tarfile.FIFOTYPE},
}
NAME = "hw/answers.py"


def tar_with(what: str, name: str, more: dict[str, bytes]) -> bytes:
    files = [(named(path, size=len(content)), content) for path, content in more.items()]
    return tar_of([(named(name, **SPECIAL[what]), b""), *files])


def zip_with(mode: int, name: str) -> bytes:
    return zip_of([(name, b"/etc/passwd")], mode=mode | 0o777)


@pytest.mark.parametrize("what", SPECIAL)
def test_what_is_no_file_in_a_tar_is_refused_alone(what: str, tmp_path: Path, lab: Lab) -> None:
    """A link or device is refused by name; the files beside it count, and without any the message is the student's."""
    path = tmp_path / "ada.tar.gz"
    assert refusal(path, tar_with(what, NAME, {}), lab) == f"hw/answers.py is {what}. Hand in the file itself."
    path.write_bytes(tar_with(what, "tools/stolen.py", FILES))
    reason = f"tools/stolen.py is {what}. Hand in the file itself."
    assert read(path, lab) == Submission("ada", FILES, refused={"tools/stolen.py": reason})


@pytest.mark.parametrize("mode", [0o120000, 0o020000, 0o060000, 0o010000])
def test_what_is_no_file_in_a_zip_is_refused(mode: int, tmp_path: Path, lab: Lab) -> None:
    """A zip can hold links and devices as well."""
    assert "hw/answers.py is a" in refusal(tmp_path / "ada.zip", zip_with(mode, NAME), lab)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path, lab: Lab) -> None:
    """A file that is a link is refused by name, wherever it leads, and a folder that is one is not entered."""
    secret = write_files(tmp_path / "secret", {"answers.py": b"secret = 1"})
    folder = write_files(tmp_path / "ada", {"answers.py": CODE})
    (folder / "more").symlink_to(secret)
    (folder / "stolen.py").symlink_to(secret / "answers.py")
    (folder / "lost.py").symlink_to("nowhere")
    reasons = {name: f"{name} is a symbolic link. Hand in the file itself." for name in ("lost.py", "stolen.py")}
    assert read(folder, lab) == Submission("ada", {"answers.py": CODE}, refused=reasons)
    (folder / "answers.py").unlink()
    (folder / "answers.py").symlink_to(secret / "answers.py")
    assert problem(folder, lab) == "answers.py is a symbolic link. Hand in the file itself."


def test_a_link_and_a_file_of_one_name_are_twins(tmp_path: Path, lab: Lab) -> None:
    """First a link, then a file through it: nobody follows, and nobody guesses."""
    content = tar_with("a symbolic link", "answers.py", {"answers.py": CODE})
    assert "answers.py is there twice" in refusal(tmp_path / "ada.tar.gz", content, lab)


def test_a_file_below_a_link_is_refused(tmp_path: Path, lab: Lab) -> None:
    """A link to a folder, then a file that would be written through it."""
    content = tar_with("a symbolic link", "tools", FILES)
    assert "tools is both a folder and a file or link" in refusal(tmp_path / "ada.tar.gz", content, lab)


def test_links_that_cannot_matter_sink_nobody(tmp_path: Path, lab: Lab) -> None:
    """A data set that is linked, an editor's lock or an environment's links are left out."""
    folder = hand_in(tmp_path / "ada", {**FILES, ".venv/bin/activate": b""})
    links = ["data", "table.csv", ".#answers.py", ".venv/bin/python", ".venv/lib64", "hw.ipynb"]
    for name in links:
        (folder / name).symlink_to("/nonexistent")
    assert read(folder, lab) == Submission("ada", FILES)
    files = [(named(path, size=len(content)), content) for path, content in FILES.items()]
    linked = [(named(name, **SPECIAL["a symbolic link"]), b"") for name in links]
    (tmp_path / "bob.tar.gz").write_bytes(tar_of([*linked, *files]))
    assert read(tmp_path / "bob.tar.gz", lab) == Submission("bob", FILES)


def test_a_pipe_in_a_folder_does_not_hang_the_grader(tmp_path: Path, lab: Lab) -> None:
    """A FIFO that nobody writes to is refused at once."""
    os.mkfifo(tmp_path / "answers.py")
    assert problem(tmp_path, lab) == "answers.py is a pipe. Hand in the file itself."


def test_a_refusal_tells_submissions_apart(tmp_path: Path) -> None:
    """A file that was refused is part of the digest, so that a report that says so is not taken for another's."""
    assert Submission("ada", FILES).digest != Submission("ada", FILES, refused={"a.py": "a.py is a pipe."}).digest


# Notebooks and archives inside


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_without_the_labs_code_is_told_so(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Who hands in another notebook is not told that everything is missing from it for no reason."""
    message = problem(hand_in(tmp_path / "ada", {"hw1.ipynb": b"{}"}, kind), lab)
    assert message.endswith("hw1.ipynb is a notebook that defines nothing of what the lab asks for.")


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_inside_is_not_opened(kind: str, tmp_path: Path, lab: Lab) -> None:
    """An archive within an archive, which may hold itself, is a file like any other, and named when it is all."""
    message = problem(hand_in(tmp_path / "ada", {"hw/inner.zip": zipped(FILES)}, kind), lab)
    assert message.endswith("hw/inner.zip is an archive inside of it: hand in the files themselves.")


@pytest.mark.parametrize("kind", KINDS)
def test_too_much_code_is_refused(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Many files, each within its limit, may not add up to more than anybody writes."""
    files = {f"f{i}.py": bytes(MEGABYTE) for i in range(17)}
    assert "more than 16 MB of Python files" in problem(hand_in(tmp_path / "ada", FILES | files, kind), lab)


@pytest.fixture
def ordinary_user() -> Iterator[Path]:
    """A folder of an ordinary user's, whose rights the test has, whoever started it."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        if root:
            os.chown(folder, 65534, 65534)
            os.setresuid(65534, 65534, 0)
        try:
            yield Path(folder)
        finally:
            if root:
                os.setresuid(0, 0, 0)


def test_what_is_closed_to_the_grader_costs_that_alone(ordinary_user: Path, lab: Lab) -> None:
    """A file without permission is refused by name, a folder is left out, and a student's folder has a problem."""
    folder = hand_in(ordinary_user / "class" / "ada", {**FILES, "closed.py": b"", "shut/a.py": b""})
    (folder / "closed.py").chmod(0)
    (folder / "shut").chmod(0)
    hand_in(ordinary_user / "class" / "bob", FILES).chmod(0)
    ada, bob = (read_submission(source, lab) for source in find_submissions([ordinary_user / "class"], lab).sources)
    reason = "closed.py is a file without permission to read it. Hand in the file itself."
    assert ada == Submission("ada", FILES, refused={"closed.py": reason})
    assert bob == Submission("bob", problem="bob cannot be read: Permission denied.")
    for path in (folder / "shut", ordinary_user / "class" / "bob"):
        path.chmod(0o755)
