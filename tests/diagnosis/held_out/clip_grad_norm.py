"""Held-out variants of clip_grad_norm(params, max_norm) -> float."""

import math
from functools import reduce

import numpy as np
import torch


# ---------------------------------------------------------------- known mistakes


def clips_by_value(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(float((g * g).sum()) for g in grads))
    for g in grads:
        g.clamp_(-max_norm, max_norm)
    return norm


def clips_each_tensor(params, max_norm):
    sum_of_squares = 0.0
    for p in params:
        if p.grad is None:
            continue
        n = p.grad.norm().item()
        sum_of_squares += n**2
        if n > max_norm:
            p.grad.mul_(max_norm / n)
    return sum_of_squares**0.5


def scales_small_norms_up(params, max_norm):
    params = list(params)
    norms = [torch.linalg.vector_norm(p.grad) for p in params if p.grad is not None]
    if not norms:
        return 0.0
    total = torch.linalg.vector_norm(torch.stack(norms)).item()
    if total > 0:
        for p in params:
            if p.grad is not None:
                p.grad *= max_norm / total
    return total


def returns_the_norm_after(params, max_norm):
    grads = []
    for p in params:
        if p.grad is not None:
            grads.append(p.grad.data)

    def global_norm():
        return math.sqrt(sum(g.pow(2).sum().item() for g in grads))

    norm = global_norm()
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    return global_norm()


def returns_the_smaller_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    total = 0
    for grad in grads:
        total += torch.sum(grad**2).item()
    total_norm = np.sqrt(total)
    if total_norm > max_norm:
        for grad in grads:
            grad.copy_(grad * max_norm / total_norm)
        total_norm = max_norm
    return float(total_norm)


def returns_the_factor(params, max_norm):
    with_grad = [p for p in params if p.grad is not None]
    norm = sum(p.grad.double().square().sum().item() for p in with_grad) ** 0.5
    factor = 1.0
    if norm > max_norm:
        factor = max_norm / norm
        for p in with_grad:
            p.grad.mul_(factor)
    return factor


def returns_nothing(params, max_norm):
    params = list(params)
    squares = 0.0
    for p in params:
        if p.grad is not None:
            squares = squares + float((p.grad * p.grad).sum())
    norm = math.sqrt(squares)
    if norm > max_norm:
        scale = max_norm / norm
        for p in params:
            if p.grad is not None:
                p.grad.data *= scale


def forgets_the_root(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = 0.0
    for g in grads:
        norm += g.pow(2).sum().item()
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm).div_(norm)
    return norm


def adds_the_norms(params, max_norm):
    parameter_list = [q for q in params if q.grad is not None]
    total_norm = 0.0
    for q in parameter_list:
        total_norm += q.grad.norm(2).item()
    if total_norm > max_norm:
        coefficient = max_norm / total_norm
        for q in parameter_list:
            q.grad.detach().mul_(coefficient)
    return total_norm


def squares_the_sum(params, max_norm):
    ps = tuple(params)
    acc = 0.0
    for p in ps:
        if p.grad is None:
            continue
        acc += p.grad.sum().item() ** 2
    norm = math.sqrt(acc)
    if norm > max_norm:
        for p in ps:
            if p.grad is not None:
                p.grad *= max_norm / norm
    return norm


