"""`pack` is how a student hands in."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli.app import app
from autograder.cli.console import GRADED, NEEDS_STAFF, JsonOption, LabName, err, exit_codes, out, print_json, shown
from autograder.errors import Verdict
from autograder.lab import Lab
from autograder.text import some_of

if TYPE_CHECKING:
    from autograder.packing import Hand, Packed

_LISTED = 8
_OLD_SECONDS = 600.0  # since a notebook was saved, from when on it is worth asking


@app.command()
def pack(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds your work, or your notebook.")],
    lab: LabName = "optimization",
    out_file: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The zip to write. Default: LAB-hand-in.zip, beside DIR."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the zip that lies there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, whatever the checks say.")] = False,
    json: JsonOption = False,
) -> None:
    """Make the zip that you hand in, with a receipt.

    Says what is missing and what the grader would refuse, runs the public checks, and packs what the grader reads: your
    files, and the notebook without its outputs. A check that fails does not stop it. With `--json` nobody is asked.

    Examples:

        python grade.py pack path/to/your/folder

        python grade.py pack lab.ipynb --out mine.zip
    """
    from autograder import packing

    with exit_codes("Interrupted. Nothing was packed."):
        found = Lab.find(lab)
        target = out_file or packing.default_path(path, found)
        packing.refuse_place(target, force)
        hand = packing.look_through(path, found)
        complete = _print_hand(hand, found)
        asks = sys.stdin.isatty() and not (complete or yes or json)
        if asks and not typer.confirm("Pack it all the same?", err=True):
            err.print("Nothing was packed.")
            raise typer.Exit(NEEDS_STAFF)
        packed = packing.write(hand, found, target)
        err.print(f"Packed {packed.size / 1024:.1f} KB. Hand in this file:")
        out.print(shown(str(packed.path)))
        out.print(f"Receipt {packed.receipt.number}: note it down. Packed {_when(packed.receipt.time)}.")
        if json:
            print_json(_as_json(hand, packed))
        raise typer.Exit(GRADED)


def _as_json(hand: "Hand", packed: "Packed") -> dict[str, Any]:
    return {
        "file": packed.path,
        "bytes": packed.size,
        "receipt": {"number": packed.receipt.number, "time": packed.receipt.time},
        "files": sorted(hand.files),
        "left_out": sorted(hand.left_out),
        "missing": hand.missing,
        "refused": hand.refused,
        "twice": hand.twice,
        "unanswered": hand.unanswered,
        "checks": [asdict(result) for result in hand.results],
    }


def _when(time: str) -> str:
    return time.replace("T", " ").replace("+00:00", " UTC")


def _print_hand(hand: "Hand", lab: Lab) -> bool:
    """Say what is in it and what is not; True where there is nothing to think twice about."""
    _say("In the zip", sorted(hand.files))
    for name, seconds in hand.saved.items():
        reminder = ". If you changed it since, save it and pack again" if seconds > _OLD_SECONDS else ""
        err.print(f"{shown(name)} was saved {_ago(seconds)}{reminder}.")
    _say("Left out, for the grader does not read it", hand.left_out)
    _say("Missing", hand.missing, "red")
    _say("Refused", hand.refused.values(), "red")
    _say("Written twice", hand.twice, "yellow")
    _say("Not answered yet", [f"“{title}”" for title in hand.unanswered], "yellow")
    todo = {result.question for result in hand.results if result.verdict in (Verdict.NOT_ATTEMPTED, Verdict.SKIPPED)}
    _say("Not attempted", [question.id for question in lab.manifest.questions if question.id in todo], "yellow")
    for message, questions in _faults(hand, lab).items():
        err.print(f"[red]{some_of(questions, _LISTED)}[/red]: {shown(message)}")
    passed = sum(result.verdict == Verdict.PASSED for result in hand.results)
    err.print(f"{passed} of {len(hand.results)} public checks passed.")
    return passed == len(hand.results) and not (hand.missing or hand.refused or hand.unanswered)


def _faults(hand: "Hand", lab: Lab) -> dict[str, list[str]]:
    """What the public checks found wrong, each with the questions where they did; missing files were named before."""
    missing = {question.id for question in lab.manifest.questions if question.file in hand.missing}
    found: dict[str, list[str]] = {}
    for result in hand.results:
        if result.verdict in (Verdict.FAILED, Verdict.ERROR) and result.question not in missing:
            questions = found.setdefault(result.message, [])
            questions += [result.question] * (result.question not in questions)
    return found


def _say(what: str, names: Iterable[str], colour: str = "default") -> None:
    listed = [shown(name) for name in names]
    if listed:
        err.print(f"[{colour}]{what}:[/{colour}] {some_of(listed, _LISTED)}")


def _ago(seconds: float) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
