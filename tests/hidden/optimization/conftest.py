"""Makes the given files importable, as they are where the scenarios run beside a student's code."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "assignments" / "optimization" / "handout"))
