"""Every sample submission gets the verdicts that are written beside it, through the command line.

The hostile ones are `make attack`'s.
"""

import tomllib
from pathlib import Path

import commands
from verdicts import lacking, question_faults

from autograder.lab import Lab

KINDS = ("right", "wrong", "broken")


def test_every_sample_gets_its_verdicts(tmp_path):
    """Right ones keep all marks; wrong and broken ones lose just what their toml says, and are told why.

    What a submission has no file for is not attempted.
    """
    sections = [commands.SAMPLES / kind for kind in KINDS]
    done = commands.grade("run", *sections, "--lab", "optimization", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    tomls = [toml for section in sections for toml in sorted(section.glob("*.toml"))]
    faults = [fault for toml in tomls for fault in faults_of(toml, tmp_path)]
    assert not faults, "\n".join(faults)


def test_the_sample_class_is_large_enough():
    """At least 10 right, 40 wrong and 12 broken submissions."""
    counts = {kind: len(list((commands.SAMPLES / kind).glob("*.toml"))) for kind in KINDS}
    least = {"right": 10, "wrong": 40, "broken": 12}
    assert all(counts[kind] >= least[kind] for kind in least), counts


def faults_of(toml: Path, out: Path) -> list[str]:
    """How the report of the submission beside `toml` differs from what it says."""
    expected = tomllib.loads(toml.read_text("utf-8"))
    report = commands.report(out, toml.stem)
    missing = lacking(submission_beside(toml), Lab.find("optimization").manifest.questions)
    faults = [fault for question in report["questions"] for fault in question_faults(question, expected, missing)]
    if report["score"] != sum(question["score"] for question in report["questions"]):
        faults.append("the score is not the questions' sum")
    return [f"{toml.stem}: {fault}" for fault in faults]


def submission_beside(toml: Path) -> Path:
    """The folder or archive of the same name."""
    (path,) = (path for path in toml.parent.iterdir() if path != toml and path.name.partition(".")[0] == toml.stem)
    return path
