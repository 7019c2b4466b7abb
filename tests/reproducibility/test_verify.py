"""What a report says of how it was made, and `verify`, which grades the same again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import commands
import pytest
from labs import write_files

from autograder.lab import Lab

RIGHT = "adamw_inherits_adam"
WRONG = "adam_betas_hard_coded"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of two, graded: `class` and `run` in a folder."""
    folder = tmp_path_factory.mktemp("verify")
    for kind, name in (("right", RIGHT), ("wrong", WRONG)):
        shutil.copytree(commands.SAMPLES / kind / name, folder / "class" / name)
    done = commands.grade("run", folder / "class", "--out", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder


def verify(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = commands.grade("verify", *arguments, "--json")
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def reasons(student: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {reason["what"]: reason for reason in student["reasons"]}


def test_a_report_notes_all_that_decides_a_grade(graded: Path) -> None:
    """Hashes, versions, image, processor, limits, seeds and thresholds; those of the submission alone differ."""
    noted, other = (commands.report(graded / "run", name)["provenance"] for name in (RIGHT, WRONG))
    hashes = noted["hashes"]
    assert set(hashes) == {"submission", "lab_toml", "handout", "hidden_suite", "reference", "harness"}
    assert all(len(digest) == 64 for digest in hashes.values()) and len(set(hashes.values())) == 6
    assert {key for key in hashes if hashes[key] != other["hashes"][key]} == {"submission"}
    assert {**noted, "hashes": None} == {**other, "hashes": None}
    import torch

    assert noted["versions"]["torch"] == torch.__version__ and noted["versions"]["scikit-learn"]
    assert noted["machine"]["processor"] and "fpu" in noted["machine"]["instructions"].split()
    assert noted["image"] == "" and noted["limits"]["seconds"] == 5
    settings = Lab.find("optimization").manifest.convergence
    assert settings and noted["training"]["seeds"] == [*settings.seeds] and noted["training"]["mode"] == "replay"
    assert noted["training"]["thresholds"]["adam"] == settings.thresholds["digits"]["cpu"]["adam"].accuracy


def test_the_same_submission_gets_the_same_grade_again(graded: Path) -> None:
    """Given by report and submission, or by a class: every point, verdict and word, and nothing is left to explain."""
    done = commands.grade("verify", graded / "run" / WRONG / "report.json", graded / "class" / WRONG)
    assert done.returncode == 0 and f"same {WRONG}" in done.stdout and "→" not in done.stdout
    code, found = verify("--class", graded / "run")
    assert (code, found["same"]) == (0, True)
    assert [(s["student"], s["same"], s["reasons"]) for s in found["students"]] == [
        (WRONG, True, []),
        (RIGHT, True, []),
    ]


def test_another_submission_is_named_as_the_reason(graded: Path) -> None:
    """The hash of what was handed in comes first, and the points that it makes."""
    code, found = verify(graded / "run" / WRONG, graded / "class" / RIGHT)
    (student,) = found["students"]
    assert (code, student["same"]) == (1, False)
    assert [*reasons(student)] == ["hashes, submission"] and student["by"] > 0
    assert "adam" in {question["id"] for question in student["questions"]}
    done = commands.grade("verify", graded / "run" / WRONG, graded / "class" / RIGHT)
    first, second = done.stdout.splitlines()[:2]
    assert first.startswith(f"differs {WRONG}: ") and second.strip().startswith("This is not the submission that was")


def set_in(*place: Any, to: object) -> Callable[[dict[str, Any]], None]:
    """A change of one value of a report."""

    def change(report: dict[str, Any]) -> None:
        table: Any = report
        for key in place[:-1]:
            table = table[key]
        table[place[-1]] = to

    return change


ADAM = ("questions", 4)
TAMPERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "points": set_in(*ADAM, "score", to=7),
    "verdict": set_in(*ADAM, "checks", 0, "verdict", to="passed"),
    "words": set_in(*ADAM, "checks", 0, "message", to="Something else."),
    "question_less": lambda report: report["questions"].pop(),
    "total": set_in("score", to=100),
    "flags": set_in("flags", to=[{"kind": "delegation", "text": "torch.optim"}]),
    "status": set_in("status", to="unreadable"),
    "title": set_in(*ADAM, "title", to="Something easier"),
    "most": set_in(*ADAM, "checks", 0, "max_score", to=3),
    "twice": lambda report: report["questions"].insert(0, {**report["questions"][4], "score": 7}),
    "question_more": lambda report: report["questions"].append({**report["questions"][0], "id": "given_away"}),
}
# What is noted otherwise, what it is called, and a part of why that may matter.
ELSEWHERE = {
    "old_torch": (set_in("provenance", "versions", "torch", to="2.6.0"), "versions, torch", "another version"),
    "processor": (set_in("provenance", "machine", "processor", to="Z80"), "machine, processor", "last digits"),
    "instructions": (
        set_in("provenance", "machine", "instructions", to="sse avx10"),
        "machine, instructions",
        "last digits",
    ),
    "suite": (set_in("provenance", "hashes", "hidden_suite", to="0" * 64), "hashes, hidden suite", "hidden checks"),
    "reference": (set_in("provenance", "hashes", "reference", to="0" * 64), "hashes, reference", "the reference"),
    "image": (set_in("provenance", "image", to="sha256:" + "0" * 64), "image", "container image"),
    "seeds": (set_in("provenance", "training", "seeds", to=[7, 8, 9]), "training, seeds", "trained"),
    "silent": (lambda report: report.pop("provenance"), "receipt", "did not note down"),
}


@pytest.fixture(scope="module")
def again(graded: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `verify` says of a class in which each report on the wrong one was changed in another way."""
    run = tmp_path_factory.mktemp("altered") / "run"
    changes = {**TAMPERED, **{name: change for name, (change, _, _) in ELSEWHERE.items()}}
    hand_ins = json.loads((graded / "run" / "hand_ins.json").read_text("utf-8"))
    entry = hand_ins["students"][WRONG]
    for name, change in changes.items():
        report = {**commands.report(graded / "run", WRONG), "student": name}
        change(report)
        write_files(run / name, {"report.json": json.dumps(report)})
    hand_ins["students"] = dict.fromkeys(changes, entry)
    write_files(run, {"hand_ins.json": json.dumps(hand_ins)})
    code, found = verify("--class", run, "--sample", 0)
    assert code == 1 and not found["same"]
    return {student["student"]: student for student in found["students"]}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_report_that_was_tampered_with_is_not_the_same(again: dict[str, dict[str, Any]], change: str) -> None:
    """Whatever was changed, it shows, and nothing that decides a grade is to blame."""
    assert (again[change]["same"], again[change]["reasons"]) == (False, [])
    assert again[change]["questions"] or again[change]["others"]
    contradicts = change in ("points", "total", "question_less", "question_more", "twice")
    assert bool(again[change]["contradiction"]) == contradicts


def test_a_report_that_contradicts_itself_was_altered_for_certain(graded: Path, tmp_path: Path) -> None:
    """No second grading is needed to say so."""
    write_files(tmp_path, {"report.json": json.dumps({**commands.report(graded / "run", WRONG), "score": 100})})
    done = commands.grade("verify", tmp_path, graded / "class" / WRONG)
    told = " ".join(done.stdout.split())
    assert told.startswith(f"differs {WRONG}: 100 →") and "met a time limit" not in told
    assert "score is 100, and its questions make" in told and "It was altered." in told


@pytest.mark.parametrize("change", ELSEWHERE)
def test_what_is_not_as_it_was_is_said_with_why_it_may_matter(again: dict[str, dict[str, Any]], change: str) -> None:
    """Also where the grade is the same all the same, and where the report does not say."""
    _, what, why = ELSEWHERE[change]
    student = again[change]
    assert student["same"] and [*reasons(student)] == [what]
    assert why in student["reasons"][0]["why"] and len(student["reasons"][0]["before"]) <= 80


def test_terms_that_are_not_the_labs_are_said(graded: Path, tmp_path: Path) -> None:
    """A report cannot choose how it is graded again without that being seen, nor set limits to whatever it likes."""
    report = commands.report(graded / "run", WRONG)
    report["provenance"]["limits"].update(seconds=1e9, memory_mb=4096)
    write_files(tmp_path, {"report.json": json.dumps(report)})
    _, found = verify(tmp_path / "report.json", graded / "class" / WRONG)
    (student,) = found["students"]
    assert {term["what"] for term in student["terms"]} == {"limits, seconds", "limits, memory mb", "training, mode"}
    assert "limits, seconds" in reasons(student) and reasons(student)["limits, seconds"]["after"] == "50.0"


@pytest.mark.parametrize(
    "report",
    ['{"schema": 1}', "[" * 100_000, "null", '{"schema": 1, "score": NaN}'],
    ids=["empty", "deep", "null", "not a number"],
)
def test_what_is_no_report_is_refused_whatever_it_is(graded: Path, tmp_path: Path, report: str) -> None:
    """In a sentence, and not with a traceback."""
    path = tmp_path / "report.json"
    path.write_text(report, "utf-8")
    done = commands.grade("verify", path, graded / "class" / WRONG)
    assert done.returncode == 2 and "is no report of this grader" in " ".join(done.stderr.split())


def test_what_was_graded_under_other_terms_is_graded_so_again(graded: Path, tmp_path: Path) -> None:
    """A limit that the caller set then decides the same now."""
    write_files(tmp_path / "slow", {"optimizers.py": "import time\ntime.sleep(1.5)\n"})
    done = commands.grade("run", tmp_path / "slow", "--out", tmp_path / "run", "--timeout", "0.5")
    assert "timeout" in (tmp_path / "run" / "slow" / "report.json").read_text("utf-8"), done.stderr
    code, found = verify(tmp_path / "run" / "slow", tmp_path / "slow")
    assert (code, found["students"][0]["reasons"]) == (0, [])
    assert ("limits, seconds", "0.5") in {(term["what"], term["before"]) for term in found["students"][0]["terms"]}


def test_a_sample_of_a_class_says_who_cannot_be_verified(graded: Path, tmp_path: Path) -> None:
    """As many as are asked for, from where they lay; whose submission is gone is named."""
    shutil.copytree(graded / "run", tmp_path / "run")
    hand_ins = json.loads((tmp_path / "run" / "hand_ins.json").read_text("utf-8"))
    hand_ins["students"][RIGHT]["path"] = str(tmp_path / "gone")
    (tmp_path / "run" / "hand_ins.json").write_text(json.dumps(hand_ins), "utf-8")
    done = commands.grade("verify", "--class", tmp_path / "run")
    assert done.returncode == 1 and f"same {WRONG}" in done.stdout and RIGHT not in done.stdout
    assert "1 of 2 are the same, 1 could not be verified." in done.stderr
    assert f"{RIGHT} cannot be verified" in done.stderr and "gone is not there any more" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Pass a report and the submission that it is about, or --class RUN."),
        (["{run}/" + WRONG], "Pass a report and the submission"),
        (["{run}/" + WRONG, "{class}/" + WRONG, "--class", "{run}"], "and not both"),
        (["--class", "{run}/nowhere"], "nowhere does not exist"),
        (["{run}/grades.csv", "{class}/" + WRONG], "grades.csv is no report of this grader"),
        (["{run}/" + WRONG, "{class}/nobody"], "nobody does not exist"),
        (["{run}/" + WRONG, "{class}/" + WRONG, "--image", "x"], "--image is about a container: pass --docker"),
    ],
    ids=["nothing", "no submission", "both", "no run", "no report", "nobody", "an image alone"],
)
def test_what_cannot_be_verified_is_refused_in_a_sentence(graded: Path, arguments: list[str], sentence: str) -> None:
    """Exit code 2, and what to pass instead."""
    given = [argument.format(run=graded / "run", **{"class": graded / "class"}) for argument in arguments]
    done = commands.grade("verify", *given)
    assert done.returncode == 2 and sentence in " ".join(done.stderr.split())
