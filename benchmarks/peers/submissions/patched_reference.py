# Attack surface: torch.optim, which a test takes for the truth
import torch
from accomplice import Wrong

Momentum = torch.optim.SGD = torch.optim.sgd.SGD = Wrong
