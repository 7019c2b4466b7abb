"""What the notebook loads and draws, and `when_written`, by which its cells wait for your code.

Your own classes and functions must not need this file: the grader leaves it out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite, log
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import torch
from IPython.display import Markdown, display
from matplotlib.axes import Axes

Batches = list[tuple[torch.Tensor, torch.Tensor]]

GUESSING = log(10)
"""The loss of ten equal guesses, in nats: where every untrained network begins."""

# Colours that colour-blind readers tell apart (Okabe & Ito, 2008), and line styles for grey print.
LOOKS: dict[str, dict[str, Any]] = {
    "SGD": {"color": "#000000", "linestyle": "-"},
    "Momentum": {"color": "#E69F00", "linestyle": "-"},
    "Nesterov": {"color": "#56B4E9", "linestyle": "--"},
    "RMSprop": {"color": "#009E73", "linestyle": "-"},
    "AdamW": {"color": "#CC79A7", "linestyle": "--"},
    "Adam": {"color": "#D55E00", "linestyle": "-"},
    "Lookahead": {"color": "#0072B2", "linestyle": "-."},
}
_OTHERS: list[dict[str, Any]] = [
    {"color": "#000000", "linestyle": "-"},
    {"color": "#D55E00", "linestyle": "-"},
    {"color": "#0072B2", "linestyle": "--"},
    {"color": "#E69F00", "linestyle": "-."},
    {"color": "#009E73", "linestyle": "-"},
]

# Six runs to diagnose: optimizer, learning rate, batch size. Look only after you have made up your mind.
PATIENTS = {
    "A": ("Momentum", 0.15, 64),
    "B": ("SGD", 0.01, 64),
    "C": ("SGD", 0.2, 64),
    "D": ("Adam", 0.3, 64),
    "E": ("SGD", 0.05, 8),
    "F": ("SGD", 3.0, 64),
}


# Waiting for code


@contextmanager
def when_written() -> Iterator[None]:
    """Run what stands in the block; where it meets a stub that is still empty, name it and go on."""
    try:
        yield
    except NotImplementedError as stub:
        if " " in str(stub):  # a stub names itself in one word; a sentence is PyTorch's, about something else
            raise
        plt.close("all")
        print(f"Waiting for {str(stub) or 'a stub'}: write it in its cell, run that cell, then run this one again.")


def each_written(items: Iterable[Any], run: Callable[[Any], Any]) -> dict[str, Any]:
    """{name: run(item)} for every item whose stub is written; the others are named and left out.

    An item's name is its `__name__`, or itself if it has none. With nothing written at all, the first
    stub is raised, for `when_written` to report.
    """
    results: dict[str, Any] = {}
    missing: list[NotImplementedError] = []
    for item in items:
        try:
            results[getattr(item, "__name__", str(item))] = run(item)
        except NotImplementedError as stub:
            if " " in str(stub):
                raise
            missing.append(stub)
    if missing and not results:
        raise missing[0]
    if missing:
        print(f"Left out until written: {', '.join(dict.fromkeys(map(str, missing)))}.")
    return results


# Data


class Digits(NamedTuple):
    """Handwritten digits: images [N, 1, 8, 8] with mean 0 and deviation 1, labels [N] from 0 to 9."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    val_images: torch.Tensor
    val_labels: torch.Tensor


def digits(held_out: int = 500) -> Digits:
    """The 1,797 digits that come with scikit-learn, split in the same way each time."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = torch.randperm(len(data.target), generator=torch.Generator().manual_seed(0))
    images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1)[order]
    labels = torch.tensor(data.target, dtype=torch.int64)[order]
    training = images[held_out:]
    images = (images - training.mean()) / training.std()
    return Digits(images[held_out:], labels[held_out:], images[:held_out], labels[:held_out])


def batches(images: torch.Tensor, labels: torch.Tensor, size: int = 64, seed: int = 0) -> Batches:
    """The samples in an order of their own for each seed, cut into batches; the last may be shorter."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    return [(images[part], labels[part]) for part in order.split(size)]


class Recorder:
    """A loss function that remembers, in `losses`, every value that it gave."""

    def __init__(self, loss_fn: Callable[..., torch.Tensor]) -> None:
        self.loss_fn = loss_fn
        self.losses: list[float] = []

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss = self.loss_fn(outputs, targets)
        self.losses.append(loss.item())
        return loss


