"""The grader's own image, on the base that the tests have."""

import subprocess
import sys
from collections.abc import Iterator

import engine
import pytest

_TAG = "dl-lab-grader-test:cpu"


@pytest.fixture(scope="session")
def grader_image() -> Iterator[str]:
    """The name of the image that `make image` makes of this checkout, on Debian's Python; layers serve again."""
    with engine.engine():
        command = [sys.executable, engine.ROOT / "docker" / "build.py", "cpu"]
        done = subprocess.run(
            [*command, "--engine", "docker", "--base", engine.image(), "--tag", _TAG], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        yield _TAG
