"""`doctor` says what holds on this machine."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from autograder.cli.app import app
from autograder.cli.console import GRADED, NEEDS_STAFF, JsonOption, err, exit_codes, out, print_json, shown
from autograder.cli.containers import containers_here

if TYPE_CHECKING:
    from autograder.doctor import Health

_DIGEST_SHOWN = 12


@app.command()
def doctor(json: JsonOption = False) -> None:
    """See whether this machine, or this container, can grade, and with what.

    Prints versions, processor, GPU, the labs and the isolation that holds. Grades nothing and writes nothing. Exit
    code 0 when all is well, 1 when something is not; then it says what to do.
    """
    import typer

    from autograder.doctor import examine

    with exit_codes():
        health = examine()
        containers = "" if health.built else containers_here()
        _print(health, containers)
        if json:
            print_json({**asdict(health), "containers": containers})
        raise typer.Exit(NEEDS_STAFF if health.faults else GRADED)


def _print(health: "Health", containers: str) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    for row in _rows(health):
        table.add_row(*map(shown, row))
    if containers:
        table.add_row("containers", shown(containers))
    out.print(table)
    for fault in health.faults:
        err.print(f"[red]Does not hold:[/red] {shown(fault)}")
    out.print("Something does not hold here." if health.faults else "All is well: this machine can grade.")


def _rows(health: "Health") -> Iterator[tuple[str, str]]:
    yield "Python", health.python
    yield "torch", f"{health.torch}, with NumPy {health.numpy}"
    yield "processor", f"{health.cores} × {health.processor or health.architecture}, {health.memory_mb} MB of memory"
    yield "GPU", ", ".join(health.gpus) or "none"
    yield "networks", f"are trained on {health.device}"
    yield "isolation", f"{health.isolation} ({', '.join(health.layers)})" if health.isolation else "none found"
    for lab in health.labs:
        yield f"lab {lab.name}", f"{lab.version}, {lab.hash[:_DIGEST_SHOWN]}" if not lab.fault else "cannot be used"
    yield "grader", health.grader[:_DIGEST_SHOWN]
    if health.built:
        yield "image", f"version {health.built.version}, commit {health.built.commit or 'unknown'}"
