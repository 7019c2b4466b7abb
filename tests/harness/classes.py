"""Large classes out of a few reports: other names, other verdicts here and there, and now and then a shared file."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from runs import report, write_run

from autograder.moves import total

WRONG = ("failed", "failed", "error", "timeout", "not attempted")
NAMED = {"kind": "mistake", "names": ["BetasSwapped"], "text": "This behaves exactly like “betas swapped”: swap them."}


def clones(samples: Sequence[Mapping[str, Any]], count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """`count` reports, each on another student; the same for the same arguments."""
    chance = random.Random(seed)
    for number in range(count):
        clone = json.loads(json.dumps(samples[number % len(samples)]))
        clone["student"] = f"student{number:04}"
        clone["files"] = [{"name": "optimizers.py", "hash": sha256(b"%d" % chance.randrange(3 * count)).hexdigest()}]
        for question in clone["questions"]:
            if chance.random() < 0.2:
                _spoil(question, chance)
        clone["score"] = total(question["score"] for question in clone["questions"])
        yield clone


def _spoil(question: dict[str, Any], chance: random.Random) -> None:
    check = chance.choice(question["checks"])
    check |= {"verdict": chance.choice(WRONG), "score": 0, "seconds": round(chance.random(), 4)}
    question["score"] = total(check["score"] for check in question["checks"])
    question["diagnosis"] = NAMED if chance.random() < 0.3 else None
    question["fingerprint"] = sha256(b"%d" % chance.randrange(5000)).hexdigest()


def large_class(folder: Path, count: int) -> Path:
    """A run of `count` students, made of reports by hand."""
    samples = [report("right"), report("half", share=0.5), report("none", share=0.0)]
    return write_run(folder, list(clones(samples, count)))