def takes_absolute_values(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = sum([g.abs().sum().item() for g in grads], 0.0)
    if norm > max_norm:
        torch._foreach_mul_(grads, max_norm / norm)
    return norm


def takes_the_largest(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    largest = 0.0
    for g in grads:
        if g.numel() > 0:
            largest = max(largest, g.abs().max().item())
    if largest > max_norm:
        ratio = max_norm / largest
        for g in grads:
            g.mul_(ratio)
    return largest


def takes_the_mean_square(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    if sum(g.numel() for g in grads) == 0:
        return 0.0
    flat = torch.cat([g.reshape(-1) for g in grads])
    norm = flat.square().mean().sqrt().item()
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    return norm


def looks_at_the_first_only(params, max_norm):
    params = list(params)
    total = 0.0
    for p in params:
        if p.grad is not None:
            total += (p.grad**2).sum().item()
            break
    norm = total**0.5
    if norm > max_norm:
        for p in params:
            if p.grad is not None:
                p.grad.mul_(max_norm / norm)
    return norm


def looks_at_the_last_only(params, max_norm):
    params = [p for p in params]
    squared = torch.tensor(0.0)
    for p in params:
        if p.grad is not None:
            squared = torch.sum(p.grad * p.grad)
    norm = float(torch.sqrt(squared))
    if norm > max_norm:
        for p in params:
            if p.grad is not None:
                p.grad.data.mul_(max_norm / norm)
    return norm


def skips_biases(params, max_norm):
    weights = [p for p in params if p.dim() > 1 and p.grad is not None]
    norm = math.sqrt(sum(w.grad.pow(2).sum().item() for w in weights))
    if norm > max_norm:
        for w in weights:
            w.grad.mul_(max_norm / norm)
    return norm


def forgets_max_norm(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = sum(g.norm().item() ** 2 for g in grads) ** 0.5
    if norm > max_norm:
        for g in grads:
            g.div_(norm)
    return norm


def clips_at_one(params, max_norm):
    max_norm = 1.0
    parameters = list(params)
    norm = 0.0
    for param in parameters:
        if param.grad is not None:
            norm += torch.sum(torch.square(param.grad)).item()
    norm = norm**0.5
    if norm > max_norm:
        for param in parameters:
            if param.grad is not None:
                param.grad.mul_(max_norm / norm)
    return norm


def only_measures(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum((g * g).sum().item() for g in grads))
    if norm > max_norm:
        for g in grads:
            g = g * max_norm / norm
    return norm


def makes_new_gradients(params, max_norm):
    ps = [p for p in params if p.grad is not None]
    norm = math.hypot(*[p.grad.norm().item() for p in ps])
    if norm > max_norm:
        for p in ps:
            p.grad = p.grad * (max_norm / norm)
    return norm


def uses_up_the_generator(params, max_norm):
    total = 0.0
    for p in params:
        if p.grad is not None:
            total += p.grad.detach().pow(2).sum().item()
    norm = math.sqrt(total)
    if norm > max_norm:
        for p in params:
            if p.grad is not None:
                p.grad.mul_(max_norm / norm)
    return norm


def stops_at_none(params, max_norm):
    grads = []
    for p in params:
        if p.grad is None:
            break
        grads.append(p.grad)
    norm = math.sqrt(sum(g.square().sum().item() for g in grads))
    if norm > max_norm:
        factor = max_norm / norm
        for g in grads:
            g *= factor
    return norm


def trips_over_none(params, max_norm):
    params = list(params)
    norm = 0.0
    for p in params:
        norm += p.grad.norm().item() ** 2
    norm = norm**0.5
    if norm > max_norm:
        for p in params:
            p.grad.mul_(max_norm / norm)
    return norm


def makes_none_zero(params, max_norm):
    params = list(params)
    for p in params:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    norm = math.sqrt(sum(p.grad.pow(2).sum().item() for p in params))
    if norm > max_norm:
        for p in params:
            p.grad.mul_(max_norm / norm)
    return norm


def divides_by_zero(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum((g**2).sum().item() for g in grads))
    clip_coef = max_norm / norm
    if clip_coef < 1:
        for g in grads:
            g.mul_(clip_coef)
    return norm


@torch.no_grad()
def clips_the_weights(params, max_norm):
    active = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum((p.grad**2).sum().item() for p in active))
    if norm > max_norm:
        factor = max_norm / norm
        for p in active:
            p.mul_(factor)
            p.grad.mul_(factor)
    return norm


def scales_twice(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(g.float().pow(2).sum().item() for g in grads))
    if norm > max_norm:
        scale = max_norm / norm
        for g in grads:
            g.mul_(scale)
        torch._foreach_mul_(grads, scale)
    return norm


# ---------------------------------------------------------------- unknown mistakes


def unknown_1(params, max_norm):
    # the factor is upside down: norm / max_norm, so large gradients grow
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum((g * g).sum().item() for g in grads))
    if norm > max_norm > 0:
        for g in grads:
            g.mul_(norm / max_norm)
    return norm


def unknown_2(params, max_norm):
    # measures and scales in one loop: each gradient is scaled by the norm of those up to it
    total = 0.0
    norm = 0.0
    for p in params:
        if p.grad is None:
            continue
        total += p.grad.pow(2).sum().item()
        norm = total**0.5
        if norm > max_norm:
            p.grad.mul_(max_norm / norm)
    return norm


def unknown_3(params, max_norm):
    # compares the squared norm with max_norm
    grads = [p.grad for p in params if p.grad is not None]
    total = sum((g * g).sum().item() for g in grads)
    norm = math.sqrt(total)
    if total > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    return norm


def unknown_4(params, max_norm):
    # takes the norm of the parameters in place of that of their gradients
    params = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum(p.detach().pow(2).sum().item() for p in params))
    if norm > max_norm:
        for p in params:
            p.grad.mul_(max_norm / norm)
    return norm


def unknown_5(params, max_norm):
    # only the last gradient is scaled: the scaling slipped out of the loop
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(g.norm().item() ** 2 for g in grads))
    if norm > max_norm:
        scale = max_norm / norm
        for g in grads:
            pass
        g.mul_(scale)
    return norm


