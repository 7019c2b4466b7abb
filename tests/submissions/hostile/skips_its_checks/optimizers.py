# Attack surface: exceptions that a test runner takes for something other than a failure
from base import Optimizer
from excuses import EXCUSES


def excused_by(excuse):
    class Excused(Optimizer):
        def __init__(self, *args, **options):
            raise excuse

    return Excused


SGD, Momentum, Nesterov, RMSprop = map(excused_by, EXCUSES)
Adam = AdamW = Lookahead = SGD
