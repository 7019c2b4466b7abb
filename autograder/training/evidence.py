"""What a student's training runs leave behind, whatever came of them."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from autograder.errors import StudentError


@dataclass(frozen=True)
class Evidence:
    """One run as the report shows it; `losses` are the reference's own where `source` is "replayed", None
    where one is no finite number.  Where students are not told values, what is the reference's is left out."""

    seed: int
    data_set: str
    device: str
    source: Literal["trained", "replayed"]
    losses: tuple[float | None, ...]
    expected_losses: tuple[float, ...]
    accuracy: float | None
    threshold: float


@dataclass
class Judgement:
    """What came of one question's runs: `runs` fill up as it goes, whatever the end is; `remarks` cost nothing."""

    runs: list[Evidence] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def as_data(self, show_values: bool) -> tuple[dict[str, Any], ...]:
        """For the report; without values nothing that is the reference's."""
        return tuple(asdict(run if show_values else _student_side(run)) for run in self.runs)


def _student_side(run: Evidence) -> Evidence:
    return replace(run, expected_losses=(), losses=() if run.source == "replayed" else run.losses)


class JudgedError(Exception):
    """A student's runs did not pass: why, and what there is to show."""

    def __init__(self, error: StudentError, judgement: Judgement):
        super().__init__(str(error))
        self.error = error
        self.judgement = judgement
