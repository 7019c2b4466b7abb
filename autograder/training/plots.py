"""From curves to figures: the training curves, rates and finder's sweep of one lab.

Colours are those of Okabe & Ito, "Color universal design" (2008), which colour-blind readers tell apart; line styles
and markers tell them apart in grey.  No pyplot: figures are made and saved without any global state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log, nan
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_BLACK, _ORANGE, _SKY, _GREEN, _VERMILION, _PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#CC79A7",
)  # fmt: skip
_COLOURS = (_BLACK, _ORANGE, _GREEN, _PURPLE, _SKY, _VERMILION)
_LINES = ("-", (0, (6, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), "-", (0, (3, 2)))
_WIDTHS = (1.6, 1.6, 1.6, 1.6, 3.2, 1.6)  # what often lies under its neighbour is broad
_MARKERS = ("o", "s", "^", "D", "v", "X")
AVERAGED = 10
"""Steps over whose losses a training curve is averaged."""
_SUFFIXES = ("png", "svg")


@dataclass(frozen=True)
class Curve:
    """One training run.

    losses      the training loss before each step, the last perhaps not finite: there the run ended
    accuracies  (step, held-out accuracy in [0, 1])
    """

    label: str
    losses: Sequence[float]
    accuracies: Sequence[tuple[int, float]] = ()

    @property
    def diverged_at(self) -> int | None:
        """The step whose loss was not finite, if there was one."""
        return len(self.losses) - 1 if self.losses and not isfinite(self.losses[-1]) else None


@dataclass(frozen=True)
class Sweep:
    """A learning-rate range test: `smoothed` (as long as the losses) and `suggestion` where there are any."""

    optimizer: str
    lrs: Sequence[float]
    losses: Sequence[float]
    smoothed: Sequence[float] | None = None
    suggestion: float | None = None


def training_curves(curves: Sequence[Curve], classes: int, title: str) -> Figure:
    """Training loss and held-out accuracy over steps, side by side, a line for each curve."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, curve in enumerate(curves):
        _draw_losses(left, curve, number)
        steps, shares = zip(*curve.accuracies, strict=True) if curve.accuracies else ((), ())
        right.plot(steps, [100 * share for share in shares], label=curve.label, **_style(number))
    _loss_axes(left, classes)
    right.set(xlabel="step", ylabel="held-out accuracy (%)", ylim=(0, 102))
    right.legend(loc="lower right", fontsize="small")
    right.grid(alpha=0.3)
    figure.suptitle(title)
    return figure


def rate_sweep(curves: Sequence[Curve], classes: int, title: str) -> Figure:
    """Training loss over steps, a line for each rate; a cross where a loss was no longer finite."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for number, curve in enumerate(curves):
        _draw_losses(axes, curve, number)
    _loss_axes(axes, classes)
    axes.set_title(title)
    return figure


def schedule_panels(rates: dict[str, Sequence[float]], title: str) -> Figure:
    """A small panel for each schedule: the rate at steps 0, 1, ..."""
    columns = min(3, len(rates))
    rows = -(-len(rates) // columns)
    figure = Figure(figsize=(3.4 * columns, 2.5 * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for axes, (name, values) in zip(panels, rates.items(), strict=False):
        axes.step(range(len(values)), values, where="post", color=_BLACK, linewidth=1.4)
        axes.set_title(name, fontsize="medium")
        axes.set(xlabel="scheduler step", ylabel="learning rate")
        axes.set_ylim(bottom=min(0.0, *values) - 0.04 * max(values, key=abs))  # or the frame covers a rate of 0
        axes.grid(alpha=0.3)
    for axes in list(panels):
        axes.remove()
    figure.suptitle(title)
    return figure


def lr_finder(sweep: Sweep, title: str) -> Figure:
    """Raw and smoothed loss over the rate, on a logarithmic axis, with the suggestion marked."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(sweep.lrs, _finite(sweep.losses), color="#8C8C8C", linewidth=1.0, label="raw loss")
    if sweep.smoothed is not None:
        axes.plot(sweep.lrs, _finite(sweep.smoothed), color=_BLACK, linewidth=2.0, label="smoothed loss")
    if sweep.suggestion is not None:
        axes.axvline(
            sweep.suggestion, color=_VERMILION, linestyle="--", linewidth=1.6,
            label=f"suggested rate: {sweep.suggestion:.2g}",
        )  # fmt: skip
    start = next((loss for loss in sweep.losses if isfinite(loss)), 1.0)
    axes.set(xscale="log", xlabel="learning rate (logarithmic)", ylabel="training loss (nats per image)")
    axes.set_ylim(0, 1.5 * max(start, 1e-6))
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def save(figure: Figure, stem: Path) -> tuple[Path, ...]:
    """Write `figure` as `stem`.png and `stem`.svg, the same bytes each time, and return their paths."""
    paths = tuple(stem.with_name(f"{stem.name}.{suffix}") for suffix in _SUFFIXES)
    with matplotlib.rc_context({"svg.hashsalt": "autograder", "svg.fonttype": "none"}):
        for path in paths:
            figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
    return paths


def running_mean(values: Sequence[float], width: int = AVERAGED) -> list[float]:
    """Entry i is the mean of the last `width` values up to the i-th, of fewer at the start."""
    return [sum(window) / len(window) for i in range(len(values)) if (window := values[max(0, i + 1 - width) : i + 1])]


def _draw_losses(axes: Axes, curve: Curve, number: int) -> None:
    end = curve.diverged_at
    losses = running_mean(curve.losses[:end])
    label = curve.label if end is None else f"{curve.label}, not finite from step {end} on"
    axes.plot(range(len(losses)), losses, label=label, markevery=(4 * number, 24), **_style(number))
    if end:
        axes.plot(end - 1, losses[-1], marker="x", markersize=9, color=_COLOURS[number % len(_COLOURS)])


def _loss_axes(axes: Axes, classes: int) -> None:
    guessing = log(classes)
    axes.axhline(guessing, color="#8C8C8C", linewidth=0.8, zorder=0, label="guessing")
    axes.set(xlabel="step", ylabel=f"training loss (nats per image, mean of {AVERAGED} steps)", yscale="log")
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, 1e-4), min(max(high, 2 * guessing), 20 * guessing))  # or a run that explodes hides the rest
    axes.legend(loc="lower left", fontsize="small")
    axes.grid(alpha=0.3)


def _style(number: int) -> dict[str, Any]:
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "linestyle": _LINES[number % len(_LINES)],
        "linewidth": _WIDTHS[number % len(_WIDTHS)],
        "marker": _MARKERS[number % len(_MARKERS)],
        "markersize": 4.5,
    }


def _finite(values: Sequence[float]) -> list[float]:
    return [value if isfinite(value) else nan for value in values]
