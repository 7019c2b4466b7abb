"""Training runs on the lab's network: what a student's classes are made to do, and what is written down meanwhile.

The grader gives initial weights, images and the order of the batches, and gets losses and weights. An optimizer is a
rule with settings, at given rates; a scheduler drives an optimizer of this file's own, so that a student's schedule
is judged by itself. States of the network are all parameters in a row, [P].
"""

import os
import traceback
from typing import Any

import torch
from base import Optimizer
from model import SmallCNN
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.functional import cross_entropy

Data = dict[str, Any]

STATES: list[torch.Tensor] = []  # of the last run: before the first step, and after each
GRADIENTS: list[torch.Tensor] = []  # of the last run: of each step


class SoftSign(Optimizer):
    """A rule that is nobody's answer: each element moves by its rate at most."""

    def update(self, param: torch.Tensor, grad: torch.Tensor, state: Data) -> None:
        param.sub_(self.lr * grad / (0.01 + grad.abs()))


def warm_up() -> None:
    """What is slow the first time; called before any student's code is there."""
    network = SmallCNN()
    cross_entropy(network(torch.zeros(2, 1, 8, 8)), torch.zeros(2, dtype=torch.int64)).backward()
    with FakeTensorMode():
        torch.empty(2, device="cuda").mul(2).sqrt_()


def train(
    lab: Any,
    optimizer: Data,
    scheduler: Data | None,
    rates: torch.Tensor,
    model: Data,
    weights: list[torch.Tensor],
    images: torch.Tensor,
    targets: torch.Tensor,
    order: torch.Tensor,
    device: str,
) -> Data:
    """Train for T steps: `order` [T, B] names the images of each batch, `rates` [T] are set before each step.

    `optimizer` and `scheduler` are {"rule", "settings"}; with a scheduler, it sets the rates and SoftSign steps.
    """
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # or a GPU would have no deterministic products
    torch.set_deterministic_debug_mode("error")
    network = build(model, weights, device)
    params = list(network.parameters())
    images, targets, order = images.to(device), targets.to(device), order.to(device)
    stepper = SoftSign(params, float(rates[0])) if scheduler else made(lab.optimizers, optimizer, params)
    clock = made(lab.schedulers, scheduler, stepper) if scheduler else None
    losses = []
    STATES[:] = [state_of(params)]
    GRADIENTS.clear()
    for rate, batch in zip(rates.tolist(), order, strict=True):
        if clock is None:
            stepper.lr = rate
        stepper.zero_grad()
        loss = cross_entropy(network(images[batch]), targets[batch])
        loss.backward()
        GRADIENTS.append(torch.cat([param.grad.reshape(-1) for param in params]))
        stepper.step()
        if clock is not None:
            clock.step()
        losses.append(loss.detach())
        STATES.append(state_of(params))
    return {"losses": torch.stack(losses).cpu(), "state": STATES[-1].cpu()}


def recorded(lab: Any, at: list[int]) -> torch.Tensor:
    """[len(at), P]: the last run's states after so many steps."""
    return torch.stack([STATES[t] for t in at]).cpu()


def fed(lab: Any, optimizer: Data, rates: torch.Tensor, weights: list[torch.Tensor], gradients: torch.Tensor) -> Any:
    """[T + 1, P]: the states through T steps on given gradients [T, P], whatever the weights have become."""
    params = [torch.nn.Parameter(value.clone()) for value in weights]
    stepper = made(lab.optimizers, optimizer, params)
    sizes, shapes = [value.numel() for value in weights], [value.shape for value in weights]
    states = [state_of(params)]
    for rate, row in zip(rates.tolist(), gradients.clone(), strict=True):
        for param, part, shape in zip(params, row.split(sizes), shapes, strict=True):
            param.grad = part.view(shape)
        stepper.lr = rate
        stepper.step()
        states.append(state_of(params))
    return torch.stack(states)


def sweep(lab: Any, scheduler: Data, rate: float, steps: int) -> torch.Tensor:
    """[steps]: the rates that a scheduler sets."""
    optimizer = SoftSign([torch.nn.Parameter(torch.zeros(1))], rate)
    clock = made(lab.schedulers, scheduler, optimizer)
    rates = []
    for _ in range(steps):
        rates.append(float(optimizer.lr))
        clock.step()
    return torch.tensor(rates, dtype=torch.float64)


def on_a_gpu(lab: Any, optimizer: Data, shapes: list[list[int]]) -> Data:
    """Whether two steps could be taken on a GPU, tried without one: tensors that have a device and no numbers.

    `hindrance` is "" (none was met), "numpy" or "devices" (tensors of two devices met), with the line where.
    """
    with FakeTensorMode():
        params = [torch.nn.Parameter(torch.empty(shape, device="cuda")) for shape in shapes]
        try:
            stepper = made(lab.optimizers, optimizer, params)
            for _ in range(2):
                for param in params:
                    param.grad = torch.empty_like(param)
                stepper.step()
        except Exception as error:
            return {"hindrance": hindrance(error), **line_of(error)}
        moved = any(param.device.type != "cuda" for param in params)
    return {"hindrance": "devices" if moved else "", "file": "", "line": 0}


def hindrance(error: Exception) -> str:
    """Many a right step reads a number, which such tensors have not: that says nothing about devices."""
    text = str(error)
    if ".numpy()" in text or "to numpy" in text:
        return "numpy"
    return "devices" if "on the same device" in text or "expected device" in text else ""


def line_of(error: Exception) -> Data:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("/usr")]
    own = [frame for frame in frames if "site-packages" not in frame.filename and "scenarios" not in frame.filename]
    return (
        {"file": own[-1].filename.rpartition("/")[2], "line": own[-1].lineno or 0} if own else {"file": "", "line": 0}
    )


def build(model: Data, weights: list[torch.Tensor], device: str) -> SmallCNN:
    network = SmallCNN(**model).to(device)
    with torch.no_grad():
        for param, value in zip(network.parameters(), weights, strict=True):
            param.copy_(value)
    return network


def made(module: Any, choice: Data, *arguments: Any) -> Any:
    return getattr(module, choice["rule"])(*arguments, **choice["settings"])


def state_of(params: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([param.detach().reshape(-1) for param in params])
