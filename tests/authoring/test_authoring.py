"""The author's commands, each in a copy of the project: new lab, new check, preview, audit."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAB = "my_layers"
SUITE, REFERENCE = f"tests/hidden/{LAB}", f"reference/{LAB}"
MISCONCEPTIONS = f"{REFERENCE}/misconceptions/layers.py"


def grade(project: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "grade.py", *map(str, arguments)]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)


def audit(project: Path, *options: object) -> subprocess.CompletedProcess[str]:
    return grade(project, "audit", "--lab", LAB, "--seeds", 4, *options)


@pytest.fixture(scope="module")
def scaffold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose only lab is a new one."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "autograder", project / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "grade.py", project)
    made = grade(project, "new", "lab", LAB, "--title", "My <layers>")
    assert made.returncode == 0, made.stderr
    return project


@pytest.fixture
def project(scaffold: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it, to be changed."""
    return shutil.copytree(scaffold, tmp_path / "project")


def add(project: Path, file: str, text: str) -> None:
    with (project / file).open("a") as out:
        out.write(text)


def replace(project: Path, file: str, old: str, new: str) -> None:
    path = project / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


# new lab


def test_a_new_lab_passes_its_own_audit(scaffold):
    result = audit(scaffold)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 survive" in result.stdout and "0 refusals" in result.stdout and " 0 alive" in result.stdout


