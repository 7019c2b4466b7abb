"""One student's report as Gradescope's `results.json`.

Gradescope's rules (its autograder specifications): a result needs `score`, at the top or on each test, and the one at
the top counts.  A test's `visibility` overrides the top's, and as long as a test is hidden from students, so is their
total.  Here the top has the feedback's visibility and each hidden check says it again; one entry, of what was read of
the hand-in, is always shown.  What needs staff has no score: a result that was not graded at all has none anywhere, nor
tests, which by those rules is no grade.

Every text is declared to be plain text, and is made so: a student wrote parts of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.errors import Verdict
from autograder.lab import Visibility
from autograder.text import plain

OUTPUT_LIMIT, _NAME_LIMIT, _LOG_LIMIT = 4000, 300, 20_000
_LISTED = 20  # files that are read beside those that are asked for, students of a group

Data = dict[str, Any]

_SHOWN = {
    "visible": "",
    "after_due_date": "Their results and the score are shown after the due date.",
    "after_published": "Their results and the score are shown when grades are published.",
    "hidden": "Their results are not shown; the score is when grades are published.",
}


@dataclass(frozen=True)
class Told:
    """What a student is told, and when: `visibility` is that of the hidden checks' results."""

    visibility: Visibility
    leaderboard: bool = False


@dataclass(frozen=True)
class Circumstances:
    """What the report does not know: who handed in, how long grading took (seconds), what staff may read of the log."""

    students: Sequence[str] = ()
    seconds: float = 0.0
    log: str = ""


def results(report: Mapping[str, Any], told: Told, circumstances: Circumstances) -> Data:
    """The content of results.json for the content of a report.json."""
    ungraded = [check for question in report["questions"] for check in question["checks"] if _needs_staff(check)]
    checks = [check for question in report["questions"] for check in question["checks"]]
    if len(ungraded) == len(checks):
        return not_graded("The grader did not get an answer out of any check.", circumstances.seconds)
    return {
        "score": report["score"],
        **_frame(_headline(report, told, ungraded), circumstances.seconds),
        "visibility": told.visibility,
        "extra_data": {
            "status": report["status"],
            "lab": {name: _line(str(value)) for name, value in report["lab"].items()},
            "isolation": report["isolation"],
        },
        "tests": [
            _hand_in(report, told, circumstances.students),
            *_tests(report, told),
            *_for_staff(report, ungraded, circumstances.log),
            *_until_published(told),
        ],
        **({"leaderboard": [*_leaderboard(report)]} if told.leaderboard else {}),
    }


def not_graded(why: str, seconds: float = 0.0) -> Data:
    """The content of results.json where nothing was graded, `why` being a sentence that students may read."""
    output = (
        f"NOT GRADED. {why}\nThis is no fault of yours, and no score was given. What you handed in is kept; staff look "
        "into it and run the grader again."
    )
    return {**_frame(output, seconds), "visibility": "visible", "extra_data": {"status": "needs staff"}}


def _frame(output: str, seconds: float) -> Data:
    return {
        "execution_time": round(seconds),
        "output": _text(output),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
    }


def _headline(report: Mapping[str, Any], told: Told, ungraded: Sequence[Mapping[str, Any]]) -> str:
    """The first that a student sees; of the score only what may be seen at once."""
    lines = [f"{report['lab']['title']} {report['lab']['version']}."]
    if ungraded:
        number = "1 check" if len(ungraded) == 1 else f"{len(ungraded)} checks"
        lines.append(
            f"NOT FINAL: {number} could not be graded, which is no fault of yours. Staff look into it; the score so "
            "far is without."
        )
    if told.visibility == "visible":
        lines.append(f"{report['score']:g} of {report['max_score']:g} points.")
    else:
        lines.append(f"Your hand-in has been graded by hidden checks. {_SHOWN[told.visibility]}")
    return "\n".join(lines)


