"""Rates on a logarithmic axis."""

from math import log10


def geometric(start, end, count):
    return [start * (end / start) ** (i / (count - 1)) for i in range(count)]


def steepest_fall(rates, curve):
    """The index at which the curve falls fastest per decade."""
    slopes = [(b - a) / log10(s / r) for a, b, r, s in zip(curve, curve[1:], rates, rates[1:])]
    return slopes.index(min(slopes)) + 1