def test_a_new_lab_grades_and_names_mistakes(scaffold, tmp_path):
    """The solution gets all points, the untouched handout none, and a known mistake its name."""
    wrong = tmp_path / "class" / "wrong"
    wrong.mkdir(parents=True)
    (wrong / "layers.py").write_text("def softmax(z):\n    e = z.exp()\n    return e / e.sum(1)[:, None]\n")
    shutil.copytree(scaffold / REFERENCE, tmp_path / "class" / "solution")
    shutil.copytree(scaffold / "assignments" / LAB / "handout", tmp_path / "class" / "handout")
    result = grade(scaffold, "run", tmp_path / "class", "--lab", LAB, "--out", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    reports = {path.parent.name: json.loads(path.read_text()) for path in (tmp_path / "out").glob("*/report.json")}
    assert {name: report["score"] for name, report in reports.items()} == {"solution": 3, "handout": 0, "wrong": 2.5714}
    assert reports["wrong"]["questions"][0]["diagnosis"]["names"] == ["overflows"]
    assert reports["handout"]["questions"][0]["diagnosis"] is reports["solution"]["questions"][0]["diagnosis"] is None


def test_a_new_lab_overwrites_nothing(project):
    before = {path: path.read_bytes() for path in project.rglob("*.py")}
    result = grade(project, "new", "lab", LAB)
    assert result.returncode == 2 and "exists already" in result.stderr
    assert {path: path.read_bytes() for path in project.rglob("*.py")} == before


@pytest.mark.parametrize("name", ["My lab", "../up", "class", "3d", ""])
def test_a_name_that_will_not_do_is_refused(scaffold, name):
    result = grade(scaffold, "new", "lab", name)
    assert result.returncode == 2 and "cannot be a lab's name" in result.stderr


# new check, preview


def test_a_new_check_passes_on_the_solution_until_it_says_otherwise(project):
    made = grade(project, "new", "check", "rows", "--question", "softmax", "--lab", LAB)
    assert made.returncode == 0, made.stderr
    shown = grade(project, "preview", "test_rows", "--lab", LAB, "--on", REFERENCE, "--isolation", "none")
    assert shown.returncode == 0 and "passed rows" in shown.stdout, shown.stderr
    again = grade(project, "new", "check", "rows", "--question", "softmax", "--lab", LAB)
    assert again.returncode == 2 and "exists already" in again.stderr
    unknown = grade(project, "new", "check", "other", "--question", "relu", "--lab", LAB)
    assert unknown.returncode == 2 and "has no question 'relu'. There is: softmax." in unknown.stderr


def test_preview_tells_what_a_student_would_be_told(scaffold, tmp_path):
    """Of a single file, whatever it is called; with the mistake's hint."""
    (tmp_path / "try 2.py").write_text("import torch\ndef softmax(z):\n    return (z.exp().T / z.exp().sum(1)).T\n")
    shown = grade(scaffold, "preview", "large", "--lab", LAB, "--on", tmp_path / "try 2.py")
    assert shown.returncode == 1 and "failed softmax_of_large_scores" in shown.stdout, shown.stderr
    assert "exactly like “overflows”: The exponential of a large score is infinite" in shown.stdout


def test_preview_of_a_check_that_is_not_there_names_others(scaffold):
    shown = grade(scaffold, "preview", "softmax_rows", "--lab", LAB, "--on", REFERENCE)
    assert shown.returncode == 2 and "test_softmax_of_rows" in shown.stderr
    shown = grade(scaffold, "preview", "rows", "--lab", LAB, "--on", "nowhere")
    assert shown.returncode == 2 and "nowhere does not exist" in shown.stderr


def test_plain_pytest_names_the_mistake_as_well(scaffold):
    command = [sys.executable, "-m", "pytest", "-p", "autograder.plugin", "-p", "no:cacheprovider", "-q", SUITE]
    (scaffold / "mine").mkdir(exist_ok=True)
    (scaffold / "mine" / "layers.py").write_text("def softmax(z):\n    return (z - z).exp()\n")
    options = ["--submission", "mine", "-k", "rows and 10", "--isolation", "none"]
    shown = subprocess.run([*command, *options], cwd=scaffold, capture_output=True, text=True)
    assert "1 failed, 3 deselected" in shown.stdout, shown.stdout + shown.stderr
    assert "softmax: No known mistake matches." in shown.stdout


# audit


def test_a_mistake_that_survives_fails_the_audit(project):
    add(
        project, MISCONCEPTIONS, '\n\n@mistake("softmax")\ndef is_right(z):\n    """A hint."""\n    return softmax(z)\n'
    )
    result = audit(project, "--no-mutants")
    assert result.returncode == 1 and "softmax: is_right" in result.stdout and "1 survive" in result.stdout


def test_a_convention_survives_where_it_is_accepted_only(project):
    """Half of a factor that the checks do not see, as somebody has published it."""
    text = (
        '\n\n@mistake("softmax", convention="theirs")\ndef halves(z):\n    """A hint."""\n    return softmax(z) / 2\n'
    )
    add(project, MISCONCEPTIONS, text)
    replace(project, f"assignments/{LAB}/lab.toml", "conventions = []", 'conventions = ["softmax:theirs"]')
    assert audit(project, "--no-mutants").returncode == 0


def test_right_code_that_is_refused_fails_the_audit(project):
    right = project / REFERENCE / "right" / "in_half"
    right.mkdir()
    (right / "layers.py").write_text("def softmax(z):\n    return z.half().float().softmax(1).to(z.dtype)\n")
    result = audit(project, "--no-mutants")
    assert result.returncode == 1 and "in_half, test_layers.py::test_softmax_of_rows[3]: probabilities" in result.stdout


def test_a_check_that_depends_on_random_numbers_fails_the_audit(project):
    replace(project, f"{SUITE}/scenarios.py", "lab.layers.softmax(logits)", "lab.layers.softmax(logits + torch.rand(1) * torch.eye(*logits.shape))")  # fmt: skip  # noqa: E501
    result = audit(project, "--no-mutants")
    assert result.returncode == 1 and "(with seed" in result.stdout and "the reference, test_layers" in result.stdout


def test_a_check_that_the_reference_fails_is_said_to_be_broken(project):
    replace(project, f"{SUITE}/test_layers.py", "    agree(scenarios.probabilities, logits=scores(4, classes))",
            "    assert classes != 3, 'three is wrong'\n    agree(scenarios.probabilities, logits=scores(4, classes))")  # fmt: skip  # noqa: E501
    result = audit(project, "--no-mutants")
    assert result.returncode == 1 and "fails on the reference itself" in result.stdout and "[3]" in result.stdout


def test_what_hangs_or_dies_is_caught_and_ends_nothing(project):
    """An endless misconception is caught by its time; mutants that end their process are found one by one."""
    add(project, MISCONCEPTIONS, '\n\n@mistake("softmax")\ndef hangs(z):\n    """A hint."""\n    while True: pass\n')
    text = "\n\nif 1 + 1 != 2:\n    __import__('os')._exit(3)\n"
    add(project, f"{REFERENCE}/layers.py", text)
    result = audit(project, "--json", "audit.json")
    found = json.loads((project / "audit.json").read_text())
    assert result.returncode == 0, result.stdout + result.stderr
    assert {"ending its process"} <= {mutant["killed_by"] for mutant in found["mutants"]}
    (hangs,) = (m for m in found["misconceptions"] if m["name"] == "hangs")
    assert {verdict for verdict, _ in hangs["cells"].values()} == {"timeout"}


def test_a_mutant_that_lives_is_shown_until_it_is_explained(project):
    add(project, f"{REFERENCE}/layers.py", "\n\ndef unused(x):\n    return x + 1\n")
    result = audit(project)
    assert result.returncode == 0 and "- return x + 1" in result.stdout
    alive = result.stdout.count("- return x + 1")
    (project / REFERENCE / "equivalents.toml").write_text(
        '[[equivalent]]\nfile = "layers.py"\nbefore = "return x + 1"\nafter = "return x - 1"\n'
        'reason = "Nobody calls this function."\n'
        '[[equivalent]]\nfile = "layers.py"\nbefore = "gone"\nafter = "too"\nreason = "This line is not there."\n'
    )
    result = audit(project)
    assert result.stdout.count("- return x + 1") == alive - 1 and "1 explained" in result.stdout
    assert "not there or not alive:\n  layers.py | gone | too" in result.stdout
    (project / REFERENCE / "equivalents.toml").write_text('[[equivalent]]\nfile = "layers.py"\n')
    result = audit(project)
    assert result.returncode == 1 and "equivalents.toml: equivalent.0.before: Field required" in result.stderr


def test_the_audit_is_there_as_json_and_as_a_page(project):
    """Both say what the text says; what authors write is escaped in the page."""
    text = '\n\n@mistake("softmax")\ndef is_right(z):\n    """A <b>hint</b>."""\n    return softmax(z)\n'
    add(project, MISCONCEPTIONS, text)
    result = audit(project, "--no-mutants", "--json", "deep/audit.json", "--html", "deep/audit.html")
    found = json.loads((project / "deep/audit.json").read_text())
    assert result.returncode == 1 and found["is_sound"] is False and found["survivors"] == [["softmax", "is_right"]]
    assert {check["question"] for check in found["checks"]} == {"softmax"} and len(found["misconceptions"]) == 6
    page = (project / "deep/audit.html").read_text()
    HTMLParser().feed(page)
    assert "is right passes every check" in page and "http" not in page and "<script" not in page
    assert audit(project, "--no-mutants", "--json", "/dev/full/x").returncode == 2
    printed = json.loads(audit(project, "--no-mutants", "--json", "-").stdout)
    assert set(printed) == set(found) and printed["survivors"] == found["survivors"]


def test_a_lab_without_misconceptions_is_audited_all_the_same(project):
    shutil.rmtree(project / REFERENCE / "misconceptions")
    shutil.rmtree(project / REFERENCE / "right")
    replace(project, f"assignments/{LAB}/lab.toml", f'right = "{REFERENCE}/right"', "")
    result = audit(project)
    assert result.returncode == 0 and "0 known mistakes" in result.stdout, result.stderr


def test_a_folder_of_right_code_that_is_not_there_is_named(project):
    shutil.rmtree(project / REFERENCE / "right")
    result = audit(project)
    assert result.returncode == 1 and f"{REFERENCE}/right" in result.stderr
