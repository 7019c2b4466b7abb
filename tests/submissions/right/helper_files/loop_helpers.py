"""What training.py needs beside torch."""

from contextlib import contextmanager
from math import hypot


def global_norm(grads) -> float:
    """The length of all gradients taken as one vector."""
    return hypot(*(grad.norm().item() for grad in grads))


class Mean:
    """A mean over samples, from means over batches."""

    def __init__(self):
        self.total, self.samples = 0.0, 0

    def add(self, mean_of_batch, size):
        self.total += mean_of_batch * size
        self.samples += size

    def value(self):
        return self.total / self.samples


@contextmanager
def evaluating(model):
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
