"""`make attack`: every hostile sample under every isolation profile that this machine offers, as a table.

A cell is bad if a question kept points that the sample's toml takes from it, a process outlived the judge by two
seconds, a secret came out, something outside was touched, or what reached the feedback is not fit to be read.
Exit codes: 0 all contained and all controls with their marks, 1 a bad cell, 2 wrong usage.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "harness")]

from campaign import PROFILES, Outcome, attack  # noqa: E402
from processes import adopt_orphans  # noqa: E402
from rich.console import Console  # noqa: E402 - the path comes first
from rich.progress import Progress  # noqa: E402
from samples import HOSTILE, Sample, find_samples  # noqa: E402
from stage import Stage  # noqa: E402
from table import print_outcomes, summary  # noqa: E402

UNSAFE = "local"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the stage is taken down
    options = _options()
    samples = _chosen(options)
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="attack-", dir=options.out, ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "stage"
        root.mkdir()
        root.parent.chmod(0o755)
        stage = Stage.build(root, samples, options.seconds)
        outcomes = [_attack(stage, profile) for profile in options.profile]
    print("A cell: contained or not, seconds until the last process was gone, verdict of the question attacked.")
    print_outcomes(samples, outcomes)
    if options.json:
        options.json.write_text(_as_json(outcomes), "utf-8")
    text, good = summary(samples, outcomes, options.demanded)
    print(text)
    return 0 if good else 1


def _attack(stage: Stage, profile: str) -> Outcome:
    console = Console(stderr=True)
    with Progress(
        *Progress.get_default_columns(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(profile, total=len(stage.order))
        return attack(stage, profile, lambda count: bar.update(task, completed=count))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/attack", description=__doc__)
    parser.add_argument("--profile", action="append", choices=PROFILES, help="only this one, which must hold here")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="samples by name, as in 'prints_*'")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all cells there, too")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to work (default: the temporary folder)")
    parser.add_argument("--seconds", type=float, default=_fair_seconds(), metavar="S",
                        help="limit of one check (default: 2, and more on a busy machine)")  # fmt: skip
    parser.add_argument("--samples", type=Path, default=HOSTILE, metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("--unsafe-local", action="store_true", help=argparse.SUPPRESS)  # no walls: for our own test
    options = parser.parse_args()
    options.demanded = options.profile or []
    options.profile = [*dict.fromkeys(options.profile or PROFILES)]
    if options.unsafe_local:
        if options.samples.resolve() == HOSTILE:
            parser.error("--unsafe-local runs samples without any walls: never those of tests/submissions/hostile")
        options.profile = [UNSAFE]
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    return options


def _fair_seconds() -> float:
    """Two, as long as every process finds a core to itself."""
    crowd = os.getloadavg()[0] / len(os.sched_getaffinity(0))
    return round(2.0 * min(4.0, max(1.0, crowd)), 1)


def _chosen(options: argparse.Namespace) -> list[Sample]:
    samples = [
        sample
        for sample in find_samples(options.samples)
        if not options.only or any(fnmatchcase(sample.name, pattern) for pattern in options.only)
    ]
    if not samples:
        sys.exit(f"No sample in {options.samples} is called {' or '.join(options.only or ['anything'])}.")
    return samples


def _as_json(outcomes: list[Outcome]) -> str:
    return json.dumps({"profiles": [asdict(outcome) for outcome in outcomes]}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
