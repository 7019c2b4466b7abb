"""Half a cosine."""

from math import cos, pi


def anneal(start, end, fraction):
    return end + (start - end) * (1 + cos(pi * fraction)) / 2