def unknown_6(params, max_norm):
    # multiplies by max_norm and forgets to divide by the norm
    ps = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in ps))
    if norm > max_norm:
        for p in ps:
            p.grad.mul_(max_norm)
    return norm


def unknown_7(params, max_norm):
    # takes the spectral norm of matrices (torch.linalg.norm with ord=2) in place of the Frobenius norm
    grads = [p.grad for p in params if p.grad is not None and p.grad.numel()]
    squares = 0.0
    for g in grads:
        n = torch.linalg.norm(g, 2) if g.ndim == 2 else torch.linalg.vector_norm(g)
        squares += n.item() ** 2
    norm = math.sqrt(squares)
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    return norm


def unknown_8(params, max_norm):
    # subtracts the excess from every element's size in place of scaling
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in grads))
    if norm > max_norm:
        for g in grads:
            g.sub_((norm - max_norm) * g.sign())
    return norm


# ---------------------------------------------------------------- right ones


def right_1(params, max_norm):
    """Expert: foreach."""
    grads = [p.grad for p in params if p.grad is not None]
    if not grads:
        return 0.0
    norm = torch.stack(torch._foreach_norm(grads)).double().norm().item()
    if norm > max_norm:
        torch._foreach_mul_(grads, max_norm / norm)
    return norm


def right_2(params, max_norm):
    """NumPy in float64; written back into the very tensor."""
    tensors = [p.grad for p in params if p.grad is not None]
    arrays = [t.detach().cpu().numpy().astype(np.float64) for t in tensors]
    norm = float(np.sqrt(sum(np.sum(a * a) for a in arrays)))
    if norm > max_norm:
        for t, a in zip(tensors, arrays):
            t.copy_(torch.as_tensor(np.asarray(a * max_norm / norm)))
    return norm


def right_3(params, max_norm):
    """A factor that is always applied, but is exactly 1 where nothing is to be clipped."""
    keep = list(filter(lambda p: p.grad is not None, params))
    total = reduce(lambda acc, p: acc + torch.dot(p.grad.flatten(), p.grad.flatten()).item(), keep, 0.0)
    norm = total**0.5
    coef = min(1.0, max_norm / norm) if norm else 1.0
    if coef < 1.0:
        for p in keep:
            p.grad.data.copy_(p.grad.data.mul(coef))
    return norm


def right_4(params, max_norm):
    # one flat vector of all gradients, cut into pieces again
    ps = [p for p in params if p.grad is not None]
    if len(ps) == 0:
        return 0.0
    vec = torch.nn.utils.parameters_to_vector([p.grad for p in ps])
    n = torch.linalg.vector_norm(vec)
    if n > max_norm:
        start = 0
        vec = vec / n * max_norm
        for p in ps:
            stop = start + p.grad.numel()
            p.grad[...] = vec[start:stop].view_as(p.grad)
            start = stop
    return n.item()


def right_5(params, max_norm):
    # hypot over the tensors' norms; squares never overflow
    seen = []
    norm = 0.0
    for p in params:
        g = p.grad
        if g is not None:
            seen.append(g)
            norm = math.hypot(norm, float(g.norm()))
    if not norm > max_norm:
        return norm
    for g in seen:
        g.div_(norm / max_norm) if max_norm else g.zero_()
    return norm
