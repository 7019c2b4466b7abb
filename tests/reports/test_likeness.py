"""Likeness: a copy is found in whatever disguise, and who worked alone is left in peace."""

import itertools
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import commands
import disguises
import numpy as np
import pytest
import runs
from labs import NAME, write_files

from autograder.errors import UsageError
from autograder.folder import LIKENESS_PAGES
from autograder.lab import Lab
from autograder.likeness.comparing import Likeness, Pair, find_pairs, groups_of, spanning
from autograder.likeness.pages import page
from autograder.likeness.passages import Passage, find_passages
from autograder.likeness.reading import Fingerprints, Reader
from autograder.likeness.record import find_likeness
from autograder.records import read_likeness
from autograder.roster import find_submissions
from autograder.submission import Source, Submission, read_submission
from autograder.text import source_of

LAB = Lab.find("optimization")
RIGHT = commands.SAMPLES / "right"
HONEST = ("beginner_comments", "double_precision_inside", "frozen_dataclasses", "generators_as_rules", "numpy_inside",
          "windows_editor")  # fmt: skip
VICTIM = "double_precision_inside"
THRESHOLD = LAB.manifest.likeness.threshold


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(LAB) as reader:
        yield reader


@pytest.fixture(scope="module")
def honest(reader: Reader) -> dict[str, Fingerprints]:
    """Students who worked alone, by name."""
    found = [reader.read(read_submission(Source(name, RIGHT / name), LAB)) for name in HONEST]
    return {each.student: each for each in found if each}


def files_of(name: str) -> dict[str, str]:
    return {path.name: source_of(path.read_bytes()) for path in (RIGHT / name).glob("*.py")}


def read(reader: Reader, files: dict[str, str], student: str = "copy") -> Fingerprints:
    found = reader.read(Submission(student, {name: text.encode() for name, text in files.items()}))
    assert found
    return found


def who(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.a, pair.b) for pair in pairs]


def disguise_name(disguise: disguises.Disguise) -> str:
    return disguise.__name__


@pytest.mark.parametrize("disguise", [*disguises.LIGHT, *disguises.HEAVY[:2]], ids=disguise_name)
def test_a_copy_in_disguise_is_found_and_nobody_else(reader, honest, disguise):
    """In a class, and where there is nobody but these two."""
    copy = read(reader, disguises.disguised(files_of(VICTIM), disguise))
    assert who(find_pairs([*honest.values(), copy], THRESHOLD)) == [("copy", VICTIM)]
    assert who(find_pairs([honest[VICTIM], copy], THRESHOLD)) == [("copy", VICTIM)]


@pytest.mark.parametrize("name", HONEST)
def test_other_names_hide_nothing_at_all(reader, honest, name):
    """A copy of which only the names changed shares every fingerprint."""
    copy = read(reader, disguises.disguised(files_of(name), disguises.with_other_names))
    [pair] = find_pairs([honest[name], copy], THRESHOLD)
    assert {each.share for each in pair.files} == {1.0}


def test_those_who_worked_alone_are_not_alike(honest):
    """As a class, and any two of them."""
    assert find_pairs([*honest.values()], THRESHOLD) == []
    assert not [two for two in itertools.combinations(honest.values(), 2) if find_pairs(two, THRESHOLD)]


def test_a_notebook_and_files_are_alike(reader, honest, tmp_path):
    """The same code in cells, and the lines of both sides are those in which it stands."""
    (tmp_path / "lab.ipynb").write_bytes(disguises.as_notebook(files_of(VICTIM)))
    copy = reader.read(read_submission(Source("copy", tmp_path), LAB))
    assert copy and who(find_pairs([*honest.values(), copy], THRESHOLD)) == [("copy", VICTIM)]


def test_one_file_of_several_is_enough(reader, honest):
    """Who copied the optimizers and wrote the rest alone is found by that file."""
    files = {**files_of("generators_as_rules"), "optimizers.py": files_of(VICTIM)["optimizers.py"]}
    pairs = find_pairs([honest[VICTIM], read(reader, files)], THRESHOLD)
    assert [each.file for each in pairs[0].files] == ["optimizers.py"] * 2


