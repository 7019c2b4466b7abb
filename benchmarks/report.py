"""The figures as Markdown, and their place in docs/benchmarks.md."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from measure import BenchmarkError, Cost, Memory
from training_cost import Sizes, TrainingRound

_QUARTER = 0.25


@dataclass(frozen=True)
class Round:
    """One round of the comparison: costs a submission."""

    ours: Cost  # start-up included
    ours_marginal: Cost  # one more submission
    pytest: Cost
    pytest_lean: Cost  # one thread, no plugins
    otter: Cost


@dataclass(frozen=True)
class Scale:
    """Classes of two sizes: the cost of one more submission in each, of all with their start-up, and memory."""

    sizes: tuple[int, int, int]  # the smallest is subtracted from the middle one, the middle one from the largest
    costs: tuple[Cost, Cost, Cost]  # of the whole class; medians
    memory: tuple[Memory, Memory]  # while the middle and the largest ran

    @property
    def marginal(self) -> tuple[Cost, Cost]:
        (a, b, c), (small, middle, large) = self.sizes, self.costs
        return middle.marginal(small, b - a), large.marginal(middle, c - b)


@dataclass(frozen=True)
class Parts:
    """Milliseconds until a worker is ready, by profile, one a worker; CPU seconds of the arithmetic, one a repeat."""

    ready: Mapping[str, Sequence[float]]
    arithmetic: Sequence[float]


@dataclass(frozen=True)
class Figures:
    """All that one run of the benchmark measured."""

    copies: int
    small: int
    processes: int
    jobs: int
    rounds: Sequence[Round]
    parts: Parts
    sizes: Sizes
    training: Sequence[TrainingRound]
    scale: Scale | None


def markdown(figures: Figures) -> str:
    sections = [machine(), _comparison(figures), _parts(figures), _training(figures)]
    if figures.scale:
        sections.append(_scale(figures.scale))
    return "\n\n".join(sections)


def write(path: Path, text: str, section: str) -> None:
    """Put `text` between the two markers of `section` in the file at `path`; what stands around them stays.

    Raises:
        BenchmarkError: the markers are not there.
    """
    first, last = f"<!-- {section}:start -->", f"<!-- {section}:end -->"
    before, start, rest = path.read_text("utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not start or not end:
        raise BenchmarkError(f"{path} lacks the markers {first} and {last}, so the figures have no place in it.")
    path.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", "utf-8")


def machine() -> str:
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    cores = len(os.sched_getaffinity(0))
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "pytest", "otter-grader"))
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"Measured on {cores} cores ({model}), {system}, {packages}."


def _comparison(figures: Figures) -> str:
    rounds = figures.rounds

    def row(name: str, cost: Callable[[Round], Cost], compared: bool) -> str:
        costs = [cost(r) for r in rounds]
        ratios = [
            _spread([getattr(cost(r), unit) / getattr(r.ours, unit) for r in rounds], 1) if compared else "1"
            for unit in ("cpu", "wall")
        ]
        cells = [_spread([c.cpu for c in costs]), ratios[0], _spread([c.wall for c in costs]), ratios[1]]
        return f"| {name} | {' | '.join(cells)} |"

    table = [
        "| a submission | CPU seconds | times (a) | wall seconds | times (a) |",
        "|---|---|---|---|---|",
        row(f"(a) this grader, class of {figures.copies}, start-up included", lambda r: r.ours, False),
        row("(a′) this grader, one submission more", lambda r: r.ours_marginal, True),
        row("(b) a pytest process each, no sandbox", lambda r: r.pytest, True),
        row("(b′) the same with one thread and no pytest plugin but ours", lambda r: r.pytest_lean, True),
        row("(c) `otter run` each, no sandbox", lambda r: r.otter, True),
    ]
    note = (
        f"Medians (least–most) of {len(rounds)} round{'s' * (len(rounds) > 1)}; a round is (a) on {figures.small} and "
        f"on {figures.copies} copies, and {figures.processes} runs each of (b) and (c) in turn, of which it takes the "
        f"median. "
        f"(a) grades {figures.jobs} at a time, (b) and (c) one: compare CPU, and take wall as what a person waits. "
        f"All three gave the same points, question by question, to a right and to a wrong submission."
    )
    return "\n".join(table) + "\n\n" + note


def _parts(figures: Figures) -> str:
    ready, arithmetic = figures.parts.ready, median(figures.parts.arithmetic)
    marginal = median([r.ours_marginal.cpu for r in figures.rounds])
    return "\n".join(
        [
            "| where it goes | |",
            "|---|---|",
            *(_ready(profile, times) for profile, times in ready.items()),
            f"| the scenarios' arithmetic, once, CPU | {arithmetic:.3f} s |",
            f"| one submission more, less that arithmetic: the harness's own CPU | {marginal - arithmetic:.3f} s |",
        ]
    )


def _ready(profile: str, times: Sequence[float]) -> str:
    usual, slow = median(times), sorted(times)[int(0.95 * len(times))]
    name = f"a worker locked down and ready (`{profile}`), median of {len(times)} (95th percentile)"
    return f"| {name} | {usual:.1f} ms ({slow:.1f} ms) |"


def _training(figures: Figures) -> str:
    rounds = figures.training

    def row(name: str, cost: Callable[[TrainingRound], Cost], runs: int, compared: bool = True) -> str:
        cpu, wall = [cost(r).cpu for r in rounds], [cost(r).wall for r in rounds]
        ratios = _spread([cost(r).cpu / r.trained.cpu for r in rounds], 2) if compared else "1"
        cells = [_spread(cpu), ratios, str(runs), _spread([value / runs for value in cpu]), _spread(wall)]
        return f"| {name} | {' | '.join(cells)} |"

    runs, replays = rounds[0].runs, rounds[0].replays
    table = [
        "| training, a submission | CPU seconds | times (d) | runs | CPU seconds a run | wall seconds |",
        "|---|---|---|---|---|---|",
        row("(d) this grader, `--convergence train`, one submission more", lambda r: r.trained, runs, False),
        row("(e) this grader, `--convergence replay`, one submission more", lambda r: r.replayed, replays),
        row("(f) a process for each training run, no sandbox", lambda r: r.fresh, runs),
        row("(f′) the same with the data set ready in a file", lambda r: r.fresh_lean, runs),
    ]
    (few, many), (some, more) = figures.sizes.trained, figures.sizes.replayed
    note = (
        f"Medians (least–most) of {len(rounds)} round{'s' * (len(rounds) > 1)}; a round is (d) on {few} and on {many} "
        f"copies, (e) on {some} and on {more}, and {runs} processes each of (f) and (f′) in turn. (d) and (e) grade "
        f"{figures.jobs} at a time, (f) one."
    )
    shares = {
        "(d) of (f)": [r.trained.cpu / r.fresh.cpu for r in rounds],
        "(d) of (f′)": [r.trained.cpu / r.fresh_lean.cpu for r in rounds],
        "(e) of (d)": [r.replayed.cpu / r.trained.cpu for r in rounds],
    }
    aims = "; ".join(f"{name}: {_spread(share, 2)}, **{_kept(share)}**" for name, share in shares.items())
    return "\n".join(table) + f"\n\n{note}\n\nThe aim, at most a quarter of the CPU seconds. {aims}."


def _kept(shares: Sequence[float]) -> str:
    return "kept" if median(shares) <= _QUARTER else "missed"


def _scale(scale: Scale) -> str:
    first, middle, large = scale.sizes
    marginals = scale.marginal
    rows = [
        f"| class of | {middle} | {large} |",
        "|---|---|---|",
        "| CPU seconds a submission, start-up included "
        f"| {scale.costs[1].cpu / middle:.3f} | {scale.costs[2].cpu / large:.3f} |",
        f"| CPU seconds for one submission more | {marginals[0].cpu:.3f} | {marginals[1].cpu:.3f} |",
        "| peak resident memory of the grader's own process "
        f"| {' | '.join(f'{m.peak_of_process:.0f} MB' for m in scale.memory)} |",
        f"| PSS of all its processes, median | {' | '.join(f'{_middle(m.tree):.0f} MB' for m in scale.memory)} |",
        f"| PSS of all its processes, most | {' | '.join(f'{max(m.tree, default=0):.0f} MB' for m in scale.memory)} |",
    ]
    note = (
        f"One submission more: (CPU of {middle} − CPU of {first}) / {middle - first} in the left column, "
        f"(CPU of {large} − CPU of {middle}) / {large - middle} in the right one, from medians where a size was run "
        f"more than once. Right over left: **{marginals[1].cpu / marginals[0].cpu:.2f}**. "
        "Memory is sampled each second."
    )
    halves = _halves(scale.memory[1].tree)
    if halves:
        note += f" Median PSS in the first half of the class of {large}: {halves[0]:.0f} MB, in the second half: "
        note += f"{halves[1]:.0f} MB."
    return "\n".join(rows) + "\n\n" + note


def _halves(samples: Sequence[float]) -> tuple[float, float] | None:
    """Medians of both halves, without the first samples, which see the start."""
    settled = samples[6:]
    middle = len(settled) // 2
    return (median(settled[:middle]), median(settled[middle:])) if middle > 2 else None


def _middle(samples: Sequence[float]) -> float:
    return median(samples) if samples else 0.0


def _spread(values: Sequence[float], digits: int = 3) -> str:
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
