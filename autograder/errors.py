"""Everything that can go wrong, split by whose fault it is.

::

    AutograderError
    ├── StudentError          the student's: becomes a verdict, never an exception at the top
    │   └── SubmissionError   … already visible in the files that were handed in
    ├── InstructorError       the lab's or the suite's: the verdict is "needs staff", never a zero
    ├── UsageError            the command line's: exit code 2
    └── HarnessError          ours, or the machine's: "needs staff"
        └── IsolationError    no sandbox profile holds here: nothing is graded
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"
    FORBIDDEN = "forbidden"
    MALFORMED = "malformed"
    DIVERGED = "diverged"
    NOT_FINITE = "not finite"
    INVENTED = "invented"
    NOT_ATTEMPTED = "not attempted"
    SKIPPED = "skipped"
    NEEDS_STAFF = "needs staff"


VIOLENT = frozenset({Verdict.TIMEOUT, Verdict.OUT_OF_MEMORY, Verdict.CRASHED, Verdict.FORBIDDEN, Verdict.MALFORMED})
"""Ends that running the same code again would only meet again, at greater length."""


class AutograderError(Exception):
    """The root of the tree; its text is one sentence or two that say what, where and what to do."""


@dataclass(frozen=True)
class Raised:
    """An exception as it left the code that a check runs: its class's name and its own words."""

    type: str
    text: str


class StudentError(AutograderError):
    """The student's code did not deliver a trace; `raised` is its exception, where it was one, and for no eyes."""

    def __init__(self, verdict: Verdict, message: str, raised: Raised | None = None):
        super().__init__(message)
        self.verdict = verdict
        self.raised = raised


class SubmissionError(StudentError):
    """What was handed in cannot be read, or lacks a file."""

    def __init__(self, message: str):
        super().__init__(Verdict.NOT_ATTEMPTED, message)


class InstructorError(AutograderError):
    """lab.toml, the hidden suite or the reference is at fault."""


class UsageError(AutograderError):
    """The command was called in a way that cannot work."""


class HarnessError(AutograderError):
    """The grader itself failed."""


class IsolationError(HarnessError):
    """No profile of the kind asked for holds on this machine."""
