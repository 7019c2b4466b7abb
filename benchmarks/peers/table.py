"""What each attack came to in each system, as Markdown."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from attacks import Attack, Prize
from question import MALLORY, NEIGHBOURS, POINTS
from supervise import MOST_GIGABYTES
from systems import CELL_SECONDS, CLASS_SECONDS, STUDENT_SECONDS, Graded, System

_CHILDREN, _GIGABYTES, _BYTES = 50, 1.9, 100 << 20
_HUNGRY = 2.0  # gigabytes: far more than any system needs for a right submission


@dataclass(frozen=True)
class Cell:
    """One attack in one system: the score, what it got beyond that, and what a person should know besides."""

    score: str
    gains: Sequence[str] = ()
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        gained = ", ".join(f"**{gain}**" for gain in self.gains)
        return ", ".join(filter(None, [self.score, gained, *self.notes]))


@dataclass(frozen=True)
class Seen:
    """What the attack carried out of the system other than by its results."""

    dropped: str
    connections: int


def judge(attack: Attack, system: System, graded: Graded, seen: Seen, token: str) -> Cell:
    """What this attack came to."""
    if graded.run.code is None:
        return Cell("no grade", ["took all memory" if graded.run.peak > MOST_GIGABYTES else "hung"])
    score = graded.mallory
    shown = "no grade" if score is None else f"{score:g}/{POINTS:g}"
    gains = list(_forged(attack, graded))
    secret = {Prize.TEST: system.secret, Prize.ENVIRONMENT: token}.get(attack.prize)
    if secret:
        places = {"feedback": graded.shown, "a file outside": seen.dropped}
        found = [place for place, text in places.items() if secret in text]
        gains += [f"leaked to {' and '.join(found)}"] if found else []
    if attack.prize is Prize.LINE and seen.connections:
        gains.append("connected")
    if attack.prize is Prize.CHILDREN and graded.run.processes >= _CHILDREN:
        gains.append("all fifty ran")
    if attack.prize is Prize.MEMORY and graded.run.peak > _GIGABYTES:
        gains.append("took it")
    if attack.prize is Prize.OUTPUT:
        if graded.kept > _BYTES:
            gains.append(f"{graded.kept >> 20} MB kept")
        if graded.run.peak > _HUNGRY:
            gains.append(f"a process of {graded.run.peak:.1f} GB")
    if graded.run.alive:
        gains.append(f"{graded.run.alive} left alive")
    if graded.harmed:
        gains.append(f"harmed {_harm(graded)}")
    return Cell(shown, gains, _notes(attack, graded))


def _forged(attack: Attack, graded: Graded) -> Sequence[str]:
    if not graded.mallory or (attack.right and graded.mallory <= POINTS):
        return ()
    return ("forged",)


def _notes(attack: Attack, graded: Graded) -> Sequence[str]:
    if attack.right and "torch.optim" in attack.title:
        return ("flagged" if "torch.optim" in graded.shown else "unnoticed",)
    return ()


def _harm(graded: Graded) -> str:
    scores = {name: graded.points.get(name) for name in NEIGHBOURS}
    if graded.mallory == 99 * POINTS:
        return f"the class: {99 * POINTS:g}/{POINTS:g} each"
    changed = [f"{n} ({'no grade' if s is None else f'{s:g}/{POINTS:g}'})" for n, s in scores.items() if s != POINTS]
    return " and ".join(changed) or "a neighbour's file"


def markdown(systems: Sequence[System], rows: Sequence[tuple[Attack, Mapping[str, Cell]]], seconds: float) -> str:
    """The table, what it was made with, and why some cells are n/a."""
    lines = [_made_with(systems, seconds), ""]
    lines += ["| wrong code, and … | " + " | ".join(f"{s.name}: `{s.command}`" for s in systems) + " |"]
    lines += ["|---" * (1 + len(systems)) + "|"]
    reasons = []
    for attack, cells in rows:
        shown = [cells[s.name].markdown() if s.name in cells else "n/a" for s in systems]
        lines.append(f"| {attack.title} | {' | '.join(shown)} |")
        if attack.not_for:
            reasons.append(f"- n/a, {attack.title}: {attack.not_for}.")
    lost = {s.name: sum(bool(c[s.name].gains) for _, c in rows if s.name in c) for s in systems}
    tried = {s.name: sum(s.name in c and "control" not in a.title for a, c in rows) for s in systems}
    total = ", ".join(f"{s.name} {lost[s.name]} of {tried[s.name]}" for s in systems)
    return "\n".join([*lines, "", f"Attacks that got something (bold): {total}.", "", *reasons]).rstrip()


def _made_with(systems: Sequence[System], seconds: float) -> str:
    versions = ", ".join(f"{s.name} {s.version}" for s in systems)
    account = "root" if os.geteuid() == 0 else "an ordinary user"
    return (
        f"{versions}; torch {version('torch')}, Python {platform.python_version()}, Linux {platform.release()}, "
        f"as {account}; {len(os.sched_getaffinity(0))} cores, {seconds / 60:.0f} minutes. Hung: not "
        f"done in {STUDENT_SECONDS:.0f} s for one student, {CLASS_SECONDS:.0f} s for the class, and stopped then. "
        f"nbgrader's own limit for a cell is set to {CELL_SECONDS} s (30 by default); `otter run` has none to set."
    )


def controls_hold(rows: Sequence[tuple[Attack, Mapping[str, Cell]]]) -> list[str]:
    """What is wrong with the controls: a right submission must get everything, a wrong one nothing, and no more."""
    wanted = {True: f"{POINTS:g}/{POINTS:g}", False: f"0/{POINTS:g}"}
    return [
        f"{name}, {attack.title}: {cell.markdown()} ({MALLORY})"
        for attack, cells in rows
        if "control" in attack.title
        for name, cell in cells.items()
        if cell.score != wanted[attack.right] or cell.gains
    ]
