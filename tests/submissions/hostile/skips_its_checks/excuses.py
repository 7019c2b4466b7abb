# Attack surface: exceptions that a test runner takes for something other than a failure
import unittest


class Skipped(BaseException):
    """Named and placed like pytest's own, for where pytest cannot be imported."""

    msg = "not on this machine"
    allow_module_level = True


try:
    from _pytest.outcomes import Skipped
except ImportError:
    Skipped.__module__ = "builtins"

EXCUSES = [Skipped("not on this machine"), unittest.SkipTest("no GPU"), SystemExit(0), KeyboardInterrupt()]
