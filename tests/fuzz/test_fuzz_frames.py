"""A hundred thousand frames: no uncaught exception, no hang, nothing but data."""

from collections import Counter

import pytest
from hostile_frames import decodes_or_is_refused, frames
from hypothesis import HealthCheck, given, settings

ROUNDS, EXAMPLES = 50, 2_000


@pytest.mark.parametrize("number", range(ROUNDS))
def test_frames_are_refused_or_data(number: int) -> None:
    """Whatever arrives is plain data and tensors of torch's own class, or MalformedError."""
    tried: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(frames)
    def tries(frame: tuple[bytes, bytes]) -> None:
        decodes_or_is_refused(*frame)
        tried["frames"] += 1

    tries()
    assert tried["frames"] >= EXAMPLES
