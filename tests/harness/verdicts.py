"""Whether a sample submission got the verdicts that are written in the toml beside it."""

import tarfile
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import commands

from autograder.lab import Question

TEXT_LIMIT = 1000
NOT_ATTEMPTED = "not attempted"


def question_faults(question: dict[str, Any], expected: dict[str, Any], lacking: Collection[str] = ()) -> list[str]:
    """How a question of a report differs from what the toml says: `lost` and `mentions`, by question or for `all`.

    The questions in `lacking` must be "not attempted" if the toml does not name them; `all` does not speak of them.
    """
    lost, mentions = expected.get("lost", {}), expected.get("mentions", {})
    lacks = question["id"] in lacking
    allowed = lost.get(question["id"], NOT_ATTEMPTED if lacks else lost.get("all"))
    loss = commands.first_loss(question)
    if allowed is None:
        full = question["score"] == question["max_score"] and loss is None
        return [] if full else [f"{question['id']} lost points: {loss}"]
    if loss is None or loss["verdict"] not in ([allowed] if isinstance(allowed, str) else allowed):
        return [f"{question['id']} should be {allowed}, is {loss and loss['verdict']}: {loss and loss['message']}"]
    faults = []
    if question["score"] >= question["max_score"]:
        faults.append(f"{question['id']} kept its points")
    word = mentions.get(question["id"], None if lacks else mentions.get("all"))
    if word and word not in loss["message"]:
        faults.append(f"{question['id']} does not mention {word!r}: {loss['message']}")
    if not 0 < len(loss["message"]) < TEXT_LIMIT or not loss["message"].isprintable():
        faults.append(f"{question['id']} has no fit message: {loss['message'][:TEXT_LIMIT]!r}")
    return faults


def lacking(submission: Path, questions: Iterable[Question]) -> set[str]:
    """The ids of the questions whose file `submission` does not hold; none if it holds nothing of the lab at all."""
    files, held = {question.id: question.file for question in questions}, names_in(submission)
    return {id for id, file in files.items() if file not in held} if held & set(files.values()) else set()


def names_in(submission: Path) -> set[str]:
    """The names of the files in a folder or archive, wherever in it they lie; none if it cannot be read."""
    if submission.is_dir():
        return {path.name for path in submission.rglob("*") if path.is_file()}
    try:
        if zipfile.is_zipfile(submission):
            with zipfile.ZipFile(submission) as archive:
                names = archive.namelist()
        else:
            with tarfile.open(submission) as archive:
                names = archive.getnames()
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile):
        return set()
    return {name.rpartition("/")[2] for name in names}
