"""`verify` grades again what a report is about."""

import random
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from autograder.cli.app import app
from autograder.cli.comparing import print_questions
from autograder.cli.console import (
    GRADED,
    NEEDS_STAFF,
    JsonOption,
    err,
    exit_codes,
    heed_ends,
    note,
    print_json,
    progress,
    shown,
)
from autograder.cli.containers import DockerOption, EngineOption, GpusOption, ImageOption, container_of
from autograder.cli.grading import Isolation, processors
from autograder.cli.showing import say
from autograder.errors import UsageError

if TYPE_CHECKING:
    from autograder.containers.host import Container
    from autograder.verify import Case, Reason, Verified

_SAMPLE = 10


@app.command()
def verify(
    report: Annotated[
        Path | None, typer.Argument(metavar="REPORT", help="A report.json that `run` wrote, or its folder.")
    ] = None,
    submission: Annotated[
        Path | None, typer.Argument(metavar="SUBMISSION", help="What was graded: a folder, an archive, a notebook.")
    ] = None,
    class_run: Annotated[
        Path | None,
        typer.Option("--class", metavar="RUN", help="Verify a sample of this run's students, from where they lay."),
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, help="How many students of a class, drawn at random; 0: all of them.")
    ] = _SAMPLE,
    jobs: Annotated[int | None, typer.Option(min=1, help="As of `run`.")] = None,
    isolation: Annotated[Isolation, typer.Option(help="As of `run`.")] = Isolation.AUTO,
    docker: DockerOption = False,
    image: ImageOption = None,
    gpus: GpusOption = None,
    engine: EngineOption = None,
    json: JsonOption = False,
) -> None:
    """Grade again what a report is about: is it the same, and if not, what differs and why may it?

    Every report notes what decides a grade: hashes of the submission, the handout, the hidden suite, the reference and
    the grader; versions, image, processor, limits, seeds, thresholds. It is graded again under the limits and by the
    training that it names, in a folder that is thrown away. Exit code 0 when points, verdicts and every word are the
    same, 1 when they are not.

    Examples:

        python grade.py verify runs/optimization/2026-03-07_10-00-00/alice/report.json alice.zip

        python grade.py verify --class runs/optimization/2026-03-07_10-00-00 --sample 20
    """
    with exit_codes("Interrupted. Nothing was changed."):
        container = container_of(docker, image, gpus, engine)
        if sys.platform != "linux" and container is None:
            raise UsageError("Grading needs Linux (its sandbox): pass --docker.")
        cases, unverified = _cases(report, submission, class_run, sample)
        found = _verify(cases, jobs or processors(), isolation.value, container)
        common = _common(found)
        for each in found:
            _print(each, common)
        if common:
            say("For all of them:")
        for reason in common:
            _print_reason(reason)
        same = all(each.is_same for each in found) and not unverified
        if class_run:
            err.print(_counted(found, len(unverified)))
        if json:
            print_json({"same": same, "students": [each.as_json() for each in found], "unverified": unverified})
        raise typer.Exit(GRADED if same else NEEDS_STAFF)


def _cases(
    report: Path | None, submission: Path | None, class_run: Path | None, sample: int
) -> "tuple[list[Case], dict[str, str]]":
    """What to verify; and by student, why another who was drawn cannot be."""
    from autograder.verify import read_case

    if class_run is not None and report is not None:
        raise UsageError("Pass a report and its submission, or --class RUN, and not both.")
    if class_run is not None:
        return _sample_of(class_run, sample)
    if report is None or submission is None:
        raise UsageError("Pass a report and the submission that it is about, or --class RUN.")
    return [read_case(report, submission)], {}


def _sample_of(run: Path, sample: int) -> "tuple[list[Case], dict[str, str]]":
    from autograder.folder import REPORT, no_run
    from autograder.hand_ins import sources_of
    from autograder.records import read_whole_record
    from autograder.verify import Case

    if not run.is_dir():
        raise no_run(run)
    found, gone = sources_of(run)
    sources = {source.student: source for source in found}
    students = sorted([*sources, *gone])
    if 0 < sample < len(students):
        students = sorted(random.sample(students, sample))
    cases, unverified = [], {student: gone[student] for student in students if student in gone}
    for student in (student for student in students if student in sources):
        report = read_whole_record(run / student)
        if report is None:
            unverified[student] = "the report is not one of this grader"
        else:
            cases.append(Case(report, run / student / REPORT, sources[student]))
    for student, why in unverified.items():
        note(f"{student} cannot be verified: {why}.")
    if not cases:
        raise UsageError(f"Nobody of {run} can be verified. Put the submissions back where they were.")
    return cases, unverified


def _verify(cases: "Sequence[Case]", jobs: int, isolation: str, container: "Container | None") -> "list[Verified]":
    from autograder import batch
    from autograder.verify import orders_of, verify

    heed_ends()
    found = []
    with progress() as display:
        bar = display.add_task("grading again", total=len(cases))
        events = batch.Events(
            on_ready=lambda profile: err.print(f"Isolation: {shown(profile)}."),
            on_fault=lambda fault: err.print(f"[yellow]A check fails on the reference itself:[/yellow] {shown(fault)}"),
            on_row=lambda row: display.advance(bar),
            on_notice=note,
            on_unwritten=lambda name, why: err.print(f"[red]Error:[/red] {shown(name)} could not be kept: {why}."),
        )
        device = None if container is None else "cuda" if container.gpus else "cpu"
        for order, group in orders_of(cases, jobs, isolation, device):
            found += verify(order, group, events, container.run if container else batch.run)
    return found


def _common(found: "Sequence[Verified]") -> "list[Reason]":
    """The reasons that each of several has."""
    first, *others = found
    return [reason for reason in first.reasons if all(reason in each.reasons for each in others)] if others else []


def _counted(found: "Sequence[Verified]", unverified: int) -> str:
    missing = f", {unverified} could not be verified" if unverified else ""
    return f"{sum(each.is_same for each in found)} of {len(found) + unverified} are the same{missing}."


def _print(found: "Verified", common: "Collection[Reason]") -> None:
    """What is the same or not, and why; but for reasons that all have in `common`."""
    if found.is_same:
        same = Text("same", "green")
        say(same, f"{found.student}: {found.move.after:g} points, {found.checks} checks, every word", hang=1)
    else:
        points = f"{found.move.before:g} → {found.move.after:g}" if found.move.by else f"{found.move.after:g}"
        say(Text("differs", "red"), f"{found.student}: {points} points", hang=1)
    other = found.other_submission
    if other:
        say(
            f"This is not the submission that was graded: its hash is {other.after}, the report's {other.before}. So "
            "nothing is said of that one; pass what was handed in then.",
            level=1,
        )
    if found.contradiction:
        say(found.contradiction, level=1)
    print_questions(found.move)
    if found.others:
        say(f"Not the same either: {', '.join(found.others)}.", level=1, hang=1)
    for term in found.terms:
        say(f"{term.what}: {term.before}, {term.why}: {term.after}", level=1, hang=1)
    for reason in found.reasons:
        if reason not in common and reason != other:
            _print_reason(reason)
    if found.is_same:
        return
    if found.status == "needs staff":
        say("Grading it again did not work, so nothing is said of the report: verify it again.", level=1)
    elif not found.reasons and not found.contradiction:
        say(
            "All that decides a grade is as it was: this code answers differently each time, or met a time limit on a "
            "busy machine, or the report was altered. Verify it again, and look at its checks.",
            level=1,
        )


def _print_reason(reason: "Reason") -> None:
    say(f"{reason.what}: {reason.before} → {reason.after}: {reason.why}", level=1, hang=1)
