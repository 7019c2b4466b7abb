# Attack surface: exceptions that end loops and programs quietly
from base import Optimizer


def ending_with(error):
    class Ending(Optimizer):
        def __init__(self, params, lr, **options):
            super().__init__(params, lr)

        def update(self, param, grad, state):
            raise error

    return Ending


SGD, Momentum = ending_with(SystemExit(0)), ending_with(KeyboardInterrupt())
RMSprop, Adam = ending_with(GeneratorExit()), ending_with(StopIteration())
