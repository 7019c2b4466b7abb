"""The table attack × profile, and the summary below it."""

import sys
from collections.abc import Sequence

from assignment import Cell
from campaign import UNTRIED, Outcome, by_attack, neighbours
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from samples import Sample

_PLAIN_WIDTH = 200
_FAULTS_SHOWN = 3  # of one cell


def print_outcomes(samples: Sequence[Sample], outcomes: Sequence[Outcome]) -> None:
    """A row an attack, a column a profile: contained or not, seconds until gone, verdict; then what was fed back."""
    held = [outcome for outcome in outcomes if not outcome.refused]
    if not held:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("attack", no_wrap=True)
    for outcome in held:
        table.add_column(outcome.profile, no_wrap=True)
    table.add_column("what reached the feedback", overflow="fold")
    kind = None
    for sample in samples:
        if sample.kind != kind:
            kind = sample.kind
            table.add_row(f"[bold]{escape(kind or 'of no class')}[/bold]")
        cells = [by_attack(outcome).get(sample.name) for outcome in held]
        table.add_row(escape(sample.name), *(_cell(cell) for cell in cells), escape(_feedback(cells, held)))
    table.add_row("[bold]honest neighbours[/bold]")
    for group in zip(*(neighbours(outcome) for outcome in held), strict=False):
        table.add_row(group[0].attack, *(_cell(cell) for cell in group), "")
    console = Console() if sys.stdout.isatty() else Console(width=_PLAIN_WIDTH, no_color=True, highlight=False)
    console.print(table)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    word = "[red]NO [/red]" if cell.faults else "[green]yes[/green]"
    return f"{word} {cell.seconds:5.1f} s  {escape(cell.verdict)}"


def _feedback(cells: Sequence[Cell | None], outcomes: Sequence[Outcome]) -> str:
    """The message; where profiles differ, each with its own."""
    told = {outcome.profile: cell.message for outcome, cell in zip(outcomes, cells, strict=True) if cell}
    if len(set(told.values())) <= 1:
        return next(iter(told.values()), "")
    return "\n".join(f"{profile}: {message}" for profile, message in told.items())


def _foremost(faults: Sequence[str]) -> list[str]:
    more = len(faults) - _FAULTS_SHOWN
    return [*faults[:_FAULTS_SHOWN], *([f"and {more} faults more"] if more > 0 else [])]


def summary(samples: Sequence[Sample], outcomes: Sequence[Outcome], demanded: Sequence[str]) -> tuple[str, bool]:
    """What to say at the end, and whether all is well; a profile that was asked for by name must hold."""
    held = [outcome for outcome in outcomes if not outcome.refused]
    lines = [f"Not offered here: {outcome.profile}. {outcome.refused}" for outcome in outcomes if outcome.refused]
    bad = [
        f"{outcome.profile}: {cell.attack}: {fault}"
        for outcome in held
        for cell in outcome.cells
        for fault in _foremost(cell.faults)
        if fault != UNTRIED
    ]
    untried = {outcome.profile: sum(UNTRIED in cell.faults for cell in outcome.cells) for outcome in held}
    bad += [f"{profile}: {count} submissions were not graded" for profile, count in untried.items() if count]
    bad += [f"{outcome.profile}: the whole run: {fault}" for outcome in held for fault in outcome.faults]
    bad += [f"{sample.name}: no folder or archive lies beside its toml" for sample in samples if not sample.path]
    bad += [
        f"{outcome.profile} was asked for" for outcome in outcomes if outcome.refused and outcome.profile in demanded
    ]
    if not held:
        bad.append("no profile holds here, so nothing was tried")
    cells = sum(bool(cell.faults) for outcome in held for cell in outcome.cells)
    controls = sum(sample.is_control for sample in samples)
    seconds = ", ".join(f"{outcome.profile} {outcome.seconds:.0f} s" for outcome in held)
    lines += [f"BAD  {fault}" for fault in bad]
    lines.append(
        f"{len(samples) - controls} attacks and {controls} controls under {len(held)} profiles ({seconds or 'none'}): "
        + (f"{cells} bad cells." if bad else "all contained, every control has its marks.")
    )
    return "\n".join(lines), not bad