def test_code_that_was_handed_out_is_nobodys(reader):
    """Two who handed in the stubs as they were, or filled in the same three lines, are not alike."""
    stubs = {name: (LAB.handout / name).read_text() for name in LAB.manifest.required_files}
    assert reader.read(Submission("untouched", {name: text.encode() for name, text in stubs.items()})) is None
    stub = 'raise NotImplementedError("SGD.update")'
    lines = "g = grad.clone()\n        g = g + self.weight_decay * param\n        param -= self.lr * g"
    filled = {**stubs, "optimizers.py": stubs["optimizers.py"].replace(stub, lines)}
    two = [read(reader, filled, student) for student in ("ada", "bob")]
    assert 0 < len(two[0].hashes) < 20 and find_pairs(two, THRESHOLD) == []


def test_stubs_around_a_copy_hide_nothing(reader, honest):
    """Whoever kept the docstrings and whoever threw them away are alike by what they wrote."""
    stub, text = (LAB.handout / "lr_finder.py").read_text(), files_of(VICTIM)["lr_finder.py"]
    copy = read(reader, {"lr_finder.py": stub + text})
    assert who(find_pairs([*honest.values(), copy], THRESHOLD)) == [("copy", VICTIM)]


def test_what_fifteen_of_twenty_copied_is_not_excused_as_common(reader, honest):
    """Each has changed the names, and one file is their own: all fifteen are one group, shown by fourteen pairs."""
    files = files_of(VICTIM)
    copies = []
    for number in range(15):
        disguise = (disguises.with_other_names, disguises.in_another_order, disguises.without_docstrings)[number % 3]
        copies.append(read(reader, disguises.disguised(files, disguise, seed=number), f"copy{number:02}"))
    others = [each for name, each in honest.items() if name != VICTIM]
    found = find_pairs([*others, *copies], THRESHOLD)
    assert len(found) == 105 and {name for pair in who(found) for name in pair} == {each.student for each in copies}
    assert len(spanning(found)) == 14 and groups_of(spanning(found)) == [sorted(each.student for each in copies)]


def test_a_whole_class_that_is_alike_is_compared(reader, honest):
    """Also where more have the same than are counted one by one."""
    files = {name: text.encode() for name, text in files_of(VICTIM).items()}
    same = reader.read(Submission("same", files))
    assert same
    many = [Fingerprints(f"same{number:03}", *list(vars(same).values())[1:]) for number in range(120)]
    assert len(find_pairs([*many, honest["numpy_inside"]], THRESHOLD)) == 120 * 119 // 2


@pytest.mark.parametrize(
    "content",
    [
        b"(" * 50_000,
        b"x = " + b"-" * 50_000 + b"1",
        b"'''" * 15_000,
        b"f'{" * 15_000,
        b"a." * 25_000 + b"b",
        b"\0\xff\xfe" * 1000,
        b"class A:\n" + b" x = 1\n" * 5_000,
        b"x = 1\n" * 100_000,
        b"def f(:\n  pass",
        b"",
    ],
    ids=range(10),
)
def test_hostile_contents_cost_nobody_else_anything(reader, honest, content):
    """Whatever becomes of it, the next submission is read as ever."""
    reader.read(Submission("mallory", {"optimizers.py": content}))
    assert len(read(reader, files_of(VICTIM)).hashes) == len(honest[VICTIM].hashes)


def test_a_reader_that_ends_is_replaced(reader, honest):
    """It costs the submission that it was at."""
    assert reader._process
    reader._process.kill()
    files = {name: text.encode() for name, text in files_of(VICTIM).items()}
    assert reader.read(Submission("unlucky", files)) is None
    assert len(read(reader, files_of(VICTIM)).hashes) == len(honest[VICTIM].hashes)