def _hand_in(report: Mapping[str, Any], told: Told, students: Sequence[str]) -> Data:
    """What was read: always shown, and the same whatever a hidden check thinks of it."""
    files, titles = report.get("files", ()), {q["id"]: q["title"] for q in report["questions"]}
    lines = [f"Handed in by {_listed(students)}."] if students else []
    if report["status"] == "unreadable":
        lines.append(f"Nothing could be graded. {report['questions'][0]['checks'][0]['message']}")
    usable = [file["name"] for file in files if not file["problem"]]
    if usable:
        lines.append(f"Read: {_listed(usable)}.")
    lines += [f"Cannot be used: {file['problem']}" for file in files if file["problem"]]
    missing = [titles.get(i, i) for file in files for i in file["missing"]]
    unfinished = [titles.get(i, i) for file in files for i in file["unfinished"]]
    if missing:
        lines.append(f"Not there, or under another name: {', '.join(missing)}.")
    if unfinished:
        lines.append(f"Not finished, as a stub still raises NotImplementedError: {', '.join(unfinished)}.")
    lines += _written(report)
    sound = files and not missing and not any(file["problem"] for file in files)
    return {
        "status": "passed" if sound else "failed",
        "name": "What was read of your hand-in",
        "number": "0",
        "output": _text("\n".join(lines)),
        "visibility": "visible",
    }


def _written(report: Mapping[str, Any]) -> Iterator[str]:
    answers = report.get("written", ())
    for words, some in (
        ("A person grades your answers to", [a["title"] for a in answers if a["text"].strip()]),
        ("No answer was found to", [a["title"] for a in answers if not a["text"].strip()]),
    ):
        if some:
            yield f"{words}: {', '.join(some)}."


def _tests(report: Mapping[str, Any], told: Told) -> Iterator[Data]:
    for major, question in enumerate(report["questions"], start=1):
        for minor, check in enumerate(question["checks"], start=1):
            yield {
                **_outcome(check),
                "name": _line(check["title"]),
                "number": f"{major}.{minor}",
                "tags": [question["id"]],
                "visibility": told.visibility,
                "extra_data": {"verdict": check["verdict"]},
            }


def _outcome(check: Mapping[str, Any]) -> Data:
    """A check that was not graded has no score, which would count as a zero."""
    message = check["message"]
    if _needs_staff(check):
        points = f"Its {check['max_score']:g} points are not in the score yet."
        return {"status": "failed", "output": _text(f"NOT GRADED: staff look into it. {points}\n{message}")}
    passed = check["verdict"] == Verdict.PASSED
    words = message if passed or check["verdict"] == Verdict.FAILED else f"{check['verdict']}: {message}"
    return {
        "score": check["score"],
        "max_score": check["max_score"],
        "status": "passed" if passed else "failed",
        "output": _text(words),
    }


def _for_staff(report: Mapping[str, Any], ungraded: Sequence[Mapping[str, Any]], log: str) -> Iterator[Data]:
    """What only staff see, where something is theirs to do."""
    lines = [f"Not graded: {check['name']}: {check['message']}" for check in ungraded]
    lines += [f"To be looked at: {flag['text']}" for flag in report.get("flags", ())]
    if not lines:
        return
    if ungraded and log:
        lines += ["", "The end of the log:", log[-_LOG_LIMIT:]]
    yield {
        "status": "failed",
        "name": "For staff",
        "output": plain("\n".join(lines), 2 * _LOG_LIMIT, lines=True),
        "visibility": "hidden",
    }


def _until_published(told: Told) -> Iterator[Data]:
    """Tests that are never shown may leave the total in sight: one that waits for publication does not."""
    if told.visibility == "hidden":
        yield {
            "status": "passed",
            "name": "The score is shown when grades are published",
            "output": "",
            "visibility": "after_published",
        }


def _leaderboard(report: Mapping[str, Any]) -> Iterator[Data]:
    """The mean held-out accuracy of each question's training runs that passed."""
    for question in report["questions"]:
        runs = [run for check in question["checks"] if check["verdict"] == Verdict.PASSED for run in check["runs"]]
        accuracies = [run["accuracy"] for run in runs if run["accuracy"] is not None]
        if accuracies:
            value = round(sum(accuracies) / len(accuracies), 4)
            yield {"name": _line(f"{question['title']}: held-out accuracy"), "value": value, "order": "desc"}


def _needs_staff(check: Mapping[str, Any]) -> bool:
    return bool(check["verdict"] == Verdict.NEEDS_STAFF)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(plain(name, _NAME_LIMIT) for name in names[:_LISTED]) + more


def _line(text: str) -> str:
    return plain(text, _NAME_LIMIT)


def _text(text: str) -> str:
    return plain(text, OUTPUT_LIMIT, lines=True)
