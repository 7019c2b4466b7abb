"""An automatic grader and lab harness: students' optimizers, as numbers, against a reference."""

__version__ = "0.1.0"
