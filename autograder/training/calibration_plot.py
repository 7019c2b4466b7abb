"""The picture of a calibration: what the reference reached, what its wrong variants reached, and the line between."""

from collections.abc import Mapping
from pathlib import Path

from autograder.errors import UsageError
from autograder.lab import Threshold
from autograder.training.calibration import Measured

_REFERENCE, _MISTAKE, _LINE = "#0072b2", "#d55e00", "#000000"  # told apart by the colour-blind (Okabe and Ito)


def draw(measured: Mapping[str, Measured], thresholds: Mapping[str, Threshold], title: str, path: Path) -> None:
    """A row a question: dots for the reference's seeds, crosses for each mistake's middle seed, a bar at the threshold.

    Raises:
        UsageError: the file cannot be written.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 0.7 * len(measured) + 1.6), layout="constrained")
    for row, (question, found) in enumerate(measured.items()):
        middle = [sorted(runs)[len(runs) // 2] for runs in found.mistakes.values()]
        axes.plot(middle, [row + 0.18] * len(middle), "x", color=_MISTAKE, alpha=0.7)
        axes.plot(found.accuracies, [row - 0.18] * len(found.accuracies), "o", color=_REFERENCE, alpha=0.3)
        axes.plot([thresholds[question].accuracy] * 2, [row - 0.4, row + 0.4], color=_LINE)
    axes.set_yticks(range(len(measured)), list(measured))
    axes.invert_yaxis()
    axes.set_xlabel("held-out accuracy")
    axes.set_title(f"{title}\ndots: the reference; crosses: known mistakes, two seeds of three; bars: thresholds")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise UsageError(f"The plot cannot be written to {path}: {error.strerror}.") from error
    finally:
        pyplot.close(figure)