def test_passages_are_the_lines_that_match(reader):
    """With two functions swapped and lines put before them, each is found where it stands now."""
    text = files_of(VICTIM)["lr_finder.py"]
    moved = "\n" * 7 + disguises.in_another_order(text, random.Random(4))
    a, b = read(reader, {"lr_finder.py": text}, "a"), read(reader, {"lr_finder.py": moved}, "b")
    passages = find_passages(a, b)
    assert len(passages) >= 3
    for each in passages:
        begins = [side.split("\n")[line - 1].strip() for side, line in ((text, each.a_first), (moved, each.b_first))]
        assert begins[0].replace('"', "'").startswith(begins[1][:12]), begins


def of_phrases(student: str, phrases: list[int], *files: str) -> Fingerprints:
    """Each phrase a line of three fingerprints, in as many files of the same length."""
    lines = np.repeat(np.arange(len(phrases)), 3)
    hashes = np.repeat(phrases, 3) * 3 + np.arange(len(lines)) % 3
    length = len(phrases) // len(files)
    places = (lines % length + 1).astype(np.int32)
    return Fingerprints(student, files, hashes, (lines // length).astype(np.int16), places, places)


def test_a_thousand_passages_are_two_hundred():
    """Of two who wrote the same few phrases over and over, the longest passages, and on the page no more lines."""
    chance, copied = random.Random(5), [*range(1000, 1030)]
    a, b = (of_phrases(name, [*chance.choices(range(40), k=3000), *copied], "x.py") for name in ("ada", "bob"))
    passages = find_passages(a, b)
    assert len(passages) == 200 and passages == sorted(passages, key=lambda each: each.a_first)
    assert passages[-1] == Passage("x.py", 3001, 3030, "x.py", 3001, 3030)
    pair = Pair("ada", "bob", (Likeness("ada", "bob", "x.py", 1.0),))
    text = page(pair, ["ada", "bob"], *(Submission(name, {"x.py": b"x\n" * 3030}) for name in ("ada", "bob")), passages)
    assert "these are the 200 longest" in text and text.count("<code>") <= 4000


def test_a_passage_ends_with_its_file():
    """On either side, though what follows in the next file is the same again."""
    phrases = [*range(20)]
    one, two = of_phrases("ada", phrases, "x.py"), of_phrases("bob", phrases, "x.py", "y.py")
    halves = [("x.py", 1, 10), ("y.py", 1, 10)]
    assert [(p.b_file, p.b_first, p.b_last) for p in find_passages(one, two)] == halves
    assert [(p.a_file, p.a_first, p.a_last) for p in find_passages(two, one)] == halves


def alike_run(tmp_path: Path, names: tuple[str, str], text: str) -> Path:
    """A run's folder with the reports of two who handed in this text as lr_finder.py."""
    entries = {}
    for number, name in enumerate(names):
        write_files(tmp_path / str(number), {"lr_finder.py": text})
        entries[name] = {"path": str(tmp_path / str(number))}
    return runs.write_run(tmp_path / "run", [runs.report(name) for name in names], entries)


def test_names_and_code_are_shown_as_text(tmp_path):
    """Markup, scripts and turned writing in names and code stay what they are; the record is inert."""
    evil = "<img src=x onerror=alert(1)>\u202e{{ 7 * 7 }}"
    text = files_of(VICTIM)["lr_finder.py"].replace(
        "def smooth", "MARK = '</code><script>alert(2)</script>\u202e'\n\n\ndef smooth", 1
    )
    folder = alike_run(tmp_path, (evil, "zoe"), text)
    record = find_likeness(folder, LAB)
    page = (folder / "likeness" / "1.html").read_text()
    assert record["alike"] == 1 and "onerror" in page and "alert(2)" in page
    assert (
        "<img" not in page
        and "<script" not in page
        and "\u202e" not in page
        and "49" not in page.split("<h1>")[1][:200]
    )
    assert "<" not in (folder / "likeness.json").read_text()
    assert 'href="../%3Cimg%20src%3Dx' in page


def test_no_page_judges(tmp_path):
    """It says to look first, and has no word for what it would be if it were."""
    folder = alike_run(tmp_path, ("ada", "bob"), files_of(VICTIM)["lr_finder.py"])
    find_likeness(folder, LAB)
    page = (folder / "likeness" / "1.html").read_text()
    assert "Look before you judge" in page and "100 %" in page
    assert not [word for word in ("cheat", "plagiar", "dishonest", "guilty") if word in page.lower()]


def test_what_was_alike_before_is_gone_with_its_page(tmp_path):
    """Looked for again after one handed in anew, the record and the folder hold what is so now."""
    folder = alike_run(tmp_path, ("ada", "bob"), files_of(VICTIM)["lr_finder.py"])
    find_likeness(folder, LAB)
    assert [pair["href"] for pair in read_likeness(folder)] == ["likeness/1.html"]
    write_files(tmp_path / "0", {"lr_finder.py": files_of("numpy_inside")["lr_finder.py"]})
    find_likeness(folder, LAB)
    assert read_likeness(folder) == [] and not [*(folder / "likeness").iterdir()]


@pytest.mark.parametrize("obstacle", ["2.html", ".1.html.part"], ids=["in taking away", "in writing"])
def test_a_record_never_outlives_its_pages(tmp_path, obstacle):
    """Where looking again ends early, nothing leads to pages that are gone or another pair's."""
    folder = alike_run(tmp_path, ("ada", "bob"), files_of(VICTIM)["lr_finder.py"])
    find_likeness(folder, LAB)
    (folder / LIKENESS_PAGES / obstacle).mkdir()
    with pytest.raises(OSError):
        find_likeness(folder, LAB)
    assert not (folder / "likeness.json").exists()


def test_nobody_can_be_called_as_the_pages_folder(tmp_path):
    """A run refuses the name that the pages need before it grades anybody."""
    write_files(tmp_path / LIKENESS_PAGES, {"optimizers.py": ""})
    with pytest.raises(UsageError, match="likeness"):
        find_submissions([tmp_path / LIKENESS_PAGES], LAB)
    folder = alike_run(tmp_path / "alike", ("ada", "bob"), files_of(VICTIM)["lr_finder.py"])
    [pair] = find_likeness(folder, LAB)["pairs"]
    assert Path(pair["href"]).parent == Path(LIKENESS_PAGES)


def test_no_record_is_no_pairs(tmp_path):
    """Nor is one that somebody else wrote."""
    assert read_likeness(tmp_path) == []
    (tmp_path / "likeness.json").write_text('{"schema": 1, "pairs": [{"a": "ada"}]}')
    assert read_likeness(tmp_path) == []


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project with a tiny lab, and a run of three there: ada, her copy bob, and carol."""
    root = runs.project(tmp_path_factory.mktemp("project"))
    answer = "class Answer:\n    def __init__(self, number=1.0):\n        self.value = 2 * number\n\n\n"
    chance = random.Random(1)
    ada, carol = (answer + files_of(name)["lr_finder.py"] for name in (VICTIM, "numpy_inside"))
    for name, text in (("ada", ada), ("bob", disguises.with_other_names(ada, chance)), ("carol", carol)):
        write_files(root / "class" / name, {"answers.py": text})
    run = root / "runs" / NAME / "first"
    done = runs.grade_in(root, "run", root / "class", "--out", run, "--isolation", "local")
    assert "Two submissions are alike" in done.stderr, done.stderr
    return root, run


def test_a_run_records_who_is_alike(graded):
    """likeness.json has the pair and its page; no student's own folder says a word of it."""
    _, run = graded
    [pair] = read_likeness(run)
    assert (pair["a"], pair["b"], pair["href"]) == ("ada", "bob", "likeness/1.html") and pair["share"] > 0.9
    record = json.loads((run / "likeness.json").read_text())
    assert record["schema"] == 1 and record["compared"] == 3 and record["pairs"][0]["passages"]
    assert "bob" in (run / pair["href"]).read_text()
    for path in (run / "ada").iterdir():
        assert "bob" not in path.read_text() and "alike" not in path.read_text()


def test_later_calls_compare_with_who_is_there(graded):
    """dan, who hands in late, is held against the class that was graded before."""
    root, run = graded
    write_files(root / "late" / "dan", {"answers.py": (root / "class" / "carol" / "answers.py").read_text()})
    done = runs.grade_in(root, "run", root / "late", "--out", run, "--isolation", "local")
    assert {(pair["a"], pair["b"]) for pair in read_likeness(run)} == {("ada", "bob"), ("carol", "dan")}, done.stderr


def test_the_command_prints_what_it_writes(graded):
    """A line a pair with the page to open; with --json the record itself."""
    root, run = graded
    done = runs.grade_in(root, "likeness", run)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split()[:2] == ["ada", "bob"] and "likeness/1.html" in done.stdout
    done = runs.grade_in(root, "likeness", run, "--json")
    assert json.loads(done.stdout) == json.loads((run / "likeness.json").read_text())


def test_a_lab_can_do_without(graded):
    """`enabled = false` in lab.toml: a run says nothing, and what an earlier one found is gone from all pages."""
    root, run = graded
    shutil.copytree(run, root / "without")
    assert "likeness/1.html" in (root / "without" / "index.html").read_text()
    path = root / "assignments" / NAME / "lab.toml"
    with_it = path.read_text()
    path.write_text(with_it + "\n[likeness]\nenabled = false\n")
    done = runs.grade_in(root, "run", root / "class", "--out", root / "without", "--isolation", "local")
    path.write_text(with_it)
    assert_nobody_is_alike(root / "without")
    assert "alike" not in done.stderr


def test_a_comparison_that_fails_costs_nobody_a_grade(graded):
    """Whatever goes wrong in it, SciPy that is not there included: a notice, and all results in place."""
    root, _ = graded
    path = root / "autograder" / "likeness" / "comparing.py"
    whole = path.read_text()
    path.write_text(whole.replace("from scipy import", "from no_such_scipy import"))
    done = runs.grade_in(root, "run", root / "class", "--out", root / "failed", "--isolation", "local")
    path.write_text(whole)
    assert "Nobody was compared with anybody. ModuleNotFoundError: No module named 'no_such_scipy'" in done.stderr
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert (root / "failed" / "grades.csv").exists() and (root / "failed" / "index.html").exists()


def test_a_regrade_compares_nobody(graded):
    """What it grades beside the run is nobody's to look at: no word of a folder that is gone when it is read."""
    root, run = graded
    done = runs.grade_in(root, "regrade", run, "--isolation", "local")
    assert " as before." in done.stderr and "are alike" not in done.stderr


def test_a_bare_run_leaves_records_and_no_pages(graded):
    """The records and the table, as `regrade` asks for them."""
    root, _ = graded
    (root / "bare.py").write_text(BARE)
    subprocess.run([sys.executable, "bare.py"], cwd=root, check=True)
    students = [f"{name}/{file}" for name in ("ada", "bob", "carol") for file in ("report.json", "worker.log")]
    found = {str(path.relative_to(root / "bare")) for path in (root / "bare").rglob("*") if path.is_file()}
    assert found == {".inputs", ".lock", "grades.csv", "hand_ins.json", *students}


def test_a_lone_hand_in_is_compared_with_nobody(graded, monkeypatch):
    """It loads no SciPy, and where the others have gone from the folder, so has what was said of them."""
    root, run = graded
    for name in ("likeness.json", "likeness/1.html"):
        write_files(root / "lone", {name: (run / name).read_text()})
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    done = runs.grade_in(root, "run", root / "class" / "ada", "--out", root / "lone", "--isolation", "local")
    assert_nobody_is_alike(root / "lone")
    assert "autograder.batch" in done.stderr and "scipy" not in done.stderr


BARE = f"""
from pathlib import Path
from autograder import batch
from autograder.lab import Lab
from autograder.roster import find_submissions
lab = Lab.find({NAME!r})
sources = find_submissions([Path("class")], lab).sources
batch.run(
    batch.Order(lab, sources, Path("bare"), 1, "local", lab.manifest.limits, bare=True),
    batch.Events(print, print, print, print, print),
)
"""


def assert_nobody_is_alike(run: Path) -> None:
    """In a graded run no trace is left of pairs."""
    assert (run / "grades.csv").exists() and not (run / "likeness.json").exists()
    assert not [*(run / "likeness").iterdir()] and "likeness/1.html" not in (run / "index.html").read_text()
