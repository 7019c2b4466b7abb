"""Every sample submission gets the verdicts that are written beside it, through the command line."""

import tomllib
from pathlib import Path
from typing import Any

import commands

TEXT_LIMIT = 1000


def test_every_sample_gets_its_verdicts(tmp_path):
    """Right ones keep all marks; wrong, broken and hostile ones lose just what their toml says, and are told why."""
    done = commands.grade("run", commands.SAMPLES, "--lab", "optimization", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    faults = [fault for toml in sorted(commands.SAMPLES.glob("*/*.toml")) for fault in faults_of(toml, tmp_path)]
    assert not faults, "\n".join(faults)


def test_the_sample_class_is_large_enough():
    """At least 10 right, 40 wrong, 12 broken and 8 hostile submissions."""
    counts = {
        kind: len(list((commands.SAMPLES / kind).glob("*.toml"))) for kind in ("right", "wrong", "broken", "hostile")
    }
    least = {"right": 10, "wrong": 40, "broken": 12, "hostile": 8}
    assert all(counts[kind] >= least[kind] for kind in least), counts


def faults_of(toml: Path, out: Path) -> list[str]:
    """How the report of the submission beside `toml` differs from what it says."""
    expected = tomllib.loads(toml.read_text("utf-8"))
    report = commands.report(out, toml.stem)
    faults = [fault for question in report["questions"] for fault in question_faults(question, expected)]
    if report["score"] != sum(question["score"] for question in report["questions"]):
        faults.append("the score is not the questions' sum")
    return [f"{toml.stem}: {fault}" for fault in faults]


def question_faults(question: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    lost, mentions = expected.get("lost", {}), expected.get("mentions", {})
    allowed = lost.get(question["id"], lost.get("all"))
    loss = commands.first_loss(question)
    if allowed is None:
        full = question["score"] == question["max_score"] and loss is None
        return [] if full else [f"{question['id']} lost points: {loss}"]
    if loss is None or loss["verdict"] not in ([allowed] if isinstance(allowed, str) else allowed):
        return [f"{question['id']} should be {allowed}, is {loss and loss['verdict']}: {loss and loss['message']}"]
    faults = []
    if question["score"] >= question["max_score"]:
        faults.append(f"{question['id']} kept its points")
    word = mentions.get(question["id"], mentions.get("all"))
    if word and word not in loss["message"]:
        faults.append(f"{question['id']} does not mention {word!r}: {loss['message']}")
    if not 0 < len(loss["message"]) < TEXT_LIMIT or not loss["message"].isprintable():
        faults.append(f"{question['id']} has no fit message: {loss['message'][:TEXT_LIMIT]!r}")
    return faults