# Figures


def use_style() -> None:
    """One look for all figures: on white, so that they read as well in a dark theme and on paper."""
    plt.rcParams.update(
        {
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.grid": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "grid.alpha": 0.3,
            "legend.fontsize": 9,
            "legend.frameon": False,
            "lines.linewidth": 1.7,
        }
    )


def panels(count: int, rows: int = 1, height: float = 3.2, **options: Any) -> list[Axes]:
    """Panels side by side, or in rows, in a figure of the notebook's width; heights in inches."""
    columns = -(-count // rows)
    width = 9.5 if columns > 1 else 6.0
    _, axes = plt.subplots(rows, columns, figsize=(width, height * rows), squeeze=False, **options)
    return list(axes.flat)


def panel(height: float = 3.2) -> Axes:
    """One of them."""
    return panels(1, height=height)[0]


def look(label: str, number: int = 0) -> dict[str, Any]:
    """Colour and line style: an optimizer's own if the label begins with its name, else the number's."""
    return next((style for name, style in LOOKS.items() if label.startswith(name)), _OTHERS[number % len(_OTHERS)])


def draw_landscape(
    axes: Axes, loss: Callable[[torch.Tensor], torch.Tensor], x: Sequence[float], y: Sequence[float]
) -> None:
    """Contours of a loss of two parameters, and its lowest point there as a star."""
    grid = torch.meshgrid(torch.linspace(*x, 121), torch.linspace(*y, 121), indexing="xy")
    with torch.no_grad():
        heights = loss(torch.stack(grid))
    low = heights.min()
    levels = low + (heights.max() - low) * torch.linspace(0, 1, 13) ** 2.5
    axes.contourf(*grid, heights, levels=levels, cmap="Greys", alpha=0.35)
    axes.contour(*grid, heights, levels=levels, colors="#9A9A9A", linewidths=0.6)
    lowest = heights.argmin()
    axes.plot(grid[0].flatten()[lowest], grid[1].flatten()[lowest], "*", color="#0072B2", markersize=11, zorder=4)
    axes.set(xlim=x, ylim=y, xlabel="$p_1$", ylabel="$p_2$")
    axes.grid(False)


def draw_path(axes: Axes, path: torch.Tensor, label: str, number: int = 0) -> None:
    """The points [T, 2] that an optimizer went through, from the ring on."""
    style = look(label, number)
    axes.plot(path[:, 0], path[:, 1], label=label, marker=".", markersize=4, **{**style, "linewidth": 1.3})
    axes.plot(*path[0], "o", markersize=7, markerfacecolor="none", color=style["color"])


def draw_losses(axes: Axes, losses: Sequence[float], label: str, number: int = 0, mean_of: int = 1) -> None:
    """A curve over steps, as a mean of the last few; a cross where it stopped being a finite number."""
    end = next((i for i, loss in enumerate(losses) if not isfinite(loss)), len(losses))
    means = [sum(part) / len(part) for i in range(end) if (part := losses[max(0, i + 1 - mean_of) : i + 1])]
    style = look(label, number)
    axes.plot(means, label=label if end == len(losses) else f"{label}: not finite at step {end}", **style)
    if 0 < end < len(losses):
        axes.plot(end - 1, means[-1], "X", markersize=9, color=style["color"])


def loss_axes(axes: Axes, title: str = "", bottom: float = 1e-2, top: float = 20.0, xlabel: str = "step") -> None:
    """Names and limits for the losses of a classifier of ten classes; the grey line is guessing."""
    axes.axhline(GUESSING, color="#8C8C8C", linewidth=0.9, linestyle=":", zorder=0)
    axes.set(yscale="log", ylim=(bottom, top), xlabel=xlabel, ylabel="training loss (nats)", title=title)
    axes.legend()


def show_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """A table with a line for each row; floats with four significant digits."""
    if not rows:
        print("Nothing to show yet: run the cell that makes it once your code is written.")
        return
    names = list(rows[0])
    lines = [names, ["---"] + ["--:"] * (len(names) - 1)]
    lines += [[f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    display(Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines)))
