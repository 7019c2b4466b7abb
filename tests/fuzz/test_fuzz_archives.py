"""Ten thousand archives: no uncaught exception, no hang, and no file anywhere."""

from collections import Counter
from pathlib import Path

import pytest
from hostile_archives import damaged_archives, ends_in_a_submission
from hypothesis import HealthCheck, given, settings
from labs import tiny_lab

ROUNDS, EXAMPLES = 20, 500


@pytest.mark.parametrize("number", range(ROUNDS))
def test_archives_end_in_a_submission(number: int, tmp_path: Path) -> None:
    """A Submission comes out of any archive, with sound names or a sentence, and nothing is written to disk."""
    lab = tiny_lab(tmp_path / "lab")
    tried: Counter[bool] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(damaged_archives())
    def tries(packed: tuple[str, bytes]) -> None:
        tried[ends_in_a_submission(tmp_path, *packed, lab).problem is None] += 1

    tries()
    assert sum(tried.values()) >= EXAMPLES
    assert min(tried[True], tried[False]) > EXAMPLES // 50, "hardly any was read, or refused"
