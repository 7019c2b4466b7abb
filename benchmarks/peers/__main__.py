"""`make peers`: wrong code plus one attack, under otter-grader, nbgrader and this grader.

Prints the table attack × system and puts it into docs/benchmarks.md. The attacks are ours and bounded; each cell works
in a temporary folder that is its home too, and whatever it leaves running is ended before the next one begins.
"""

import argparse
import os
import secrets
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # the benchmark beside this folder

import measure
import report
import supervise
from attacks import ATTACKS, Attack
from measure import BenchmarkError
from systems import Nbgrader, Otter, System, ThisGrader
from table import Cell, Seen, controls_hold, judge, markdown

from autograder.lab import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
LATE_SECONDS = 7.0  # a detached child gives itself six


def main() -> int:
    options = _options()
    measure.adopt_orphans()
    started = time.monotonic()
    chosen = [attack for attack in ATTACKS if options.only in attack.title]
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        systems = _systems(folder, options)
        try:
            rows = [(attack, {s.name: _cell(attack, s, folder, options) for s in systems if _fits(attack, s)})
                    for attack in chosen]  # fmt: skip
        finally:
            supervise.end_all()
    text = markdown(systems, rows, time.monotonic() - started)
    print(text)
    wrong = controls_hold(rows)
    if wrong:
        raise BenchmarkError("The controls do not hold, so the table means nothing:\n" + "\n".join(wrong))
    if not options.only and not options.system:
        report.write(DOCUMENT, text, "peers")
        print(f"\nWritten to {DOCUMENT.relative_to(ROOT)}.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks/peers", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="attacks whose title holds TEXT; only prints")
    parser.add_argument("--system", default="", metavar="NAME", help="one system; only prints")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep each cell's log, class and results in DIR")
    parser.add_argument("--grader", type=Path, default=ROOT, metavar="DIR", help="another checkout of this grader")
    return parser.parse_args()


def _systems(folder: Path, options: argparse.Namespace) -> list[System]:
    makers = {
        "otter-grader": lambda: Otter(folder / "otter"),
        "nbgrader": lambda: Nbgrader(folder / "nbgrader"),
        "this grader": lambda: ThisGrader(folder / "this", options.grader.absolute()),
    }
    return [make() for name, make in makers.items() if options.system in name]


def _fits(attack: Attack, system: System) -> bool:
    return not attack.not_for.startswith(f"{system.name}:")


def _cell(attack: Attack, system: System, parent: Path, options: argparse.Namespace) -> Cell:
    folder = Path(tempfile.mkdtemp(prefix="cell-", dir=parent))
    for name in ("home", "tmp", "drop"):
        (folder / name).mkdir()
    token = secrets.token_hex(8)
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment |= {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "GRADER_TOKEN": token}
    environment["OMP_NUM_THREADS"] = "1"
    try:
        with _listener() as (port, connections):
            told = {**system.told(folder), "DROP": str(folder / "drop"), "PORT": str(port)}
            graded = system.grade(attack.text(told), folder, environment, LATE_SECONDS * attack.lingers)
            supervise.end_all()
        dropped = "".join(path.read_text("utf-8", "replace") for path in (folder / "drop").iterdir())
        cell = judge(attack, system, graded, Seen(dropped, len(connections)), token)
        print(f"{graded.run.seconds:5.0f} s  {system.name}: {attack.title}: {cell.markdown()}", file=sys.stderr)
        if options.keep:
            shutil.copytree(folder, options.keep / system.name.replace(" ", "-") / f"{ATTACKS.index(attack):02}")
        return cell
    finally:
        supervise.end_all()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _listener() -> Iterator[tuple[int, list[str]]]:
    """A port on this computer, and who connected to it."""
    connections: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                try:
                    line, address = server.accept()
                except TimeoutError:
                    continue
                connections.append(str(address))
                line.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], connections
        finally:
            over.set()
            thread.join()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchmarkError as error:
        sys.exit(f"Error: {error}")
