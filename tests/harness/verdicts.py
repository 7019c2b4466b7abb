"""Whether a sample submission got the verdicts that are written in the toml beside it."""

from typing import Any

import commands

TEXT_LIMIT = 1000


def question_faults(question: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """How a question of a report differs from what the toml says: `lost` and `mentions`, by question or for `all`."""
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
