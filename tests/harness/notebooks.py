"""Notebooks as students hand them in."""

import nbformat
from nbformat import v4


def notebook(*cells: str) -> bytes:
    """A notebook of these cells: markdown where the text begins with "markdown:", code else."""
    prefix = "markdown:"
    made = [
        v4.new_markdown_cell(text.removeprefix(prefix)) if text.startswith(prefix) else v4.new_code_cell(text)
        for text in cells
    ]
    return nbformat.writes(v4.new_notebook(cells=made)).encode()


IMPORTS = "import torch\nfrom base import LRScheduler, Optimizer"
STEP_LR = """class StepLR(LRScheduler):
    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def lr_at(self, t):
        return self.base_lr * self.gamma ** (t // self.step_size)"""
SMOOTH = """def smooth(losses, beta=0.9):
    average, values = 0.0, []
    for t, loss in enumerate(losses, start=1):
        average = beta * average + (1 - beta) * float(loss)
        values.append(average / (1 - beta**t))
    return values"""
STOPPING = """class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad_epochs = float("inf"), 0

    def step(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best, self.bad_epochs = val_loss, 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience"""
