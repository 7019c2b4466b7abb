"""Everything that a sweep changes in a model."""

import torch


def remember(model):
    tensors = [*model.parameters(), *model.buffers()]
    return [t.detach().clone() for t in tensors], model.training


@torch.no_grad()
def put_back(model, remembered):
    values, was_training = remembered
    for tensor, value in zip([*model.parameters(), *model.buffers()], values):
        tensor.copy_(value)
    model.train(was_training)
