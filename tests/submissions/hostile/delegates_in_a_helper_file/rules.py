# Attack surface: torch.optim in a file beside the one that is asked for
from torch.optim import SGD


def make(*arguments, **options):
    return SGD(*arguments, **options)
