import math

import numpy as np
import torch


def clips_each_tensor(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    total = 0.0
    for g in grads:
        norm = torch.linalg.vector_norm(g, dtype=torch.float64).item()
        total += norm**2
        if norm > max_norm:
            g.mul_(max_norm / norm)
    return math.sqrt(total)


def scales_small_norms_up(params, max_norm):
    params = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum((p.grad.double() ** 2).sum().item() for p in params))
    if norm > 0:
        for p in params:
            p.grad.data *= max_norm / norm
    return norm


def clips_by_value(params, max_norm):
    squares = 0.0
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            squares += float((p.grad.detach().double() * p.grad.detach().double()).sum())
            p.grad.clamp_(min=-max_norm, max=max_norm)
    return squares**0.5


def returns_the_norm_after(params, max_norm):
    grads = [p.grad.detach() for p in params if p.grad is not None]

    def measure():
        return math.sqrt(sum(float(g.double().pow(2).sum()) for g in grads))

    norm = measure()
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    return measure()


# Names of the list that mistakes.md does not mention.


def forgets_the_root(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = 0.0
    for g in grads:
        norm += torch.sum(torch.square(g.double())).item()
    if norm > max_norm:
        scale = max_norm / norm
        for g in grads:
            g.mul_(scale)
    return norm


def adds_the_norms(params, max_norm):
    with_grad = [p for p in params if p.grad is not None]
    norm = float(sum(p.grad.double().norm().item() for p in with_grad))
    if norm > max_norm:
        for p in with_grad:
            p.grad.mul_(max_norm / norm)
    return norm


def skips_biases(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None and p.grad.dim() > 1]
    norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
    if norm > max_norm:
        torch._foreach_mul_(grads, max_norm / norm)
    return norm


def uses_up_the_generator(params, max_norm):
    norm = math.sqrt(sum(p.grad.double().square().sum().item() for p in params if p.grad is not None))
    if norm > max_norm:
        for p in params:
            if p.grad is not None:
                p.grad.mul_(max_norm / norm)
    return norm


def makes_new_gradients_when_clipping(params, max_norm):
    params = list(params)
    total = 0.0
    for p in params:
        if p.grad is not None:
            total += p.grad.double().pow(2).sum().item()
    norm = total**0.5
    if norm > max_norm:
        for p in params:
            if p.grad is not None:
                p.grad = p.grad * (max_norm / norm)
    return norm


def takes_the_largest(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None and p.grad.numel() > 0]
    norm = max((g.abs().max().item() for g in grads), default=0.0)
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return float(norm)


# the root of the factor: the norm becomes √(norm·max_norm)
def unknown_1(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
    if norm > max_norm:
        for g in grads:
            g.mul_(math.sqrt(max_norm / norm))
    return norm


# the common factor, but only for those gradients that are larger than max_norm by themselves
def unknown_2(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
    for g in grads:
        if g.double().norm().item() > max_norm:
            g.mul_(max_norm / norm)
    return norm


# the norm is that of the weights (of those that have a gradient), not of the gradients
def unknown_3(params, max_norm):
    params = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum(p.detach().double().square().sum().item() for p in params))
    if norm > max_norm:
        for p in params:
            p.grad.mul_(max_norm / norm)
    return norm


# subtracts the share that should remain: what is left is norm - max_norm long
def unknown_4(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(g.double().square().sum().item() for g in grads))
    if norm > max_norm:
        for g in grads:
            g.sub_(g * (max_norm / norm))
    return norm


def right_1(params, max_norm):
    """hypot of the single norms, foreach for the scaling, grouped by dtype."""
    by_dtype = {}
    for p in params:
        if p.grad is not None:
            by_dtype.setdefault(p.grad.dtype, []).append(p.grad.detach())
    norm = 0.0
    for group in by_dtype.values():
        for single in group:
            norm = math.hypot(norm, torch.linalg.vector_norm(single, dtype=torch.float64).item())
    if norm > max_norm:
        for group in by_dtype.values():
            torch._foreach_div_(group, norm / max_norm if max_norm else math.inf)
    return norm


def right_2(params, max_norm):
    """NumPy views onto the gradients' own memory where there is one, a copy back otherwise."""
    grads = [p.grad.detach() for p in list(params) if p.grad is not None]
    flat = [g.cpu().numpy().astype(np.float64).ravel() for g in grads]
    norm = float(np.sqrt(np.sum([np.vdot(a, a) for a in flat]))) if flat else 0.0
    if norm > max_norm:
        for g, a in zip(grads, flat):
            g.copy_(torch.from_numpy(a * (max_norm / norm)).reshape(g.shape))
    return norm
