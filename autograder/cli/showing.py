"""`show` prints one student's report."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from autograder.cli.app import app
from autograder.cli.console import GRADED, JsonOption, exit_codes, out, print_json
from autograder.cli.course import RUNS, run_folder
from autograder.errors import UsageError, Verdict
from autograder.report.advice import Advice, hint_of, things_to_fix
from autograder.report.verdicts import mark_of
from autograder.text import plain, some_of

_TEXT_LIMIT = 4000
_FIRST = 3
_CODE = r"`[^`]+`"
_NARROWEST = 20  # columns, however far in
_STEP = 2  # columns that one level is set in
_COLOURS = {"good": "green", "fair": "magenta", "bad": "red", "none": "yellow"}

Report = Mapping[str, Any]


@app.command()
def show(
    student: Annotated[
        str,
        typer.Argument(
            metavar="STUDENT", help="The name in the run, or a part of it that no other has; or a path to a report."
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder that `run` wrote to. Default: the newest finished one in runs/."),
    ] = None,
    lab: Annotated[str | None, typer.Option(help="Look in runs/LAB alone.")] = None,
    question: Annotated[str | None, typer.Option(metavar="ID", help="Only this question, with all its checks.")] = None,
    json: JsonOption = False,
) -> None:
    """Show one student's report: the score, what to mend first, and every question that lost points.

    Examples:

        python grade.py show ada

        python grade.py show lovelace --run runs/optimization/2026-03-07_10-00-00 --question adam
    """
    with exit_codes():
        report = _narrowed(_report(student, run, lab), question)
        _print_report(report, in_full=question is not None)
        if json:
            print_json(report)
        raise typer.Exit(GRADED)


def symbol_of(verdict: str) -> Text:
    """A verdict's sign, in its colour."""
    mark = mark_of(verdict)
    return Text(mark.shape, _COLOURS[mark.tone])


def say(*parts: str | Text, level: int = 0, hang: int = 0) -> None:
    """Print a line of what may be anybody's text, and set off what is quoted of code.

    It is wrapped to the width; what does not fit into the first line goes `hang` levels further in.
    """
    text = Text(" ").join(part if isinstance(part, Text) else Text(plain(part, _TEXT_LIMIT)) for part in parts)
    text.highlight_regex(_CODE, "cyan")
    margin = " " * (_STEP * level)
    for line in text.wrap(out, max(_NARROWEST, out.width - _STEP * (level + hang))):
        line.rstrip()
        out.print(Text(margin) + line)
        margin = " " * (_STEP * (level + hang))


def _report(student: str, run: Path | None, lab: str | None) -> Report:
    from autograder.lookup import newest_run, report_of
    from autograder.records import read_whole_record

    if run is None and (report := read_whole_record(Path(student))) is not None:
        return report
    if run is None:
        run = run_folder(None, lab) if lab else newest_run(RUNS)
    if run is None:
        raise UsageError(f"There is no finished run in {RUNS}: pass --run DIR, the folder that `run` wrote to.")
    return report_of(run, student)


def _narrowed(report: Report, question: str | None) -> Report:
    if question is None:
        return report
    known = {each["id"]: each for each in report["questions"]}
    if question not in known:
        raise UsageError(f"The report has no question {question!r}. There is: {', '.join(known)}.")
    return {**report, "questions": [known[question]]}


def _print_report(report: Report, in_full: bool) -> None:
    lab, points = report["lab"], f"{report['score']:g} of {report['max_score']:g} points"
    status = [] if report["status"] == "graded" else ["·", report["status"]]
    name = Text(plain(report["student"], _TEXT_LIMIT), "bold")
    say(name, "·", lab.get("title", ""), lab.get("version", ""), "·", Text(points, "bold"), *status)
    if report["status"] == "unreadable":
        say(report["questions"][0]["checks"][0]["message"])
        return
    first = [] if in_full else things_to_fix(report)[:_FIRST]
    if first:
        say(Text("Fix first:", "bold"))
    for place, advice in enumerate(first, 1):
        say(f"{place}", _sentence(advice), level=1, hang=1)
    told: set[str] = set()
    for question in report["questions"]:
        _print_question(question, in_full, told)
    for flag in report.get("flags", ()):
        say(Text("Flagged:", "yellow"), flag["text"], hang=1)


def _sentence(advice: Advice) -> str:
    """One thing to mend, what it is worth, and why."""
    subject = advice.subject or some_of([question["title"] for question in advice.questions])
    why = " ".join(filter(None, (advice.rule, advice.text)))
    return f"{subject}: {advice.points:g} point{'s' * (advice.points != 1)}. {why}"


def _print_question(question: Report, in_full: bool, told: set[str]) -> None:
    """Its line, and what it lost points for; a message that was `told` before is not repeated."""
    missed = [check for check in question["checks"] if check["verdict"] != Verdict.PASSED]
    colour = "red" if missed else "green"
    score = Text(f"{question['score']:>4g} / {question['max_score']:<4g}", colour)
    verdict = missed[0]["verdict"] if missed else Verdict.PASSED
    say(symbol_of(verdict), score, Text(plain(question["id"], _TEXT_LIMIT), "bold"), "·", question["title"], hang=1)
    for check in question["checks"] if in_full else missed:
        if in_full or check["verdict"] != Verdict.NOT_ATTEMPTED:  # where nothing was written, the reason is enough
            say(symbol_of(check["verdict"]), f"{check['verdict']}: {check['title']}", level=2, hang=1)
        if check["message"] not in told:
            told.add(check["message"])
            for words in _paragraphs(check["message"], hint_of(question)):
                say(words, level=3)


def _paragraphs(message: str, named: str) -> Iterator[str]:
    """What went wrong, and then which known mistake that is, if this check is the one that says so."""
    before, hint, after = message.partition(named) if named else (message, "", "")
    yield from (part.strip() for part in (before, hint, after) if part.strip())
