"""GitHub Classroom: a student's results as its reporter takes them, and the workflow that hands them over.

Hidden checks and what they hold cannot go into a student's repository, whose workflows its student may change.  So
staff grade as ever, and put each student's results into a variable of their repository: `classroom.yml` shows them.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from importlib import resources
from operator import add
from typing import Any

from autograder.course.points import exact, rounded
from autograder.course.record import NEEDS_STAFF, NOT_GRADED, Record, Results
from autograder.course.scoring import ZERO, Score
from autograder.errors import Verdict
from autograder.text import plain

WORKFLOW = "classroom.yml"
_MESSAGE_LIMITS = (300, 120, 40, 0)
_NAME_LIMIT = 100
_VARIABLE_BYTES = 48_000  # what GitHub takes as the value of one


def workflow() -> str:
    """For .github/workflows/ of the repository that students' own are made from."""
    return resources.files("autograder.exports").joinpath(f"templates/{WORKFLOW}").read_text("utf-8")


def classroom_results(results: Results) -> dict[str, str]:
    """By file name, the value of LAB_RESULTS for each student who was graded."""
    found: dict[str, str] = {}
    for record in results.records:
        if record.score and record.hand_in and record.hand_in.report:
            name = _name_of(record)
            while f"{name}.txt" in found:
                name += "_"
            found[f"{name}.txt"] = _encoded(record, results)
    return found


def _name_of(record: Record) -> str:
    """The student's account where the roster has it, after which their repository is called; fit for a file."""
    name = re.sub(r"[^\w.@+ -]", "_", record.person.ids.get("github") or record.student)
    return name.strip(". ")[:_NAME_LIMIT] or "_"


def _encoded(record: Record, results: Results) -> str:
    """Base64 of the JSON, with messages as long as there is room for them."""
    for limit in _MESSAGE_LIMITS:
        text = base64.b64encode(json.dumps(as_json(record, results, limit)).encode()).decode()
        if len(text) <= _VARIABLE_BYTES:
            break
    return text


def as_json(record: Record, results: Results, message_limit: int = _MESSAGE_LIMITS[0]) -> dict[str, Any]:
    """A test for each check, and for each step from there to the final score: their scores add up to it."""
    assert record.score and record.hand_in and record.hand_in.report
    report = record.hand_in.report
    checks = [(question, check) for question in report["questions"] for check in question["checks"]]
    lines = [_of_check(check, record.score, question["id"], results) for question, check in checks]
    lines += [(name, points >= 0, "", points) for name, points in _steps(record.score)]
    scores = _shares([points for *_, points in lines], record.score.final)
    tests = [
        {
            "name": plain(name, 200),
            "status": "pass" if passed else "fail",
            "message": plain(message, message_limit) if message_limit else "",
            "test_code": "",
            "line_no": 0,
            "score": score,
        }
        for (name, passed, message, _), score in zip(lines, scores, strict=True)
    ]
    status = "pass" if all(test["status"] == "pass" for test in tests) else "fail"
    if record.status in (NEEDS_STAFF, NOT_GRADED):
        status = "error"
    return {"status": status, "max_score": float(rounded(record.maximum)), "tests": tests}


def _of_check(
    check: Mapping[str, Any], score: Score, question: str, results: Results
) -> tuple[str, bool, str, Fraction]:
    points = ZERO if question in results.scale.bonus else exact(check["score"])
    return check["title"], check["verdict"] == Verdict.PASSED, check["message"], points


def _steps(score: Score) -> Iterator[tuple[str, Fraction]]:
    """What comes to the checks' points, or goes from them."""
    steps = {"Bonus": score.bonus, "Written answers": score.written, "Adjustments": score.adjustments,
             "Late": -score.lost}  # fmt: skip
    yield from ((name, points) for name, points in steps.items() if points)


def _shares(points: Sequence[Fraction], final: Fraction) -> list[float]:
    """Two decimals each, the last such that they add up to the final score in the reporter's arithmetic, too."""
    total, shares = ZERO, []
    for each in points:
        shares.append(float(rounded(total + each) - rounded(total)))
        total += each
    if shares:
        shares[-1] = float(rounded(final)) - reduce(add, shares[:-1], 0.0)  # `sum` is cleverer than the reporter
    return shares
