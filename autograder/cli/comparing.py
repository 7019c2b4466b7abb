"""`diff` says what changed between two runs."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.app import app
from autograder.cli.console import GRADED, NEEDS_STAFF, JsonOption, exit_codes, out, print_json, shown
from autograder.cli.showing import say, symbol_of
from autograder.errors import Verdict
from autograder.text import some_of

if TYPE_CHECKING:
    from autograder.differences import Differences
    from autograder.moves import Move, QuestionMove

_LISTED = 20


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="RUN1", help="A folder that `run` wrote to.")],
    after: Annotated[Path, typer.Argument(metavar="RUN2", help="Another one, of the same lab.")],
    json: JsonOption = False,
) -> None:
    """Say what changed from one run to another: points, verdicts and words, student by student.

    Points are those of the questions that both runs have. Where the lab, the grader or the machine was another, that is
    said first. Exit code 0 when every student is told the same in both, 1 when somebody is not or is in one only.

    Examples:

        python grade.py diff runs/optimization/2026-03-07_10-00-00 runs/optimization/2026-03-09_18-30-00
    """
    from autograder.differences import differences

    with exit_codes():
        found = differences(before, after)
        _print(found)
        if json:
            print_json(found.as_json())
        raise typer.Exit(GRADED if found.is_empty else NEEDS_STAFF)


def _print(found: "Differences") -> None:
    for circumstance in found.circumstances:
        old, new = (" or ".join(values) or "not said" for values in (circumstance.before, circumstance.after))
        say(f"{circumstance.what}: {old} → {new}", hang=1)
    if found.dropped or found.added:
        say("Compared are the questions that both have.", hang=1)
    _print_list("Questions of the first alone", found.dropped)
    _print_list("Questions of the second alone", found.added)
    for move in found.moves:
        print_move(move)
    _print_list("In the first alone", found.gone)
    _print_list("In the second alone", found.new)
    up, down = (sum(sign * move.by > 0 for move in found.moves) for sign in (1, -1))
    say(
        f"{len(found.moves) + len(found.unchanged)} students in both: {up} gain, {down} lose, "
        f"{len(found.moves) - up - down} are told otherwise for the same points, {len(found.unchanged)} as before; "
        f"mean {found.means[0]:.1f} → {found.means[1]:.1f} of {found.max_score:g}.",
    )


def print_move(move: "Move") -> None:
    colour = "red" if move.by < 0 else "green" if move.by > 0 else "yellow"
    points = f"{move.before:>5g} → {move.after:>5g}  [{colour}]{move.by:>+5g}[/{colour}]"
    out.print(f"{points}  [bold]{shown(move.student)}[/bold]")
    print_questions(move)


def print_questions(move: "Move") -> None:
    for question in move.questions:
        say(f"{question.id}: {question.before:g} → {question.after:g}", level=1)
        _print_checks(question)


def _print_checks(question: "QuestionMove") -> None:
    for check in question.checks:
        verdicts = f"{check.before or 'new'} → {check.after or 'gone'}" if check.is_seen else check.after
        say(symbol_of(check.after or Verdict.SKIPPED), f"{verdicts}: {check.title}", level=2, hang=1)
        _print_words(check.message_before, check.message_after)
    if not question.checks:  # which say the diagnosis, where there is one
        _print_words(question.diagnosis_before, question.diagnosis_after)


def _print_words(before: str, after: str) -> None:
    for sign, words in (("-", before), ("+", after)):
        if words and before != after:
            say(sign, words, level=3, hang=1)


def _print_list(heading: str, names: Iterable[str]) -> None:
    listed = [*names]
    if listed:
        say(f"{heading}: {some_of(listed, _LISTED)}", hang=1)
