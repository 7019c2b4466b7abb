"""The command line: parses, calls, renders, sets the exit code.  The only place that prints.

One file a group of commands; importing it adds them to `app`.
"""

import io
import sys

from autograder.cli import grading  # in the order in which --help lists them

from autograder.cli import showing  # isort: skip
from autograder.cli import packing  # isort: skip
from autograder.cli import training  # isort: skip
from autograder.cli import course  # isort: skip
from autograder.cli import regrading  # isort: skip
from autograder.cli import containers  # isort: skip
from autograder.cli import comparing  # isort: skip
from autograder.cli import verifying  # isort: skip
from autograder.cli import likeness  # isort: skip
from autograder.cli import pages  # isort: skip
from autograder.cli import authoring  # isort: skip
from autograder.cli import gradescope  # isort: skip
from autograder.cli import doctor  # isort: skip
from autograder.cli.app import app

__all__ = [
    "app",
    "authoring",
    "comparing",
    "containers",
    "course",
    "doctor",
    "gradescope",
    "grading",
    "likeness",
    "main",
    "packing",
    "pages",
    "regrading",
    "showing",
    "training",
    "verifying",
]


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a folder's name may be no text at all
    app(prog_name="python grade.py")
