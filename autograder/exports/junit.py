"""JUnit's XML, which CI systems show as tests: a suite a student, a case a check."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from autograder.course.record import Record, Results
from autograder.course.runs import HandIn
from autograder.errors import Verdict
from autograder.text import plain

_TEXT_LIMIT, _LOG_LIMIT = 2000, 4000
_FAILURES = {Verdict.FAILED, Verdict.NOT_ATTEMPTED, Verdict.DIVERGED, Verdict.NOT_FINITE, Verdict.INVENTED}


def junit_xml(results: Results, log_of: Callable[[HandIn], str]) -> str:
    """All who were graded; `log_of` gives what a student's code printed, of which the ends are shown."""
    root = Element("testsuites")
    for record in results.records:
        if record.hand_in is not None and record.hand_in.report is not None:
            _suite(root, record, record.hand_in, results.lab, log_of(record.hand_in))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, record: Record, hand_in: HandIn, lab: str, log: str) -> None:
    assert hand_in.report
    cases = [(q["id"], check) for q in hand_in.report["questions"] for check in q["checks"]]
    outcomes = [outcome_of(check["verdict"]) for _, check in cases]
    graded = hand_in.graded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if hand_in.graded else ""
    suite = SubElement(
        root,
        "testsuite",
        name=plain(record.student, _TEXT_LIMIT),
        tests=str(len(cases)),
        errors=str(outcomes.count("error")),
        failures=str(outcomes.count("failure")),
        skipped=str(outcomes.count("skipped")),
        time=_seconds(sum(check["seconds"] for _, check in cases)),
        timestamp=graded,
        hostname="localhost",
    )
    for (question, check), outcome in zip(cases, outcomes, strict=True):
        _case(suite, f"{lab}.{question}", check, outcome)
    SubElement(suite, "system-out").text = plain(log, _LOG_LIMIT, lines=True)


def _case(suite: Element, classname: str, check: Mapping[str, Any], outcome: str) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=classname,
        name=plain(check["title"], _TEXT_LIMIT),
        time=_seconds(check["seconds"]),
    )
    if outcome:
        message = plain(check["message"], _TEXT_LIMIT) or check["verdict"]
        SubElement(case, outcome, message=message, type=check["verdict"])


def outcome_of(verdict: str) -> str:
    """The element that tells it: "failure", "error", "skipped"; "" for a check that passed."""
    if verdict == Verdict.PASSED:
        return ""
    if verdict == Verdict.SKIPPED:
        return "skipped"
    return "failure" if verdict in _FAILURES else "error"


def _seconds(seconds: float) -> str:
    return f"{seconds:.4f}"
