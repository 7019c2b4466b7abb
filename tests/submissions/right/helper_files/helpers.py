"""What several optimizers share."""

import torch
from tools.averages import corrected, moving_average


def decayed(grad: torch.Tensor, param: torch.Tensor, weight_decay: float) -> torch.Tensor:
    """The gradient of the loss plus weight_decay/2·|param|²."""
    return grad + weight_decay * param


class AdamState:
    """Both moments of one parameter, and how many steps they have seen."""

    def __init__(self, param: torch.Tensor) -> None:
        self.m = torch.zeros_like(param)
        self.v = torch.zeros_like(param)
        self.t = 0

    def direction(self, grad, betas, eps):
        self.t += 1
        self.m = moving_average(self.m, grad, betas[0])
        self.v = moving_average(self.v, grad**2, betas[1])
        return corrected(self.m, betas[0], self.t) / (corrected(self.v, betas[1], self.t).sqrt() + eps)
