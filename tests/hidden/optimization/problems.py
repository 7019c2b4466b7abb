"""The problems that the optimizers and schedulers are set: seeded inputs, and no answers.

They are designed to tell rules apart, not to look like training: gradients change in size from step to step,
decay and ε are large enough to matter, and the rate moves. Each optimizer problem is a set of keyword
arguments for `scenarios.Run`; T counts steps.
"""

from functools import cache
from typing import Any

import torch

Problem = dict[str, Any]


@cache
def normal(shape: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


@cache
def bounded(shape: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Either sign, size 0.5 to 1.5: where an element's moves cancel, rounding looks like a mistake."""
    generator = torch.Generator().manual_seed(seed)
    size = 0.5 + torch.rand(shape, generator=generator, dtype=torch.float64)
    sign = torch.randint(0, 2, shape, generator=generator).double() * 2 - 1
    return (sign * size).to(dtype)


def first_steps(dtype: torch.dtype, lr: float = 0.1, **hyper: Any) -> Problem:
    """Six steps of three parameters at one rate: the bare rule."""
    shapes = [(4, 3), (5,), ()]
    return {
        "params": [normal(shape, 1 + i, dtype) for i, shape in enumerate(shapes)],
        "gradients": [bounded((6, *shape), 11 + i, dtype) for i, shape in enumerate(shapes)],
        "hyper": {"lr": lr, **hyper},
        "rates": torch.full((6,), lr, dtype=torch.float64),
        "watched": True,
    }


def settings(dtype: torch.dtype, lr: float = 0.1, **hyper: Any) -> Problem:
    """Twelve steps at changing rates, never the one of construction; gradients of 1e-3 to 30, and of zero.

    The first parameter meets a zero gradient late, the second at the very start (0/0 if ε is missing), and
    the gradients shrink after step 4, so that whatever keeps a maximum shows.
    """
    sizes = torch.tensor([1, 10, 0.1, 30, 3, 0.01, 1e-3, 1, 0.1, 3, 0.03, 1], dtype=dtype)
    shapes = [(3, 4), (6,), (2, 1, 3)]
    gradients = [
        bounded((12, *shape), 31 + i, dtype) * sizes.reshape(-1, *[1] * len(shape)) for i, shape in enumerate(shapes)
    ]
    gradients[0][7] = 0
    gradients[1][0] = 0
    factors = torch.tensor([0.5, 0.5, 2, 1, 0.1, 0.1, 3, 0.3, 1, 1, 0.7, 0.2], dtype=torch.float64)
    return {
        "params": [normal(shape, 21 + i, dtype) for i, shape in enumerate(shapes)],
        "gradients": gradients,
        "hyper": {"lr": lr, **hyper},
        "rates": lr * factors,
    }


def hundred_steps(lr: float = 0.1, **hyper: Any) -> Problem:
    """A hundred steps in float64, gradients from 1e-9 to 1e6, each element with a size of its own.

    The first parameter starts at zero, where the smallest move is representable.
    """
    sizes = torch.logspace(-9, 6, 16, dtype=torch.float64)
    return {
        "params": [torch.zeros(16, dtype=torch.float64), normal((2, 3), 41, torch.float64)],
        "gradients": [
            bounded((100, 16), 42, torch.float64) * sizes,
            bounded((100, 2, 3), 43, torch.float64),
        ],
        "hyper": {"lr": lr, **hyper},
        "rates": lr * (1 + 0.5 * torch.linspace(0, 20, 100, dtype=torch.float64).sin()),
    }


def every_kind(lr: float = 0.1, **hyper: Any) -> dict[str, Problem]:
    """Two optimizers over parameters of the same shapes; the first takes seven steps, and a generator of them.

    The second has a rate of its own and default settings. The parameters: two of equal shape and equal values,
    a 0-d one, an empty one, a vector of the same size as the 0-d one, two matrices of equal shape. Each but the last
    misses some gradient at some step of the first, the first one from the start; the third meets a gradient of zeros.
    """
    twin = normal((4, 3), 51)
    params = [twin, twin.clone(), normal((), 52), torch.zeros(0, 3), normal((1,), 53), normal((2, 5), 54)]
    params.append(normal((2, 5), 55))
    given = torch.ones(7, len(params), dtype=torch.bool)
    for step, param in [(0, 0), (1, 0), (2, 0), (2, 3), (3, 5), (4, 2), (5, 4)]:
        given[step, param] = False
    gradients = [bounded((7, *value.shape), 61 + i).clone() for i, value in enumerate(params)]
    gradients[2][3] = 0
    gradients[5][5] = 0
    rates = torch.full((7,), lr, dtype=torch.float64)
    return {
        "first": {
            "params": params,
            "gradients": gradients,
            "given": given,
            "hyper": {"lr": lr, **hyper},
            "rates": rates,
            "generator": True,
            "watched": True,
        },
        "second": {
            "params": [value.clone() for value in params],
            "gradients": [bounded((5, *value.shape), 71 + i) for i, value in enumerate(params)],
            "hyper": {"lr": 0.3 * lr},
            "rates": 0.3 * rates[:5],
        },
    }


def wrapped(dtype: torch.dtype, steps: int, **arguments: Any) -> Problem:
    """Lookahead over recorded moves of three parameters, at changing rates; one misses a gradient twice."""
    shapes = [(4, 3), (5,), ()]
    given = torch.ones(steps, len(shapes), dtype=torch.bool)
    given[2, 1] = given[5, 1] = False
    return {
        "params": [normal(shape, 81 + i, dtype) for i, shape in enumerate(shapes)],
        "gradients": [bounded((steps, *shape), 91 + i, dtype) for i, shape in enumerate(shapes)],
        "moves": [bounded((steps, *shape), 94 + i, dtype) for i, shape in enumerate(shapes)],
        "given": given,
        "hyper": {"lr": 0.25},
        "rates": 0.1 * torch.tensor([1, 3, 0.5, 2], dtype=torch.float64).repeat(steps)[:steps],
        "arguments": arguments,
    }


def shuffled(*stretches: range) -> list[int]:
    """The t to ask for, in a fixed order that jumps back and forth."""
    every = [t for stretch in stretches for t in stretch]
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(101))
    return [every[i] for i in order.tolist()]
