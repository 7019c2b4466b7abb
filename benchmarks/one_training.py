"""One training run in a process of its own: `python one_training.py SUBMISSION JOB [DATA]`.

What a run costs where each has an interpreter of its own, with no pytest and no sandbox; prints the held-out accuracy.
JOB is a file that `training_cost.FreshProcesses` wrote; DATA one with the data set's tensors, which are otherwise
made as the grader makes them.
"""

import sys
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import torch


def main(submission: str, job_file: str, data_file: str | None = None) -> None:
    torch.set_num_threads(1)
    job = torch.load(job_file)
    sys.path[:0] = [submission, *job["folders"]]
    lab = SimpleNamespace(**{job["module"]: import_module(job["module"])})
    scenarios = import_module(job["scenarios"])
    train_inputs, train_targets, *held_out = torch.load(data_file) if data_file else _data_set(job["data_set"])
    reply = scenarios.train(lab, **job["inputs"], images=train_inputs, targets=train_targets)
    print(_accuracy(scenarios, job["inputs"], reply["state"], *held_out))


def _data_set(name: str) -> list[torch.Tensor]:
    from autograder.training import datasets

    data = datasets.load(name)
    return [data.train_inputs, data.train_targets, data.held_out_inputs, data.held_out_targets]


def _accuracy(
    scenarios: ModuleType, inputs: dict[str, Any], state: torch.Tensor, images: torch.Tensor, targets: torch.Tensor
) -> float:
    """The share of `images` that the network with this state [P] gets right."""
    weights = inputs["weights"]
    parts = state.split([value.numel() for value in weights])
    trained = [part.view_as(value) for part, value in zip(parts, weights, strict=True)]
    network = scenarios.build(inputs["model"], trained, inputs["device"])
    with torch.no_grad():
        right = sum(
            int((network(part).argmax(1) == answer).sum())
            for part, answer in zip(images.split(64), targets.split(64), strict=True)
        )
    return right / len(targets)


if __name__ == "__main__":
    main(*sys.argv[1:])
