# Attack surface: a SyntaxError's own account of where it happened
from base import Optimizer


def invented(filename, line, message):
    error = SyntaxError("skipped")
    error.filename, error.lineno, error.msg, error.text, error.offset = filename, line, message, 5, "x"

    class Rule(Optimizer):
        def __init__(self, params, lr, **options):
            raise error

    return Rule


SGD = invented("/submission/optimizers.py", 10**30, ["passed"])
Momentum = invented("/submission/a\0b", [1], "the hidden test does not parse")
RMSprop = invented(7, "nine", None)
Adam = invented("../../tests/hidden/test_optimizers.py", -1, "\u202e40 / 40 \ud800")
